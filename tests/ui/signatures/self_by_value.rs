//! Nobody can take the node away.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(self) -> &'static str {
        "hello"
    }
}

fn main() {}
