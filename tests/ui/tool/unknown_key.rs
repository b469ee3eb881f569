//! What a tool can say of itself.
use kirsch::prelude::*;

#[tool(prioriti = 50)]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
