//! Only hooks stand in this block.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {
        self.note();
    }

    fn note(&self) {}
}

fn main() {}
