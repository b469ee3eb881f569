//! What an option can say of itself.
use kirsch::prelude::*;

#[tool]
struct Audit {
    #[option(defualt = 6)]
    level: u32,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
