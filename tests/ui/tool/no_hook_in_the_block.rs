//! A block without hooks does nothing.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
}

fn main() {}
