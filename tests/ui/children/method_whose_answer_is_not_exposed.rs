//! A child is a node.
use kirsch::prelude::*;

struct Notes;

#[expose]
struct Root;

#[expose]
impl Root {
    #[child]
    fn notes(&self) -> Notes {
        Notes
    }
}

fn main() {}
