//! A tool is named as functions are.
use kirsch::prelude::*;

#[tool(name = "Audit-Log")]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
