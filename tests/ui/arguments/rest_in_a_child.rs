//! What is left belongs to the child's pages.
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
    fn notes(&self, rest: Rest) -> Notes {
        drop(rest);
        Notes
    }
}

fn main() {}
