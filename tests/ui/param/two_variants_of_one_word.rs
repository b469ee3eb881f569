//! A word means one variant.
use kirsch::prelude::*;

#[derive(Param)]
enum Colour {
    Red,
    #[param(rename = "red")]
    Crimson,
}

fn main() {}
