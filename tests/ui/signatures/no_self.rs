//! A page belongs to its node.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello() -> &'static str {
        "hello"
    }
}

fn main() {}
