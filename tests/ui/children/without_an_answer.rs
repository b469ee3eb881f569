//! A child answers with a node.
use kirsch::prelude::*;

#[expose]
struct Notes;

#[expose]
impl Notes {
    fn index(&self) -> &'static str {
        "notes"
    }
}

#[expose]
struct Root;

#[expose]
impl Root {
    #[child]
    fn notes(&self) {}
}

fn main() {}
