//! A name is an HTTP method, even `default`.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose(resource)]
impl Root {
    fn default(&self) -> &'static str {
        "note"
    }
}

fn main() {}
