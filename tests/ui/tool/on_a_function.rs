//! A function has no options, and no points.
use kirsch::prelude::*;

#[tool]
fn audit(_x: &mut Exchange) {}

fn main() {}
