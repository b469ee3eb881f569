//! `default` is a place itself.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "other")]
    fn default(&self) -> &'static str {
        "page"
    }
}

fn main() {}
