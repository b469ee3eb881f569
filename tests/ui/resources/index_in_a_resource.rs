//! A resource answers at its own URL by itself.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose(resource)]
impl Root {
    fn index(&self) -> &'static str {
        "note"
    }
}

fn main() {}
