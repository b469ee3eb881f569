//! An error page has no path.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[error_page(404)]
    fn lost(&self, #[arg(path)] id: u64) -> String {
        id.to_string()
    }
}

fn main() {}
