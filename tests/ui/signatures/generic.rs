//! A request cannot say which type it means.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello<T: ToString>(&self, name: T) -> String {
        name.to_string()
    }
}

fn main() {}
