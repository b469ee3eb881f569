//! An error page stands in for a page that has its tools.
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
    #[error_page(404)]
    #[tools(audit)]
    fn lost(&self) -> &'static str {
        "lost"
    }
}

fn main() {}
