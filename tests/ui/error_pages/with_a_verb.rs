//! An error page has no verb.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get]
    #[error_page(404)]
    fn lost(&self, error: &Error) -> String {
        error.to_string()
    }
}

fn main() {}
