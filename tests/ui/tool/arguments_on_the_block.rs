//! What is said of a tool stands above its struct.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool(priority = 50)]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
