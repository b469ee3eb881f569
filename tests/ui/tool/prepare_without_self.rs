//! It is a method of the tool, too.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn prepare(_at: &mut kirsch::tools::Preparation<'_>) {}

    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
