//! Nobody can promise anything about a request.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    unsafe fn hello(&self) -> &'static str {
        "hello"
    }
}

fn main() {}
