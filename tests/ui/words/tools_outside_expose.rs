//! Tools stand around pages.
use kirsch::prelude::*;

#[tools(compress)]
struct Root;

fn main() {}
