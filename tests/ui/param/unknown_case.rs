//! A misspelt case is not passed over.
use kirsch::prelude::*;

#[derive(Param)]
#[param(rename_all = "camel_case")]
enum Colour {
    Red,
}

fn main() {}
