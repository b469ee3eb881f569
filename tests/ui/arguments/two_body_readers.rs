//! A body can be read once.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[post]
    fn hello(&self, one: Json<String>, other: Json<String>) -> String {
        one.into_inner() + &other.into_inner()
    }
}

fn main() {}
