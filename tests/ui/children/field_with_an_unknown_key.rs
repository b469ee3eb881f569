//! A misspelt key is not passed over.
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
    #[child(paht = "other")]
    notes: Notes,
}

fn main() {}
