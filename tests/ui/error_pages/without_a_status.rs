//! An error page says for which error.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page]
    fn lost(&self, error: &Error) -> String {
        error.to_string()
    }
}

fn main() {}
