//! One of the two would be forgotten.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    #[hook(failsafe)]
    #[hook(priority = 5)]
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
