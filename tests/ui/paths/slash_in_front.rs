//! A path is below its node.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "/hello")]
    fn page(&self) -> &'static str {
        "page"
    }
}

fn main() {}
