//! Browsers resolve dots before they ask.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "a/../b")]
    fn page(&self) -> &'static str {
        "page"
    }
}

fn main() {}
