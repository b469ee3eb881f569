//! All hooks of a tool stand together.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

#[tool]
impl Audit {
    fn before_finalize(&self, _x: &mut Exchange) {}
}

fn main() {}
