//! A node is a struct.
use kirsch::prelude::*;

#[expose]
enum Root {
    Open,
    Closed,
}

fn main() {}
