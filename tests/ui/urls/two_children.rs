//! Of two children at one URL one would never be reached.
use kirsch::prelude::*;

#[expose]
struct Notes;

#[expose]
impl Notes {
    fn index(&self) -> &'static str {
        "notes"
    }
}

#[expose]
struct Root;

#[expose]
impl Root {
    #[child(path = "{shop}")]
    fn shop(&self, shop: String) -> Notes {
        drop(shop);
        Notes
    }

    #[child(path = "{user}")]
    fn user(&self, user: u64) -> Notes {
        _ = user;
        Notes
    }
}

fn main() {}
