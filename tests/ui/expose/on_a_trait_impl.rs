//! The methods of a trait are not pages.
use kirsch::prelude::*;

trait Pages {
    fn hello(&self) -> &'static str;
}

struct Root;

#[expose]
impl Pages for Root {
    #[get]
    fn hello(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
