//! Links to the node are made by that name.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn link(&self) -> &'static str {
        "page"
    }
}

fn main() {}
