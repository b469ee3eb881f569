//! `#[option]` says something of a tool.
use kirsch::prelude::*;

#[option]
struct Audit;

fn main() {}
