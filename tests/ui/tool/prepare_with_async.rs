//! At start nothing waits.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    async fn prepare(&mut self, _at: &mut kirsch::tools::Preparation<'_>) {}

    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
