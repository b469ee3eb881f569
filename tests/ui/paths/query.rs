//! A query is no part of a path.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "search?text")]
    fn page(&self) -> &'static str {
        "page"
    }
}

fn main() {}
