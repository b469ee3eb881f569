//! The fields of a node are no options.
use kirsch::prelude::*;

#[expose]
struct Root {
    #[option]
    greeting: String,
}

#[expose]
impl Root {}

fn main() {}
