//! A field and a page cannot share a URL.
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
struct Root {
    #[child]
    notes: Notes,
}

#[expose]
impl Root {
    fn notes(&self) -> &'static str {
        "all"
    }
}

fn main() {}
