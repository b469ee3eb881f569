//! What is called private is not served.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn _secret(&self) -> &'static str {
        "page"
    }
}

fn main() {}
