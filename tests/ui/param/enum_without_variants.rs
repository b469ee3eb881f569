//! Nothing is ever found.
use kirsch::prelude::*;

#[derive(Param)]
enum Nothing {}

fn main() {}
