//! `Option` has its own way to be missing.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    fn hello(&self, #[arg(default = 1)] page: Option<u32>) -> String {
        format!("{page:?}")
    }
}

fn main() {}
