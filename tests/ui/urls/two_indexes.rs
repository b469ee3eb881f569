//! An empty path is the node's own URL.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "hello"
    }

    #[get(path = "")]
    fn start(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
