//! The log still needs the error.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404)]
    fn lost(&self, error: Error) -> String {
        error.to_string()
    }
}

fn main() {}
