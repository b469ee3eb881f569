//! What is off needs no options.
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

struct Root;

#[expose]
impl Root {
    #[tools(!audit(level = 6))]
    fn index(&self) -> &'static str {
        "Hello"
    }
}

fn main() {}
