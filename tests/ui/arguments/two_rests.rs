//! Nothing is left after the rest.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn default(&self, rest: Rest, #[arg(rest)] more: Vec<String>) -> &'static str {
        drop((rest, more));
        "hello"
    }
}

fn main() {}
