//! An empty segment never matches.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "a//b")]
    fn page(&self) -> &'static str {
        "page"
    }
}

fn main() {}
