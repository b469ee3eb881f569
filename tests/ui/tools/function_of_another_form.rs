//! A function as an option has a form.
use kirsch::prelude::*;
use kirsch::tools::Function;

/// Asks who the visitor is.
#[tool]
struct Door {
    /// Whether this visitor may come in.
    #[option]
    check: Option<Function<str, bool>>,
}

#[tool]
impl Door {
    fn before_handler(&self, _x: &mut Exchange) {}
}

#[expose]
#[tools(door(check = Root::check))]
struct Root;

impl Root {
    fn check(&self, name: &str, password: &str) -> bool {
        name == password
    }
}

#[expose]
impl Root {}

fn main() {}
