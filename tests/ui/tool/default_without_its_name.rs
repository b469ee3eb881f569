//! What stands in for a value is given by name.
use kirsch::prelude::*;

#[tool]
struct Audit {
    #[option(6)]
    level: u32,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
