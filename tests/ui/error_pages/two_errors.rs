//! There is one error.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404)]
    fn lost(&self, error: &Error, cause: &Error) -> String {
        format!("{error}, {cause}")
    }
}

fn main() {}
