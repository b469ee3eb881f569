//! Links to the node end by that name.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn here(&self) -> &'static str {
        "page"
    }
}

fn main() {}
