//! A function is no page without its node.
use kirsch::prelude::*;

#[expose]
fn hello() -> &'static str {
    "hello"
}

fn main() {}
