//! What a request is called: in its answer, in the log, and by those who ask about it.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use crate::error::{Error, Result};
use crate::exchange::bind::NeverWaits;

/// The longest that is called a name.
const LONGEST: usize = 128;

/// What a request is called: in its answer, in the error log, and by those who ask about it.
///
/// A page takes it as a parameter, where the tool [`request_id`](mod@crate::tools) is on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(
    /// Letters, digits, `-`, `_`, `.` and `:` only: it stands in headers and in the log as it is.
    Arc<str>,
);

impl RequestId {
    /// The name, if it is one: 1 to 128 letters, digits, `-`, `_`, `.` and `:`.
    ///
    /// # Examples
    /// ```
    /// use kirsch::RequestId;
    ///
    /// assert!(RequestId::new("7f3a-12").is_some());
    /// assert!(RequestId::new("two words").is_none());
    /// ```
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_name = (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed);
        is_name.then(|| Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromRequest for RequestId {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(known.ok_or_else(|| Error::internal("nobody has given this request a name")))
    }
}

impl NeverWaits for RequestId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_stand_anywhere() {
        let long = "a".repeat(LONGEST + 1);
        for text in ["", " ", "a b", "a\"b", "a\r\nb", "\u{e9}", "a/b", &long] {
            assert_eq!(RequestId::new(text), None, "{text:?}");
        }
        for text in ["a", "0194fdc2-fa2f", "a_b.c:d", &"a".repeat(LONGEST)] {
            assert_eq!(RequestId::new(text).expect(text).as_str(), text);
        }
    }
}
