//! Doc comments, lint attributes and visibilities stay on the items.
use kirsch::prelude::*;

/// The site.
#[expose]
#[derive(Debug, Default, Clone)]
pub struct Root {
    /// A node below.
    #[child]
    pub notes: Notes,
}

/// Notes.
#[expose]
#[derive(Debug, Default, Clone)]
pub struct Notes;

#[expose]
impl Notes {
    /// All notes.
    #[expect(
        unused_variables,
        reason = "the attribute must still stand on the method, and this one on the page"
    )]
    pub fn index(&self, page: Option<u32>) -> &'static str {
        "notes"
    }
}

#[expose]
impl Root {
    /// The first page.
    pub async fn index(&self) -> &'static str {
        "hello"
    }

    /// Nothing else answered.
    #[error_page(default)]
    pub fn lost(&self, error: &Error) -> String {
        error.to_string()
    }
}
