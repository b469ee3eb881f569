//! What is secret is shown by nothing.
use kirsch::prelude::*;

#[tool]
#[derive(Debug)]
struct Door {
    #[option(secret)]
    key: String,
}

#[tool]
impl Door {
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
