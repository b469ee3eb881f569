//! A child belongs to an exposed block.
use kirsch::prelude::*;

struct Notes;

struct Root;

impl Root {
    #[child]
    fn notes(&self) -> Notes {
        Notes
    }
}

fn main() {}
