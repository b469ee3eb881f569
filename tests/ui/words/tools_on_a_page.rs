//! Nothing may be served without the tool that it asks for.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[tools(caching(delay = 60))]
    fn index(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
