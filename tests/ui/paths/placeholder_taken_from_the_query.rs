//! What is captured cannot come from elsewhere.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "user/{id}")]
    fn page(&self, #[arg(query)] id: u64) -> &'static str {
        _ = id;
        "page"
    }
}

fn main() {}
