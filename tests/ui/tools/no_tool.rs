//! A function that makes something else is no tool.
use kirsch::prelude::*;

#[derive(Default)]
struct Audit;

fn audit() -> Audit {
    Audit
}

#[expose]
#[tools(audit)]
struct Root;

#[expose]
impl Root {}

fn main() {}
