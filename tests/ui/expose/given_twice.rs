//! Once is enough.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "page"
    }
}

fn main() {}
