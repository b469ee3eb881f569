//! Nor do empty parentheses.
use kirsch::prelude::*;

#[expose]
#[tools()]
struct Root;

#[expose]
impl Root {}

fn main() {}
