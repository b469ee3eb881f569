//! Where something has failed there is no form any more.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404)]
    fn lost(&self, #[arg(form)] name: String) -> String {
        name
    }
}

fn main() {}
