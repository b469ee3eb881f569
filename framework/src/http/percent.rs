//! Percent-encoding of path segments and query components (RFC 3986 §2.1).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Everything but `pchar` (RFC 3986 §3.3). A slash is not among them: it would begin another segment.
const SEGMENT: &AsciiSet = &UNRESERVED
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// What a query allows, save `&`, `=`, `+` and `;`, which some reader takes for a border or a space, and `'`, which browsers encode.
const QUERY: &AsciiSet = &UNRESERVED
    .remove(b'!')
    .remove(b'$')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    .remove(b'?');

/// Decodes one segment of a path, strictly and once: a bad escape, invalid UTF-8 or a NUL is `None`.
///
/// A `+` stays a plus, and `%2F` becomes a slash that is part of the segment. Borrows where there is nothing to decode.
///
/// # Examples
/// ```
/// use kirsch::http::percent::decode_segment;
///
/// assert_eq!(decode_segment("caf%C3%A9").as_deref(), Some("café"));
/// assert_eq!(decode_segment("a%2Fb+c").as_deref(), Some("a/b+c"));
/// assert_eq!(decode_segment("%252F").as_deref(), Some("%2F"));
/// assert_eq!(decode_segment("100%"), None);
/// ```
///
/// # CherryPy
/// Differs from CherryPy: bytes that are no UTF-8 are not passed through as Latin-1, for then one page would have several names.
pub fn decode_segment(segment: &str) -> Option<Cow<'_, str>> {
    match segment.bytes().find(|&byte| byte == b'%' || byte == 0) {
        None => Some(Cow::Borrowed(segment)),
        Some(0) => None,
        Some(_) => decode_strictly(segment.as_bytes()).map(Cow::Owned),
    }
}

fn decode_strictly(segment: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut rest = segment;
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = if first == b'%' {
            split_escape(tail)?
        } else {
            (first, tail)
        };
        if byte == 0 {
            return None;
        }
        decoded.push(byte);
        rest = tail;
    }
    String::from_utf8(decoded).ok()
}

/// The byte that two hexadecimal digits stand for, and what follows them. `tail` begins behind the `%`.
pub(super) fn split_escape(tail: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = tail.split_first_chunk()?;
    Some((hex_digit(high)? << 4 | hex_digit(low)?, rest))
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Encodes text so that it is one segment of a path: a slash becomes `%2F`, and `.` and `..` lose their meaning.
///
/// Browsers still take `%2E%2E` for a step upwards, so a page for such a name can be linked but not visited; it never leads astray here,
/// because no such segment matches a page.
///
/// # Examples
/// ```
/// use kirsch::http::percent::encode_segment;
///
/// assert_eq!(encode_segment("plain"), "plain");
/// assert_eq!(encode_segment("50% of a/b"), "50%25%20of%20a%2Fb");
/// assert_eq!(encode_segment(".."), "%2E%2E");
/// ```
pub fn encode_segment(text: &str) -> Cow<'_, str> {
    match text {
        "." => Cow::Borrowed("%2E"),
        ".." => Cow::Borrowed("%2E%2E"),
        _ => utf8_percent_encode(text, SEGMENT).into(),
    }
}

/// Encodes a name or a value of a query string. A space becomes `%20`, which every reader understands.
///
/// # Examples
/// ```
/// use kirsch::http::percent::encode_query;
///
/// assert_eq!(encode_query("salt & pepper=1+1"), "salt%20%26%20pepper%3D1%2B1");
/// ```
pub fn encode_query(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, QUERY).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_segment_is_decoded_once_and_strictly() {
        for (segment, expected) in [
            ("", Some("")),
            ("note", Some("note")),
            ("%61dmin", Some("admin")),
            ("a%2fb", Some("a/b")),
            ("a+b", Some("a+b")),
            ("%2B%25", Some("+%")),
            ("%2e%2e", Some("..")),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%+1", None),
            ("a%", None),
            ("%00", None),
            ("a\0b", None),
            ("%FF", None),
            ("%C3", None),
            ("%C0%AF", None),    // an overlong slash
            ("%ED%A0%80", None), // a surrogate
            ("%F4%90%80%80", None),
        ] {
            assert_eq!(decode_segment(segment).as_deref(), expected, "{segment:?}");
        }
    }

    #[test]
    fn what_needs_no_change_is_borrowed() {
        assert!(matches!(decode_segment("café"), Some(Cow::Borrowed(_))));
        assert!(matches!(encode_segment("a-b_c.d~e:f@g"), Cow::Borrowed(_)));
        assert!(matches!(encode_query("a/b?c"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn an_encoded_segment_decodes_to_itself(text in "[^\0]*") {
            let encoded = encode_segment(&text);
            let decoded = decode_segment(&encoded);
            prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        }

        #[test]
        fn an_encoded_segment_stays_one_segment(text in ".*") {
            let encoded = encode_segment(&text);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!encoded.contains(['/', '?', '#', '\\', '"', '<', '>']));
            prop_assert!(encoded != "." && encoded != "..");
        }

        #[test]
        fn an_encoded_query_component_stays_one_component(text in ".*") {
            let encoded = encode_query(&text);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!encoded.contains(['&', '=', '+', ';', '#', '"', '<', '>', '\'']));
        }

        #[test]
        fn decoding_never_makes_a_segment_longer(text in "(%[0-9a-fA-F]{2}|[a-z%])*") {
            if let Some(decoded) = decode_segment(&text) {
                prop_assert!(decoded.len() <= text.len());
                prop_assert!(!decoded.contains('\0'));
            }
        }
    }
}
