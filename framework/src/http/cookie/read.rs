//! The cookies of a request.

use std::borrow::Cow;

use actix_web::http::header::HeaderValue;

use crate::http::field::is_token;
use crate::http::percent::decode_segment;

/// More cookies than a browser keeps for one site; later ones are not read.
const MOST_PAIRS: usize = 128;

/// The names and values of all `Cookie` headers of a request, as they were sent.
///
/// Nothing is decoded (see [`decode_value`]), no quotes are taken off. A pair without a name, with a name that is no token, or with a byte
/// in its value that is no printable ASCII is skipped, and only that pair. At most 128 pairs are given.
///
/// # Examples
/// ```
/// use actix_web::http::header::HeaderValue;
/// use kirsch::http::cookie::read;
///
/// let header = HeaderValue::from_bytes(b"a=\xff; b=1; %5F_Host-id=evil").unwrap();
/// let cookies: Vec<_> = read([&header]).collect();
/// assert_eq!(cookies, [("b", "1"), ("%5F_Host-id", "evil")]);
/// ```
pub fn read<'a>(
    headers: impl IntoIterator<Item = &'a HeaderValue>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let pairs = headers
        .into_iter()
        .flat_map(|header| header.as_bytes().split(|&byte| byte == b';'));
    pairs.filter_map(pair).take(MOST_PAIRS)
}

/// What a value says that [`SetCookie`](super::SetCookie) has encoded; `None` if it is no such value.
///
/// # Examples
/// ```
/// use kirsch::http::cookie::decode_value;
///
/// assert_eq!(decode_value("a%3B%20b").as_deref(), Some("a; b"));
/// assert_eq!(decode_value("a%00"), None);
/// ```
pub fn decode_value(value: &str) -> Option<Cow<'_, str>> {
    decode_segment(value)
}

fn pair(bytes: &[u8]) -> Option<(&str, &str)> {
    let middle = memchr::memchr(b'=', bytes)?;
    let (name, value) = (trimmed(&bytes[..middle]), trimmed(&bytes[middle + 1..]));
    // Without a branch for each byte: many are looked at at once.
    let printable = value
        .iter()
        .fold(true, |all, byte| all & (b' '..=b'~').contains(byte));
    let (name, value) = (str::from_utf8(name).ok()?, str::from_utf8(value).ok()?);
    (printable && is_token(name)).then_some((name, value))
}

/// Without the blanks around it.
fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(header: &[u8], expected: &[(&str, &str)]) {
        let header = HeaderValue::from_bytes(header).unwrap();
        assert_eq!(read([&header]).collect::<Vec<_>>(), expected, "{header:?}");
    }

    #[test]
    fn cookies_are_read_raw() {
        check(b"", &[]);
        check(b"a=1; b=2", &[("a", "1"), ("b", "2")]);
        check(b"a=1;b=2;;  ;", &[("a", "1"), ("b", "2")]);
        check(b"a=1; a=2", &[("a", "1"), ("a", "2")]);
        check(b"a=b=c==", &[("a", "b=c==")]);
        check(b"a=", &[("a", "")]);
        check(b"a=\"x y\"", &[("a", "\"x y\"")]);
        check(b"a=%00%0a", &[("a", "%00%0a")]);
        check(b"%5F_Host-id=evil", &[("%5F_Host-id", "evil")]);
        check(b" a \t= 1 ", &[("a", "1")]);
    }

    #[test]
    fn a_broken_pair_is_dropped_alone() {
        check(b"a=\xff; b=1", &[("b", "1")]);
        check("a=é; b=1".as_bytes(), &[("b", "1")]);
        check(b"a=x\ty; b=1", &[("b", "1")]);
        check(b"=__Host-x=v; lonely; a b=1; a,b=1; b=1", &[("b", "1")]);
    }

    #[test]
    fn several_headers_are_read_in_order_and_up_to_128_pairs() {
        let (first, second) = (
            HeaderValue::from_static("a=1"),
            HeaderValue::from_static("b=2"),
        );
        assert_eq!(
            read([&first, &second]).collect::<Vec<_>>(),
            [("a", "1"), ("b", "2")]
        );
        let many = HeaderValue::try_from("a=1;".repeat(9_000)).unwrap();
        assert_eq!(read([&many]).count(), 128);
        assert_eq!(
            read([&HeaderValue::try_from(";".repeat(5_000)).unwrap()]).count(),
            0
        );
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(bytes in proptest::collection::vec(32_u8..=255, 0..200)) {
            if let Ok(header) = HeaderValue::from_bytes(&bytes) {
                for (name, value) in read([&header]) {
                    prop_assert!(is_token(name) && value.is_ascii());
                }
            }
        }
    }
}
