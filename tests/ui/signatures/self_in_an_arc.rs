//! A page borrows its node.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(self: std::sync::Arc<Self>) -> &'static str {
        "hello"
    }
}

fn main() {}
