//! What is left of the path.

use std::borrow::Cow;

use crate::http::percent;

/// The part of the path that no name and no parameter has taken, as it was sent.
///
/// Empty segments are in it, and percent-encoding is not undone: whoever makes a file name or another URL of it decides what
/// they mean. [`Rest::segments`] decodes. `.` and `..` are not: a path with such a segment, however it is encoded, is 404, as
/// no client asks for one.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
///
/// #[expose]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn default(&self, rest: Rest) -> String {
///         format!("{} in {} segments", rest, rest.segments().count())
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(Root);
/// client.get("/a/b%20c").assert_body("a/b%20c in 2 segments");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rest(String);

impl Rest {
    pub(crate) fn new(raw: &str) -> Self {
        Self(raw.to_string())
    }

    /// The text as it was sent, without a slash before it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its segments, each decoded. Empty when nothing is left.
    ///
    /// A `%2F` stays inside its segment: a decoded segment may contain a slash.
    pub fn segments(&self) -> impl Iterator<Item = Cow<'_, str>> {
        segments(&self.0)
    }
}

/// The decoded segments of a raw path. The path was found well-formed before: what does not decode is shown as it is.
pub(crate) fn segments(raw: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let all = raw
        .split('/')
        .map(|segment| percent::decode_segment(segment).unwrap_or(Cow::Borrowed(segment)));
    all.take(if raw.is_empty() { 0 } else { usize::MAX })
}

impl std::ops::Deref for Rest {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
