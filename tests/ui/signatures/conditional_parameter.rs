//! A parameter is there or not.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, #[cfg(unix)] name: String) -> String {
        name
    }
}

fn main() {}
