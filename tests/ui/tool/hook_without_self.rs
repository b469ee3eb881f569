//! A hook is a method of its tool.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(_x: &mut Exchange) {}
}

fn main() {}
