//! The pages of a child are found by its type.
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
    fn notes(&self) -> impl Sized {
        Notes
    }
}

fn main() {}
