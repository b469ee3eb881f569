//! The resource itself is answered by its verbs.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose(resource)]
impl Root {
    #[post(path = "")]
    fn create(&self) -> &'static str {
        "note"
    }
}

fn main() {}
