//! A variant is one word.
use kirsch::prelude::*;

#[derive(Param)]
enum Colour {
    Red,
    Grey(u8),
}

fn main() {}
