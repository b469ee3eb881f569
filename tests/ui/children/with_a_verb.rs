//! A child has no verb; its pages have.
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
    #[post]
    fn notes(&self) -> Notes {
        Notes
    }
}

fn main() {}
