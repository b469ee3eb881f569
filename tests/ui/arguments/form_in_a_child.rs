//! A child serves requests with a form and without.
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
    fn notes(&self, #[arg(form)] user: String) -> Notes {
        drop(user);
        Notes
    }
}

fn main() {}
