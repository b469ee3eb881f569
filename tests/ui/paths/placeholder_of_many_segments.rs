//! A placeholder is one segment.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "files/{*rest}")]
    fn page(&self, rest: Rest) -> &'static str {
        drop(rest);
        "page"
    }
}

fn main() {}
