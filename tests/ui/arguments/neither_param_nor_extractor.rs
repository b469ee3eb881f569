//! An argument must be readable from a request.
use kirsch::prelude::*;

struct Secret;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, secret: Secret) -> &'static str {
        drop(secret);
        "hello"
    }
}

fn main() {}
