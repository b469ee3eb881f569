//! A misspelt key is not passed over.
use kirsch::prelude::*;

#[derive(Param)]
enum Colour {
    #[param(renam = "red")]
    Red,
}

fn main() {}
