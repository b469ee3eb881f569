//! What nothing else answers is answered once.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn default(&self) -> &'static str {
        "hello"
    }

    #[default]
    fn other(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
