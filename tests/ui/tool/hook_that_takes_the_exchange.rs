//! The exchange is lent to one hook after the other.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: Exchange) {}
}

fn main() {}
