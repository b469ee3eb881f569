//! A path says which.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path)]
    fn greeting(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
