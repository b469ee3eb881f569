//! What an option takes is a type.
use kirsch::prelude::*;

#[expose]
#[tools(response_headers(headers = 6))]
struct Root;

#[expose]
impl Root {}

fn main() {}
