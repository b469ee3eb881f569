//! A word is one value.
use kirsch::prelude::*;

#[derive(Param)]
struct Point {
    x: u32,
    y: u32,
}

fn main() {}
