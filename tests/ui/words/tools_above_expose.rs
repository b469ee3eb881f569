//! What stands above is not seen.
use kirsch::prelude::*;

#[tools(compress)]
#[expose]
struct Root;

fn main() {}
