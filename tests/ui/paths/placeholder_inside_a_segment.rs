//! A placeholder is a whole segment.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "{year}-{month}")]
    fn page(&self, year: u16, month: u8) -> &'static str {
        _ = (year, month);
        "page"
    }
}

fn main() {}
