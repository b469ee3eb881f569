//! One attribute says all.
use kirsch::prelude::*;

#[derive(Param)]
#[param(rename_all = "kebab-case")]
#[param(rename_all = "snake_case")]
enum Order {
    Newest,
}

fn main() {}
