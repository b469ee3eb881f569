//! `index` is a place itself.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "start")]
    fn index(&self) -> &'static str {
        "page"
    }
}

fn main() {}
