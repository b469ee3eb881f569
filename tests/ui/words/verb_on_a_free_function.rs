//! A function is no page without its node.
use kirsch::prelude::*;

#[get]
fn hello() -> &'static str {
    "hello"
}

fn main() {}
