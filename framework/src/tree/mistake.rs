//! Something that is wrong with a site, found at start.

use std::fmt;

use crate::tree::table::Source;

/// Something that is wrong with a site, found at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    words: String,
    sources: Vec<Source>,
}

impl Mistake {
    pub(crate) fn new(words: impl Into<String>, sources: &[Source]) -> Self {
        Self {
            words: words.into(),
            sources: sources.to_vec(),
        }
    }

    /// What is wrong.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Where it is written.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        self.sources
            .iter()
            .try_for_each(|source| write!(f, "\n    at {source}"))
    }
}
