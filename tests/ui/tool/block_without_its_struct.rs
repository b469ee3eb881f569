//! A tool has two halves.
use kirsch::prelude::*;

struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

#[expose]
#[tools(audit)]
struct Root;

#[expose]
impl Root {}

fn main() {}
