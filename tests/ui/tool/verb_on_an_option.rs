//! A field of a tool is no page.
use kirsch::prelude::*;

#[tool]
struct Audit {
    #[child]
    level: u32,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
