//! An argument comes from one place.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[post]
    fn hello(&self, #[arg(query, form)] name: String) -> String {
        name
    }
}

fn main() {}
