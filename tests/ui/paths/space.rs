//! Nobody can type a link with a space.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "my notes")]
    fn page(&self) -> &'static str {
        "page"
    }
}

fn main() {}
