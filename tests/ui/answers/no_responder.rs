//! What a page answers must be something to send.
use kirsch::prelude::*;

struct Secret;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self) -> Secret {
        Secret
    }
}

fn main() {}
