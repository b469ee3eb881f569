//! A placeholder may be a keyword, and an argument may be bound by any text.
use kirsch::prelude::*;

#[expose]
struct Note {
    id: u64,
}

#[expose]
impl Note {
    fn index(&self) -> String {
        self.id.to_string()
    }
}

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(path = "kind/{type}")]
    fn kind(&self, r#type: String) -> String {
        r#type
    }

    #[child]
    fn note(&self, #[arg(name = "note-id")] id: u64) -> Note {
        Note { id }
    }

    #[post]
    fn r#move(&self, Json(to): Json<String>) -> String {
        to
    }
}
