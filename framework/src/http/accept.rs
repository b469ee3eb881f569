//! What a client would like best: `Accept` and its brothers (RFC 9110 §12.4, §12.5).

use std::borrow::Cow;
use std::cmp::Reverse;

use super::field::{parameter, split};

/// More elements than any client has a use for; the rest of the header is not read.
const MOST_ELEMENTS: usize = 32;

/// One wish of a client: `text/html;level=1;q=0.5`.
#[derive(Clone, Debug, PartialEq)]
pub struct Element<'a> {
    /// What is wished for: `text/html`, `gzip`, `de-AT`, `*`.
    pub value: &'a str,
    /// Its parameters, `q` not among them.
    pub params: Vec<(&'a str, Cow<'a, str>)>,
    /// How much, from 0 (not at all) to 1.
    pub qvalue: f32,
}

/// The wishes of a header such as `Accept`, `Accept-Encoding` or `TE`: the dearest first, then the most specific, then as they were sent.
///
/// Broken elements are ignored, a quality above 1 counts as 1, and at most 32 elements are read. Elements with quality 0 stay in the list:
/// they say what is refused.
///
/// # Examples
/// ```
/// use kirsch::http::accept::header_elements;
///
/// let wishes = header_elements("text/plain;q=0.5, */*;q=0.1, text/html");
/// assert_eq!((wishes[0].value, wishes[0].qvalue), ("text/html", 1.0));
/// assert_eq!((wishes[1].value, wishes[1].qvalue), ("text/plain", 0.5));
/// ```
///
/// # CherryPy
/// `httputil.header_elements`. Differs from CherryPy: a bad quality ignores its element (no 400), and ties keep the client's order.
pub fn header_elements(value: &str) -> Vec<Element<'_>> {
    let read = split(value, ',').take(MOST_ELEMENTS);
    let mut elements: Vec<_> = read.filter_map(element).collect();
    elements.sort_by(|a, b| {
        let by_quality = b.qvalue.total_cmp(&a.qvalue);
        by_quality.then_with(|| Reverse(specificity(a)).cmp(&Reverse(specificity(b))))
    });
    elements
}

/// Whether a client would rather have JSON than HTML. A client that says nothing, or anything goes, gets HTML.
///
/// # Examples
/// ```
/// use kirsch::http::accept::prefers_json;
///
/// assert!(prefers_json(Some("application/json")));
/// assert!(prefers_json(Some("application/problem+json, */*;q=0.1")));
/// assert!(!prefers_json(Some("text/html, application/json;q=0.9")));
/// assert!(!prefers_json(Some("*/*")));
/// assert!(!prefers_json(None));
/// ```
pub fn prefers_json(accept: Option<&str>) -> bool {
    // Browsers begin with what they like best, and curl says `*/*`; neither needs a closer look.
    let Some(accept) =
        accept.filter(|accept| !accept.starts_with("text/html,") && *accept != "*/*")
    else {
        return false;
    };
    let elements = header_elements(accept);
    let json = wish(&elements, is_json, "application/*");
    let html = wish(&elements, is_html, "text/*");
    json > html
}

/// How much a kind of document is wanted: quality in thousandths, then how expressly, then how early it was named.
fn wish(
    elements: &[Element<'_>],
    is_kind: fn(&str) -> bool,
    range: &str,
) -> (f32, u8, Reverse<usize>) {
    let named = |expressly: u8, names: &dyn Fn(&str) -> bool| {
        let at = elements.iter().position(|element| names(element.value))?;
        let quality = elements.get(at)?.qvalue;
        // What is refused is not wanted, however expressly.
        Some((
            quality,
            if quality > 0.0 { expressly } else { 0 },
            Reverse(at),
        ))
    };
    named(2, &is_kind)
        .or_else(|| named(1, &|value| value.eq_ignore_ascii_case(range)))
        .or_else(|| named(0, &|value| value == "*/*"))
        .unwrap_or((0.0, 0, Reverse(0)))
}

fn is_json(value: &str) -> bool {
    let suffix = value.rsplit(['/', '+']).next().unwrap_or(value);
    suffix.eq_ignore_ascii_case("json")
}

fn is_html(value: &str) -> bool {
    value.eq_ignore_ascii_case("text/html") || value.eq_ignore_ascii_case("application/xhtml+xml")
}

fn element(text: &str) -> Option<Element<'_>> {
    let mut parts = split(text, ';');
    let value = parts.next().filter(|value| is_wish(value))?;
    let mut element = Element {
        value,
        params: Vec::new(),
        qvalue: 1.0,
    };
    for (name, value) in parts.filter_map(parameter) {
        if name.eq_ignore_ascii_case("q") {
            element.qvalue = quality(&value)?;
        } else {
            element.params.push((name, value));
        }
    }
    Some(element)
}

