//! The name is the HTTP method.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose(resource)]
impl Root {
    fn pot(&self) -> &'static str {
        "note"
    }
}

fn main() {}
