//! What a body is: `Content-Type` (RFC 9110 §8.3).

use std::borrow::Cow;

use super::field::{is_token, parameter, split};

/// A media type with the two parameters that change how a body is read.
///
/// Lenient where clients are sloppy (blanks, parameters without a value, parameters nobody knows) and strict where a lenient reading could
/// be used against somebody: two different charsets or boundaries are no media type at all.
///
/// # Examples
/// ```
/// use kirsch::http::content_type::MediaType;
///
/// let sent = MediaType::parse("Text/HTML; charset=\"utf-8\"").unwrap();
/// assert!(sent.is("text/html"));
/// assert_eq!(sent.charset, Some("utf-8"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// `type/subtype`, as it was written; [`MediaType::is`] compares without regard to case.
    pub essence: &'a str,
    /// The charset, as it was written and without its quotes.
    pub charset: Option<&'a str>,
    /// What separates the parts of a `multipart` body: 1 to 70 characters that RFC 2046 §5.1.1 allows. Another boundary is none.
    pub boundary: Option<Cow<'a, str>>,
}

impl<'a> MediaType<'a> {
    /// Reads a header's value; `None` if it is no media type (status 415).
    pub fn parse(value: &'a str) -> Option<Self> {
        let mut parts = split(value, ';');
        let essence = parts.next().filter(|essence| is_essence(essence))?;
        let (mut charset, mut boundary) = (None, None);
        for part in parts {
            let name = part.split('=').next().unwrap_or(part).trim_end();
            if name.eq_ignore_ascii_case("charset") {
                remember(&mut charset, charset_of(part)?)?;
            } else if name.eq_ignore_ascii_case("boundary") {
                remember(&mut boundary, lenient_boundary(part)?)?;
            }
        }
        let boundary = boundary.filter(|boundary| is_boundary(boundary));
        Some(Self {
            essence,
            charset,
            boundary,
        })
    }

    /// Whether this is that type; the case of letters does not count.
    pub fn is(&self, essence: &str) -> bool {
        self.essence.eq_ignore_ascii_case(essence)
    }

    /// Whether the text is UTF-8: the charset says so, or there is none. US-ASCII is UTF-8, too.
    ///
    /// # Examples
    /// ```
    /// use kirsch::http::content_type::MediaType;
    ///
    /// assert!(MediaType::parse("application/json").unwrap().is_utf8());
    /// assert!(!MediaType::parse("text/plain; charset=utf-7").unwrap().is_utf8());
    /// ```
    pub fn is_utf8(&self) -> bool {
        let names = ["utf-8", "utf8", "us-ascii", "ascii"];
        self.charset
            .is_none_or(|charset| names.iter().any(|name| charset.eq_ignore_ascii_case(name)))
    }
}

/// Keeps the value of a parameter; `None` if another value of it was seen before.
fn remember<T: AsRef<str>>(kept: &mut Option<T>, value: T) -> Option<()> {
    let agrees = kept
        .as_ref()
        .is_none_or(|before| before.as_ref().eq_ignore_ascii_case(value.as_ref()));
    kept.get_or_insert(value);
    agrees.then_some(())
}

/// A charset that needs escapes inside its quotes is nobody's name.
fn charset_of(part: &str) -> Option<&str> {
    match parameter(part)? {
        (_, Cow::Borrowed(charset)) => Some(charset),
        (_, Cow::Owned(_)) => None,
    }
}

/// A boundary that should have been quoted, for its characters are no token's, is common and means what it says.
fn lenient_boundary(part: &str) -> Option<Cow<'_, str>> {
    let (_, written) = part.split_once('=')?;
    if written.starts_with('"') {
        return parameter(part).map(|(_, value)| value);
    }
    Some(Cow::Borrowed(written))
}

fn is_essence(essence: &str) -> bool {
    essence
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

fn is_boundary(boundary: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    (1..=70).contains(&boundary.len()) && boundary.bytes().all(allowed) && !boundary.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_media_type_is_read() {
        for (value, essence, charset, boundary) in [
            ("text/html", "text/html", None, None),
            (
                " text/html ; charset=utf-8 ",
                "text/html",
                Some("utf-8"),
                None,
            ),
            (
                "text/html;CHARSET=\"UTF-8\"",
                "text/html",
                Some("UTF-8"),
                None,
            ),
            (
                "text/html; charset=utf-8; Charset=UTF-8",
                "text/html",
                Some("utf-8"),
                None,
            ),
            ("application/json;x", "application/json", None, None),
            ("application/json;", "application/json", None, None),
            (
                "application/json; x=;y=<>; z=\"",
                "application/json",
                None,
                None,
            ),
            (
                "multipart/form-data; boundary=----WebKitFormBoundaryA1",
                "multipart/form-data",
                None,
                Some("----WebKitFormBoundaryA1"),
            ),
            (
                "multipart/form-data; boundary=\"a b\"",
                "multipart/form-data",
                None,
                Some("a b"),
            ),
            (
                "multipart/form-data; boundary=a=b/c:d",
                "multipart/form-data",
                None,
                Some("a=b/c:d"),
            ),
            (
                "multipart/form-data; boundary=",
                "multipart/form-data",
                None,
                None,
            ),
            (
                "multipart/form-data; boundary=\"\"",
                "multipart/form-data",
                None,
                None,
            ),
            (
                "multipart/form-data; boundary=\"a \"",
                "multipart/form-data",
                None,
                None,
            ),
            (
                "multipart/form-data; boundary=a@b",
                "multipart/form-data",
                None,
                None,
            ),
        ] {
            let found = MediaType::parse(value).expect(value);
            assert_eq!(found.essence, essence, "{value:?}");
            assert_eq!(found.charset, charset, "{value:?}");
            assert_eq!(found.boundary.as_deref(), boundary, "{value:?}");
        }
    }

    #[test]
    fn what_is_no_media_type_is_none() {
        for value in [
            "",
            ";",
            "text",
            "text/",
            "/html",
            "text/html/x",
            "text /html",
            "text/html, text/plain",
            "tëxt/html",
            "text/html; charset=utf-8; charset=utf-7",
            "text/html; charset",
            "text/html; charset=",
            "text/html; charset=\"utf-8",
            "text/html; charset =utf-8",
            "multipart/form-data; boundary=a; boundary=b",
        ] {
            assert_eq!(MediaType::parse(value), None, "{value:?}");
        }
    }

    #[test]
    fn a_boundary_has_at_most_70_characters() {
        let of = |length| format!("multipart/form-data; boundary={}", "x".repeat(length));
        assert!(MediaType::parse(&of(70)).unwrap().boundary.is_some());
        assert!(MediaType::parse(&of(71)).unwrap().boundary.is_none());
    }

    #[test]
    fn only_utf8_is_utf8() {
        for (charset, expected) in [
            ("UTF-8", true),
            ("utf8", true),
            ("US-ASCII", true),
            ("utf-7", false),
            ("utf-16", false),
            ("bogus", false),
            ("ibm037", false),
            ("iso-8859-1", false),
        ] {
            let value = format!("text/plain; charset={charset}");
            assert_eq!(
                MediaType::parse(&value).unwrap().is_utf8(),
                expected,
                "{charset}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read_without_panic(value in "(text/html|;|=|\"|charset|boundary|.)*") {
            if let Some(found) = MediaType::parse(&value) {
                prop_assert!(found.boundary.is_none_or(|boundary| !boundary.contains(['\r', '\n', '"'])));
            }
        }
    }
}
