//! Tools stand around pages, and this field has none.
use kirsch::prelude::*;

/// Writes down who asked for what.
#[tool]
struct Audit {
    /// How much is written down.
    #[option(default = 1)]
    level: u32,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

#[expose]
struct Root {
    #[tools(audit)]
    greeting: String,
}

#[expose]
impl Root {}

fn main() {}
