//! A success is no error.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(200)]
    fn fine(&self, error: &Error) -> String {
        error.to_string()
    }
}

fn main() {}
