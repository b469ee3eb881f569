//! A verb in an ordinary block makes no page.
use kirsch::prelude::*;

struct Root;

impl Root {
    #[get]
    #[post]
    fn hello(&self, #[arg(default = "World")] name: String) -> String {
        name
    }
}

fn main() {}
