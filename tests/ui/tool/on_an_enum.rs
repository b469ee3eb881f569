//! An enum has no options.
use kirsch::prelude::*;

#[tool]
enum Audit {
    Short,
    Long,
}

fn main() {}
