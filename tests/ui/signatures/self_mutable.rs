//! Many requests share a node.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn count(&mut self) -> &'static str {
        "hello"
    }
}

fn main() {}
