//! A key is followed by its value.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path("hello"))]
    fn greeting(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
