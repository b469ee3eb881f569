//! A field is a child, not a page.
use kirsch::prelude::*;

#[expose]
struct Root {
    #[get]
    greeting: String,
}

fn main() {}
