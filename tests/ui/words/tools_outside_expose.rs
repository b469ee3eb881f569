//! Tools stand around pages.
use kirsch::prelude::*;

#[tools(response_headers)]
struct Root;

fn main() {}
