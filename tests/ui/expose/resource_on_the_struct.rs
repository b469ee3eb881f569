//! The block is the resource, not the struct.
use kirsch::prelude::*;

#[expose(resource)]
struct Note;

fn main() {}
