//! An argument has a name.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, #[arg(name = "")] name: String) -> String {
        name
    }
}

fn main() {}
