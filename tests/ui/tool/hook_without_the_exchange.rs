//! A hook is shown the exchange.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self) {}
}

fn main() {}
