//! A default has the type of its parameter.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, #[arg(default = "one")] page: u32) -> String {
        page.to_string()
    }
}

fn main() {}
