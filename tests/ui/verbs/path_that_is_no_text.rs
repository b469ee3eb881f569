//! A path is a text.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = 5)]
    fn greeting(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
