//! A hook is no page.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    #[get]
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
