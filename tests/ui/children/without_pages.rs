//! A node has an exposed block, be it empty.
use kirsch::prelude::*;

#[expose]
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
