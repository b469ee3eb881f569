//! Only hooks stand in this block.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    const LIMIT: usize = 10;

    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
