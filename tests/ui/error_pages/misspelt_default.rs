//! A misspelt word is not passed over.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(defualt)]
    fn lost(&self, error: &Error) -> String {
        error.to_string()
    }
}

fn main() {}
