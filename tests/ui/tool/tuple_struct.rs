//! Options have names.
use kirsch::prelude::*;

#[tool]
struct Audit(u32);

fn main() {}
