//! Query strings and URL-encoded forms (WHATWG URL §5.1).

use std::borrow::Cow;
use std::fmt;

use super::percent::split_escape;

/// The names and values of a query string or of a form body, decoded, in the order in which they were sent.
///
/// Only `&` separates, `+` is a space, a bad escape stays as it was written (`%zz`), a pair without `=` has an empty value, and empty pairs
/// are skipped. What needs no decoding is borrowed.
///
/// # Errors
/// [`BadQuery`] for a pair whose escapes are no UTF-8 (status 400).
///
/// # Examples
/// ```
/// use kirsch::http::query::pairs;
///
/// let found: Vec<_> = pairs("name=Ada+L.&lang=%65n&&draft").flatten().collect();
/// assert_eq!(found, [("name".into(), "Ada L.".into()), ("lang".into(), "en".into()), ("draft".into(), "".into())]);
/// ```
///
/// # CherryPy
/// `httputil.parse_query_string`. Differs from CherryPy: a `;` is an ordinary character, as in every browser (a proxy that disagrees with
/// the server about borders can be made to cache one page under another's name), and `?3,4` is no image map.
pub fn pairs(
    raw: &str,
) -> impl Iterator<Item = Result<(Cow<'_, str>, Cow<'_, str>), BadQuery>> + Clone + '_ {
    written(raw).map(|(name, value)| Ok((decode(name)?, decode(value)?)))
}

/// All values of one name, without decoding any other's.
///
/// Pairs with other names are not looked at, broken or not: what a page does not ask for cannot hurt it.
///
/// # Errors
/// [`BadQuery`] for a value whose escapes are no UTF-8 (status 400).
///
/// # Examples
/// ```
/// use kirsch::http::query::values;
///
/// let mut tags = values("tag=red&page=2&tag=dark+blue", "tag");
/// assert_eq!(tags.next(), Some(Ok("red".into())));
/// assert_eq!(tags.next(), Some(Ok("dark blue".into())));
/// assert_eq!(tags.next(), None);
/// ```
pub fn values<'a>(
    raw: &'a str,
    name: &'a str,
) -> impl Iterator<Item = Result<Cow<'a, str>, BadQuery>> + Clone + 'a {
    written(raw)
        .filter(move |(written, _)| means(written, name))
        .map(|(_, value)| decode(value))
}

/// How many pairs there are, empty ones not counted; nothing is decoded.
///
/// # Examples
/// ```
/// assert_eq!(kirsch::http::query::count("a=1&&b&=&"), 3);
/// ```
pub fn count(raw: &str) -> usize {
    let mut before = b'&';
    let begins = |byte| std::mem::replace(&mut before, byte) == b'&' && byte != b'&';
    raw.bytes().map(begins).filter(|&begins| begins).count()
}

/// A name or value whose escapes stand for bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadQuery;

impl fmt::Display for BadQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parameters are not encoded as UTF-8")
    }
}

impl std::error::Error for BadQuery {}

/// The pairs as they were written.
fn written(raw: &str) -> impl Iterator<Item = (&str, &str)> + Clone {
    Written { rest: raw }
        .filter(|pair| *pair != ("", None))
        .map(|(name, value)| (name, value.unwrap_or("")))
}

/// Cuts a query into pairs. Every page with parameters goes through here several times, so it looks at each byte once.
#[derive(Clone)]
struct Written<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Written<'a> {
    type Item = (&'a str, Option<&'a str>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let bytes = self.rest.as_bytes();
        let (mut equals, mut end) = (None, bytes.len());
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'=' if equals.is_none() => equals = Some(at),
                b'&' => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let pair = |from: usize, to: usize| self.rest.get(from..to).unwrap_or("");
        let name = pair(0, equals.unwrap_or(end));
        let value = equals.map(|equals| pair(equals + 1, end));
        self.rest = self.rest.get(end + 1..).unwrap_or("");
        Some((name, value))
    }
}

fn means(written: &str, name: &str) -> bool {
    // Decoding never makes longer, so a shorter one need not be decoded.
    if written.len() < name.len() {
        return false;
    }
    if is_encoded(written) {
        decode(written).is_ok_and(|decoded| decoded == name)
    } else {
        written == name
    }
}

fn is_encoded(written: &str) -> bool {
    written.bytes().any(|byte| byte == b'%' || byte == b'+')
}

