//! A placeholder is a parameter.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "user/{}")]
    fn page(&self, id: u64) -> &'static str {
        _ = id;
        "page"
    }
}

fn main() {}
