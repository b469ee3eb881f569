//! Of two children at one URL one would never be reached.
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
    #[child(path = "notes")]
    drafts: Notes,
}

fn main() {}
