//! A misspelt key is not passed over.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, #[arg(defualt = "World")] name: String) -> String {
        name
    }
}

fn main() {}
