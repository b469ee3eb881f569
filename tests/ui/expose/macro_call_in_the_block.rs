//! A macro call hides what it writes.
use kirsch::prelude::*;

macro_rules! pages {
    () => {};
}

#[expose]
struct Root;

#[expose]
impl Root {
    pages!();

    fn index(&self) -> &'static str {
        "page"
    }
}

fn main() {}
