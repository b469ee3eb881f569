//! The grammar of `Forwarded` (RFC 7239 §4).

use std::borrow::Cow;

use crate::http::field::{is_token, parameter, split};

/// What one proxy wrote into `Forwarded` (RFC 7239 §4). Names that it does not know are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element<'a> {
    /// Who made the request to the proxy: an address, `unknown` or `_hidden`.
    pub for_: Option<Cow<'a, str>>,
    /// Which of its interfaces the proxy was reached at.
    pub by: Option<Cow<'a, str>>,
    /// The `Host` that it was asked for.
    pub host: Option<Cow<'a, str>>,
    /// The scheme that it was asked with.
    pub proto: Option<Cow<'a, str>>,
}

/// Takes one line of `Forwarded` apart; `None` if it is not of the grammar, for then nobody can say which proxy wrote what.
///
/// Lenient in two things, which many proxies do: blanks around `;`, and `:`, `[` and `]` in values that are not quoted.
///
/// # Examples
/// ```
/// use kirsch::http::forwarded::parse;
///
/// let elements = parse(r#"for=192.0.2.43, For="[2001:db8::17]:80";proto=https"#).unwrap();
/// assert_eq!(elements[0].for_.as_deref(), Some("192.0.2.43"));
/// assert_eq!(elements[1].proto.as_deref(), Some("https"));
/// assert_eq!(parse(r#"for="192.0.2.43"#), None);
/// ```
pub fn parse(line: &str) -> Option<Vec<Element<'_>>> {
    split(line, ',')
        .filter(|element| !element.is_empty())
        .map(element)
        .collect()
}

fn element(text: &str) -> Option<Element<'_>> {
    let mut element = Element::default();
    for part in split(text, ';').filter(|part| !part.is_empty()) {
        let (name, value) = pair(part)?;
        let known = [
            ("for", &mut element.for_),
            ("by", &mut element.by),
            ("host", &mut element.host),
            ("proto", &mut element.proto),
        ];
        let known = known
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        // A parameter stands once (RFC 7239 §4): of two nobody knows which counts.
        if let Some((_, place)) = known
            && place.replace(value).is_some()
        {
            return None;
        }
    }
    Some(element)
}

fn pair(text: &str) -> Option<(&str, Cow<'_, str>)> {
    parameter(text).or_else(|| {
        let (name, value) = text.split_once('=')?;
        let node = |byte: u8| is_node_byte(byte);
        let valid = is_token(name) && !value.is_empty() && value.bytes().all(node);
        valid.then_some((name, Cow::Borrowed(value)))
    })
}

fn is_node_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'[' | b']' | b'-' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forwarded_is_taken_apart() {
        type Fields<'a> = [Option<&'a str>; 4];
        let fields = |element: &Element<'_>| {
            [&element.for_, &element.by, &element.host, &element.proto]
                .map(|field| field.as_deref().map(str::to_owned))
        };
        let cases: [(&str, Option<&[Fields<'_>]>); 21] = [
            ("", Some(&[])),
            (" , ,", Some(&[])),
            (
                r#"for="_gazonk""#,
                Some(&[[Some("_gazonk"), None, None, None]]),
            ),
            (
                r#"For="[2001:db8:cafe::17]:4711""#,
                Some(&[[Some("[2001:db8:cafe::17]:4711"), None, None, None]]),
            ),
            (
                "for=192.0.2.60;proto=http;by=203.0.113.43",
                Some(&[[Some("192.0.2.60"), Some("203.0.113.43"), None, Some("http")]]),
            ),
            (
                "for=192.0.2.43, for=198.51.100.17",
                Some(&[
                    [Some("192.0.2.43"), None, None, None],
                    [Some("198.51.100.17"), None, None, None],
                ]),
            ),
            (
                "FOR=a ; HOST=b;;",
                Some(&[[Some("a"), None, Some("b"), None]]),
            ),
            (
                r#"for="a\"b";ext="x,y;z""#,
                Some(&[[Some("a\"b"), None, None, None]]),
            ),
            (
                r#"for="127.0.0.1;host=evil.com;proto=https""#,
                Some(&[[
                    Some("127.0.0.1;host=evil.com;proto=https"),
                    None,
                    None,
                    None,
                ]]),
            ),
            (
                r#"for="1.1.1.1, for=6.6.6.6""#,
                Some(&[[Some("1.1.1.1, for=6.6.6.6"), None, None, None]]),
            ),
            (
                "for=192.0.2.1:80",
                Some(&[[Some("192.0.2.1:80"), None, None, None]]),
            ),
            (
                "for=[::1]:80;host=a:8080",
                Some(&[[Some("[::1]:80"), None, Some("a:8080"), None]]),
            ),
            ("unknown=1", Some(&[[None, None, None, None]])),
            ("for", None),
            ("for=", None),
            ("for = a", None),
            ("for=a b", None),
            ("for=a;for=b", None),
            (r#"for="a, for=b"#, None),
            (r#"for=a"b""#, None),
            ("192.0.2.1", None),
        ];
        for (line, expected) in cases {
            let found = parse(line).map(|elements| elements.iter().map(fields).collect::<Vec<_>>());
            let expected = expected.map(|all| {
                all.iter()
                    .map(|fields| fields.map(|field| field.map(str::to_owned)))
                    .collect()
            });
            assert_eq!(found, expected, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(value in "[ -~]*") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let line = format!("for=\"{quoted}\";proto=https, for=a");
            let elements = parse(&line).unwrap();
            prop_assert_eq!(elements.len(), 2);
            prop_assert_eq!(elements[0].for_.as_deref(), Some(&*value));
        }
    }
}
