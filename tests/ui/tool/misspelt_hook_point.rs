//! A hook is named for its point.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_finalise(&self, _x: &mut Exchange) {}
}

fn main() {}
