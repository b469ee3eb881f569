//! Nothing may be served without the tool that it asks for.
use kirsch::prelude::*;

#[expose]
#[tools(compress)]
struct Root;

fn main() {}
