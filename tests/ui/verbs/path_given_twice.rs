//! One of two paths would be forgotten.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "hello", path = "hi")]
    fn greeting(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
