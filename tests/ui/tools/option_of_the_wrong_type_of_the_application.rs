//! A text is no number.
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
    #[tools(audit(level = "six"))]
    fn index(&self) -> &'static str {
        "Hello"
    }
}

fn main() {}
