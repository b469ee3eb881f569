//! A verb says nothing about a block.
use kirsch::prelude::*;

#[expose]
struct Root;

#[get]
#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
