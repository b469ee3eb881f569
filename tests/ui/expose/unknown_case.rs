//! A misspelt case is not passed over.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose(rename_all = "kebap-case")]
impl Root {
    fn all_notes(&self) -> &'static str {
        "notes"
    }
}

fn main() {}
