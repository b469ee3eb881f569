//! A misspelt key is not passed over.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose(resorce)]
impl Root {
    fn get(&self) -> &'static str {
        "note"
    }
}

fn main() {}
