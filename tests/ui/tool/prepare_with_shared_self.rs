//! What is prepared is changed.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn prepare(&self, _at: &mut kirsch::tools::Preparation<'_>) {}

    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
