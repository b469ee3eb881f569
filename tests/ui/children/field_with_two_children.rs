//! One field is one child.
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
    #[child(path = "other")]
    notes: Notes,
}

fn main() {}
