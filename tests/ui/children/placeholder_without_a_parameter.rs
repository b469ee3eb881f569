//! Somebody must take what is captured.
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
    #[child(path = "{user}/notes")]
    fn notes(&self) -> Notes {
        Notes
    }
}

fn main() {}
