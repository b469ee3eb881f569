//! Nothing is left after the rest.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn default(&self, rest: Rest, page: u32) -> String {
        drop(rest);
        page.to_string()
    }
}

fn main() {}
