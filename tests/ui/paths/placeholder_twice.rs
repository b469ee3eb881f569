//! One parameter has one value.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "{id}/copy/{id}")]
    fn page(&self, id: u64) -> &'static str {
        _ = id;
        "page"
    }
}

fn main() {}
