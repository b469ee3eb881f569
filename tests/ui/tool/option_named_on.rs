//! `on` turns every tool on and off.
use kirsch::prelude::*;

#[tool]
struct Audit {
    #[option]
    on: bool,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
