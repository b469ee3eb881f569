//! A path without a place for it cannot give an argument.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "user")]
    fn page(&self, #[arg(path)] id: u64) -> &'static str {
        _ = id;
        "page"
    }
}

fn main() {}
