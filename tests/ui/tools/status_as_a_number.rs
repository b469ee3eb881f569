//! A status has a type of its own.
use kirsch::prelude::*;

#[expose]
#[tools(trailing_slash(status = 308))]
struct Root;

#[expose]
impl Root {}

fn main() {}
