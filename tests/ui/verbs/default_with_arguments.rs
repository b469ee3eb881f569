//! `#[default]` says all by itself.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[default(path = "other")]
    fn other(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
