//! A struct with options that nobody asks does nothing.
use kirsch::prelude::*;

#[tool]
struct Audit {
    #[option(default = 1)]
    level: u32,
}

#[expose]
#[tools(audit(level = 6))]
struct Root;

#[expose]
impl Root {}

fn main() {}
