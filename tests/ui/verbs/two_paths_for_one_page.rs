//! A page has one path, whatever its verbs.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "hello")]
    #[post(path = "greet")]
    fn greeting(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
