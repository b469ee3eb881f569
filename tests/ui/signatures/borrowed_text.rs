//! An argument is handed over.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, name: &str) -> String {
        name.to_owned()
    }
}

fn main() {}
