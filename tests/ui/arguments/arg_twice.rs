//! What is said about a parameter is said once.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, #[arg(query)] #[arg(default = "World")] name: String) -> String {
        name
    }
}

fn main() {}
