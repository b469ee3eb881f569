//! An error page stands in for whatever failed, at no path of its own.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404)]
    fn lost(&self, rest: Rest) -> String {
        rest.to_string()
    }
}

fn main() {}
