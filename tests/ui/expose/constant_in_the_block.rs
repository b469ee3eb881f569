//! Only methods can be pages.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    const GREETING: &'static str = "hello";

    fn index(&self) -> &'static str {
        Self::GREETING
    }
}

fn main() {}
