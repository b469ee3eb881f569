//! A page is no hook.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[hook(priority = 5)]
    fn index(&self) -> &'static str {
        "Hello"
    }
}

fn main() {}