fn is_wish(value: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~/".contains(&byte);
    !value.is_empty() && value.bytes().all(allowed)
}

fn quality(text: &str) -> Option<f32> {
    // `parse` alone would take `inf`, `nan`, `1e9` and `-1`.
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let quality: f32 = plain.then(|| text.parse().ok())??;
    Some(quality.min(1.0))
}

/// Whether all, one family or one thing is named, and with how many parameters.
fn specificity(element: &Element<'_>) -> (u8, usize) {
    let precision = match element.value {
        "*" | "*/*" => 0,
        value if value.ends_with("/*") => 1,
        _ => 2,
    };
    (precision, element.params.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(header: &str, expected: &[(&str, f32)]) {
        let found = header_elements(header);
        let found: Vec<_> = found
            .iter()
            .map(|element| (element.value, element.qvalue))
            .collect();
        assert_eq!(found, expected, "{header:?}");
    }

    #[test]
    fn wishes_are_sorted_by_quality_then_precision_then_order() {
        check(
            "text/*, text/html, text/html;level=1, */*",
            &[
                ("text/html", 1.0),
                ("text/html", 1.0),
                ("text/*", 1.0),
                ("*/*", 1.0),
            ],
        );
        assert_eq!(
            header_elements("text/html, text/html;level=1")[0].params,
            [("level", "1".into())]
        );
        check(
            "gzip;q=0.8, br, identity;q=0",
            &[("br", 1.0), ("gzip", 0.8), ("identity", 0.0)],
        );
        check(
            "da, en-gb;q=0.8, en;q=0.7, *;q=0.7",
            &[("da", 1.0), ("en-gb", 0.8), ("en", 0.7), ("*", 0.7)],
        );
        check("b, a", &[("b", 1.0), ("a", 1.0)]);
    }

    #[test]
    fn a_broken_element_is_ignored_and_the_others_are_read() {
        check("", &[]);
        check(";;;", &[]);
        check(",,a,,", &[("a", 1.0)]);
        check(
            "a;q=a, b;q=-1, c;q=nan, d;q=inf, e;q=1e1, f;q=., g",
            &[("g", 1.0)],
        );
        check("a b, <script>, c", &[("c", 1.0)]);
        check("a;;q=0.5", &[("a", 0.5)]);
    }

    #[test]
    fn a_quality_is_clamped() {
        check("a;q=2", &[("a", 1.0)]);
        check("a;Q=0.25", &[("a", 0.25)]);
        check("a;q=0.0000001", &[("a", 1e-7)]);
        check(&format!("a;q={}", "9".repeat(500)), &[("a", 1.0)]);
    }

    #[test]
    fn a_quoted_comma_separates_nothing() {
        let elements = header_elements(r#"a;t="x,y;q=0", b"#);
        assert_eq!(elements[0].params, [("t", "x,y;q=0".into())]);
        assert_eq!(elements.len(), 2);
    }

    #[test]
    fn no_more_than_32_elements_are_read() {
        let header = format!("{}best", "x;q=0.1,".repeat(9_000));
        assert_eq!(header_elements(&header).len(), 32);
    }

    #[test]
    fn json_must_be_wanted_more_than_html() {
        for (accept, json) in [
            ("application/json", true),
            ("Application/JSON", true),
            ("application/problem+json", true),
            ("application/vnd.api+json", true),
            ("application/json, text/plain, */*", true),
            ("application/json, text/html", true),
            ("application/json;q=0.9, text/html;q=0.8", true),
            ("application/*", true),
            ("application/json, text/*", true),
            ("text/html;q=0, application/json;q=0.1", true),
            ("text/html, application/json", false),
            ("text/html, application/json;q=0.9", false),
            ("application/json;q=0.5, */*", false),
            ("application/json;q=0", false),
            ("application/json;q=0, */*", false),
            ("text/*, application/*", false),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                false,
            ),
            ("application/xhtml+xml, application/json", false),
            ("image/webp", false),
            ("text/plain", false),
            ("*/*", false),
            ("*/*;q=0.8", false),
            ("", false),
            (";;;", false),
        ] {
            assert_eq!(prefers_json(Some(accept)), json, "{accept:?}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic_and_sorted(header in "([a*/;=q.,0-9\" \\\\]|.)*") {
            let elements = header_elements(&header);
            prop_assert!(elements.len() <= 32);
            prop_assert!(elements.iter().all(|element| (0.0..=1.0).contains(&element.qvalue)));
            prop_assert!(elements.is_sorted_by(|a, b| a.qvalue >= b.qvalue));
            let _asked = prefers_json(Some(&header));
        }
    }
}
