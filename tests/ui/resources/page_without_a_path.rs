//! A page below a resource says where.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose(resource)]
impl Root {
    #[post]
    fn publish(&self) -> &'static str {
        "note"
    }
}

fn main() {}
