//! Why a text is not what it should be, in words for the person who wrote it.

use std::error::Error;
use std::fmt;

/// Why a text in an option is refused: what is wrong, and what to write instead.
///
/// For text that an operator or an author wrote, read once at start. What clients send is never answered with one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(String);

impl Malformed {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// One out of many, so that a list tells all that is wrong with it at once; `None` if nothing is.
    pub(crate) fn of_all(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        let words: Vec<_> = all.into_iter().map(|malformed| malformed.0).collect();
        (!words.is_empty()).then(|| Self(words.join("; ")))
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Malformed {}
