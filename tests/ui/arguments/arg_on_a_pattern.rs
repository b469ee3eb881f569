//! What is taken apart has no name to be found by.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[post]
    fn hello(&self, #[arg(form)] Json(name): Json<String>) -> String {
        name
    }
}

fn main() {}
