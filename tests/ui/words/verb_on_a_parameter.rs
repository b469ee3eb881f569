//! A verb is about a method.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, #[post] name: String) -> String {
        name
    }
}

fn main() {}
