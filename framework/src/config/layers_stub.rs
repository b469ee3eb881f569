//! stub
use super::{Origin, Raw};
#[allow(missing_docs)]
#[derive(Debug, Clone, PartialEq)]
pub enum Section {
    Global,
    Path {
        host: Option<String>,
        segments: Vec<String>,
        written: String,
    },
    Spelled(Vec<String>),
}
#[allow(missing_docs)]
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub section: Section,
    pub key: Vec<String>,
    pub value: Raw,
    pub origin: Origin,
}
