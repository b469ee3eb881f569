//! Somebody must take what is captured.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "user/{uesr}")]
    fn page(&self, user: String) -> &'static str {
        drop(user);
        "page"
    }
}

fn main() {}
