//! GET has no body.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn search(&self, #[arg(form)] text: String) -> String {
        text
    }
}

fn main() {}
