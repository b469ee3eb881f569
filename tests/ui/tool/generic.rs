//! A file cannot say which type it means.
use kirsch::prelude::*;

#[tool]
struct Audit<T> {
    #[option]
    level: Option<T>,
}

fn main() {}
