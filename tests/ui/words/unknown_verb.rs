//! An attribute that nobody knows is the compiler's to report.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[gett]
    fn hello(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
