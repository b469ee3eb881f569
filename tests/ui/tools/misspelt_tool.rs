//! The compiler knows the tools that are in scope.
use kirsch::prelude::*;

#[expose]
#[tools(respones_headers)]
struct Root;

#[expose]
impl Root {}

fn main() {}
