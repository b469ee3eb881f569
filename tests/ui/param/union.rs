//! A union is nobody's word.
use kirsch::prelude::*;

#[derive(Param)]
union Either {
    one: u32,
    other: f32,
}

fn main() {}
