//! A child has no place of its own to be the default.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[child]
    #[default]
    fn notes(&self) -> Root {
        Root
    }
}

fn main() {}
