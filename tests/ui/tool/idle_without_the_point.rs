//! A tool may be idle at one point and not at another.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}

    fn is_idle(&self) -> bool {
        true
    }
}

fn main() {}
