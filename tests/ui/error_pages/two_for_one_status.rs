//! A subtree shows one page for one status.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404)]
    fn lost(&self, error: &Error) -> String {
        error.to_string()
    }

    #[error_page(404)]
    fn gone(&self, error: &Error) -> String {
        error.to_string()
    }
}

fn main() {}
