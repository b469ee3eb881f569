//! Arguments stand in parentheses.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get = "hello"]
    fn greeting(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
