//! Options are methods, so the compiler knows those that are nearly it.
use kirsch::prelude::*;

#[expose]
#[tools(response_headers(header = [("X-Robots-Tag", "noindex")]))]
struct Root;

#[expose]
impl Root {}

fn main() {}