fn decode(written: &str) -> Result<Cow<'_, str>, BadQuery> {
    if !is_encoded(written) {
        return Ok(Cow::Borrowed(written));
    }
    let mut decoded = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = match first {
            b'+' => (b' ', tail),
            b'%' => split_escape(tail).unwrap_or((b'%', tail)),
            _ => (first, tail),
        };
        decoded.push(byte);
        rest = tail;
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| BadQuery)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::percent::encode_query;

    fn check(raw: &str, expected: &[(&str, &str)]) {
        let found: Vec<_> = pairs(raw).map(|pair| pair.expect("UTF-8")).collect();
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(found, expected, "{raw:?}");
        assert_eq!(count(raw), expected.len(), "{raw:?}");
    }

    #[test]
    fn pairs_are_read_as_browsers_write_them() {
        check("", &[]);
        check("&&", &[]);
        check("a=1", &[("a", "1")]);
        check("a=1&a=2", &[("a", "1"), ("a", "2")]);
        check("a", &[("a", "")]);
        check("a=", &[("a", "")]);
        check("=x", &[("", "x")]);
        check("=", &[("", "")]);
        check("a=b=c", &[("a", "b=c")]);
        check("a+b=c+d", &[("a b", "c d")]);
        check("a%3D=%26", &[("a=", "&")]);
        check("a[1]=x", &[("a[1]", "x")]);
    }

    #[test]
    fn a_bad_escape_stays_as_it_was_written() {
        check(
            "a=%zz&b=%&c=%4&d=100%+",
            &[("a", "%zz"), ("b", "%"), ("c", "%4"), ("d", "100% ")],
        );
        check("a=%%41", &[("a", "%A")]);
    }

    #[test]
    fn a_semicolon_separates_nothing() {
        check("a=1;b=2", &[("a", "1;b=2")]);
    }

    #[test]
    fn digits_are_no_image_map() {
        check("3,4", &[("3,4", "")]);
    }

    #[test]
    fn bytes_that_are_no_utf8_are_an_error() {
        for raw in ["a=%FF", "%FF=a", "a=%C0%AF", "a=%ED%A0%80"] {
            assert_eq!(pairs(raw).next(), Some(Err(BadQuery)), "{raw:?}");
        }
        assert_eq!(values("a=%FF", "a").next(), Some(Err(BadQuery)));
    }

    #[test]
    fn a_name_is_found_however_it_was_written() {
        let found: Vec<_> = values("x=0&a+b=1&a%20b=2&%61%20b=3&a b=4&ab=5", "a b")
            .flatten()
            .collect();
        assert_eq!(found, ["1", "2", "3", "4"]);
        assert_eq!(values("a+b=1", "a+b").count(), 0);
        assert_eq!(values("a%2Bb=1", "a+b").count(), 1);
    }

    #[test]
    fn what_is_not_asked_for_is_not_looked_at() {
        assert_eq!(values("%FF=1&b=%FF&a=1", "a").next(), Some(Ok("1".into())));
    }

    #[test]
    fn what_needs_no_decoding_is_borrowed() {
        assert!(matches!(
            pairs("a=1").next(),
            Some(Ok((Cow::Borrowed(_), Cow::Borrowed(_))))
        ));
    }

    proptest! {
        #[test]
        fn encoded_pairs_come_back(sent in proptest::collection::vec((".+", ".*"), 0..8)) {
            let raw: Vec<_> = sent.iter()
                .map(|(name, value)| format!("{}={}", encode_query(name), encode_query(value)))
                .collect();
            let found: Vec<_> = pairs(&raw.join("&"))
                .map(|pair| pair.map(|(name, value)| (name.into_owned(), value.into_owned())))
                .collect::<Result<_, _>>()
                .expect("UTF-8");
            prop_assert_eq!(found, sent);
        }

        #[test]
        fn looking_up_a_name_agrees_with_reading_all(raw in "([ab+&=]|%61|%20|%zz)*", name in "[ab ]{0,3}") {
            let all: Vec<_> = pairs(&raw).flatten().filter(|pair| pair.0 == name).map(|pair| pair.1).collect();
            let found: Vec<_> = values(&raw, &name).flatten().collect();
            prop_assert_eq!(found, all);
        }

        #[test]
        fn counting_agrees_with_reading(raw in "[a&=%+]*") {
            prop_assert_eq!(count(&raw), pairs(&raw).count());
        }

        #[test]
        fn any_text_is_read_without_panic(raw in ".*") {
            let _read = pairs(&raw).count();
        }
    }
}
