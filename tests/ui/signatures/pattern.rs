//! A parameter needs a name to be found by.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, ref name: String) -> String {
        name.clone()
    }
}

fn main() {}
