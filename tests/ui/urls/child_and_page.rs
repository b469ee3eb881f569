//! What begins at a child belongs to the child.
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
    fn notes(&self) -> Notes {
        Notes
    }

    #[get(path = "notes")]
    fn all(&self) -> &'static str {
        "all"
    }
}

fn main() {}
