//! `#[tools]` alone says nothing.
use kirsch::prelude::*;

#[expose]
#[tools]
struct Root;

#[expose]
impl Root {}

fn main() {}
