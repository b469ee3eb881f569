//! The rest is never missing.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn default(&self, #[arg(default = Rest::default())] rest: Rest) -> &'static str {
        drop(rest);
        "hello"
    }
}

fn main() {}
