//! What has a default need not be given.
use kirsch::prelude::*;

#[tool]
struct Audit {
    #[option(required, default = 1)]
    level: u32,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
