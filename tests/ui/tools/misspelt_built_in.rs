//! rustc knows the tools that are in scope.
use kirsch::prelude::*;

#[expose]
#[tools(security_heders)]
struct Root;

#[expose]
impl Root {}

fn main() {}
