//! A page is called while the site runs.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    const fn hello(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
