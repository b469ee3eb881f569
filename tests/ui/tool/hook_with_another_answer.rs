//! A hook does something, and gives nothing back.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) -> &'static str {
        "Hello"
    }
}

fn main() {}
