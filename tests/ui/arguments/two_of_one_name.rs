//! One value cannot be two arguments.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, name: String, #[arg(name = "name")] other: String) -> String {
        name + &other
    }
}

fn main() {}
