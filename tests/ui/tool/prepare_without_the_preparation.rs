//! `prepare` is shown where the tool was turned on.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn prepare(&mut self) {}

    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
