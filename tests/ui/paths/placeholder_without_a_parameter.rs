//! Somebody must take what is captured.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "user/{id}")]
    fn page(&self) -> &'static str {
        "page"
    }
}

fn main() {}
