//! At the node's own URL nothing is left.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn index(&self, rest: Rest) -> &'static str {
        drop(rest);
        "hello"
    }
}

fn main() {}
