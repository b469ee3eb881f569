//! `resource` says all by being there.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose(resource = true)]
impl Root {
    fn get(&self) -> &'static str {
        "note"
    }
}

fn main() {}
