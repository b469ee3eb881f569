//! What may fail must fail in a way that has an answer.
use kirsch::prelude::*;

#[expose]
struct Notes;

#[expose]
impl Notes {
    fn index(&self) -> &'static str {
        "notes"
    }
}

#[expose]
struct Root;

#[expose]
impl Root {
    #[child]
    async fn notes(&self) -> Result<Notes, String> {
        Ok(Notes)
    }
}

fn main() {}
