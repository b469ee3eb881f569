//! A time is a `Duration`: `secs(5)`.
use kirsch::prelude::*;

#[expose]
#[tools(timeout(after = 5))]
struct Root;

#[expose]
impl Root {}

fn main() {}
