//! The node's own URL has nothing to take it from.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn index(&self, #[arg(path)] id: u64) -> String {
        id.to_string()
    }
}

fn main() {}
