//! A field is made once, before any request.
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
    #[child(path = "{shop}")]
    shops: Notes,
}

fn main() {}
