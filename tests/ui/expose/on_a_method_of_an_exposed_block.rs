//! The block has exposed it already.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[expose]
    fn index(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
