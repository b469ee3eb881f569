//! The error is always there.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404)]
    fn lost(&self, #[arg(default = Error::not_found())] error: &Error) -> String {
        error.to_string()
    }
}

fn main() {}
