//! What stands above is not seen.
use kirsch::prelude::*;

#[tools(response_headers)]
#[expose]
struct Root;

fn main() {}
