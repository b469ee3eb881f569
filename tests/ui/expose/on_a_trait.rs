//! A trait has no pages of its own.
use kirsch::prelude::*;

#[expose]
trait Pages {
    fn index(&self) -> String;
}

fn main() {}
