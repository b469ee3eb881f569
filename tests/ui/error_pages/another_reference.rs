//! Only the error is lent.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404)]
    fn lost(&self, text: &str) -> String {
        text.to_owned()
    }
}

fn main() {}
