//! A child is a node.
use kirsch::prelude::*;

struct Notes;

#[expose]
struct Root {
    #[child]
    notes: Notes,
}

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
