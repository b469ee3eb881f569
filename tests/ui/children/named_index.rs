//! `index` is a page.
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
    fn index(&self) -> Notes {
        Notes
    }
}

fn main() {}
