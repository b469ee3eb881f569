//! A path is below its node.
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
    #[child(path = "/notes")]
    fn all(&self) -> Notes {
        Notes
    }
}

fn main() {}
