//! The node's own URL has nothing to capture.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "{id}")]
    fn index(&self, id: u64) -> String {
        id.to_string()
    }
}

fn main() {}
