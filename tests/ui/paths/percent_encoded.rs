//! A path is written as people read it.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "caf%C3%A9")]
    fn page(&self) -> &'static str {
        "page"
    }
}

fn main() {}
