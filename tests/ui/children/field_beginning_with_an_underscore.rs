//! What is called private is not served.
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
    _notes: Notes,
}

fn main() {}
