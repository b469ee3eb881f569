//! A misspelt key is not passed over.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(pth = "hello")]
    fn greeting(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
