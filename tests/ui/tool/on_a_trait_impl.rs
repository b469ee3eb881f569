//! The hooks are methods of the tool itself.
use kirsch::prelude::*;

#[tool]
struct Audit;

trait Hooks {
    fn before_handler(&self, x: &mut Exchange);
}

#[tool]
impl Hooks for Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
