//! The names of placeholders make no difference.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "user/{id}")]
    fn by_id(&self, id: u64) -> String {
        id.to_string()
    }

    #[get(path = "user/{name}")]
    fn by_name(&self, name: String) -> String {
        name
    }
}

fn main() {}
