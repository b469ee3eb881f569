//! Saying it twice is one time too many.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[post]
    #[post]
    fn login(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
