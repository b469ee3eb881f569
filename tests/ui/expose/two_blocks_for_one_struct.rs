//! One struct has one exposed block.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn one(&self) -> &'static str {
        "one"
    }
}

#[expose]
impl Root {
    fn two(&self) -> &'static str {
        "two"
    }
}

fn main() {}
