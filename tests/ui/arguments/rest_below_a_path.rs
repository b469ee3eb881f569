//! A path that is written out leaves nothing.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "files/{name}")]
    fn files(&self, name: String, rest: Rest) -> String {
        drop(rest);
        name
    }
}

fn main() {}
