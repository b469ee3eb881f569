//! Something that is wrong with a site, found at start.

use std::fmt;

use crate::config::{Origin, Source};

/// Something that is wrong with a site, found at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    words: String,
    places: Vec<Origin>,
}

impl Mistake {
    pub(crate) fn new(words: impl Into<String>, sources: &[Source]) -> Self {
        Self::at(words, sources.iter().copied().map(Origin::from))
    }

    pub(crate) fn at(words: impl Into<String>, places: impl IntoIterator<Item = Origin>) -> Self {
        Self {
            words: words.into(),
            places: places.into_iter().collect(),
        }
    }

    /// What is wrong.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Where it is written.
    pub fn places(&self) -> &[Origin] {
        &self.places
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        self.places
            .iter()
            .try_for_each(|place| write!(f, "\n    at {place}"))
    }
}
