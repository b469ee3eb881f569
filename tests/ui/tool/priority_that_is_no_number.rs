//! A priority is a number.
use kirsch::prelude::*;

#[tool(priority = "first")]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
