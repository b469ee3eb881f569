//! An error page is for one status.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404, 410)]
    fn lost(&self, error: &Error) -> String {
        error.to_string()
    }
}

fn main() {}
