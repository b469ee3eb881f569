//! A method is one of the two.
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
    #[error_page(404)]
    fn notes(&self) -> Notes {
        Notes
    }
}

fn main() {}
