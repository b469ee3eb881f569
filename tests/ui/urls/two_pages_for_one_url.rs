//! One of the two would never be shown.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self) -> &'static str {
        "hello"
    }

    #[get(path = "hello")]
    fn greeting(&self) -> &'static str {
        "good day"
    }
}

fn main() {}
