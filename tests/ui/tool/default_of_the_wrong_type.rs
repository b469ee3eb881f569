//! A default is a value of the option.
use kirsch::prelude::*;

#[tool]
struct Audit {
    #[option(default = "six")]
    level: u32,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
