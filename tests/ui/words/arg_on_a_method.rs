//! `#[arg]` is about a parameter.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[arg(default = "World")]
    fn hello(&self, name: String) -> String {
        name
    }
}

fn main() {}
