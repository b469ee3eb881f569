//! A field is one option.
use kirsch::prelude::*;

#[tool]
struct Audit {
    #[option]
    #[option(default = 1)]
    level: u32,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
