//! CherryPy exposes methods; here the block is exposed.
use kirsch::prelude::*;

struct Root;

impl Root {
    #[expose]
    fn index(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
