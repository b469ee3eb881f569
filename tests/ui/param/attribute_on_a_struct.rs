//! A struct has no variants to rename.
use kirsch::prelude::*;

#[derive(Param)]
#[param(rename_all = "kebab-case")]
struct Id(u64);

fn main() {}
