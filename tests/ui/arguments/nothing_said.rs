//! An empty `#[arg]` was meant to say something.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, #[arg] name: String) -> String {
        name
    }
}

fn main() {}
