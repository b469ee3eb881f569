//! `#[any]` answers GET too.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[any(path = "hello")]
    fn one(&self) -> &'static str {
        "hello"
    }

    #[get(path = "hello")]
    fn other(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
