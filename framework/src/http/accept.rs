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

/// The media type among those on offer that a client would like best; `None` if it refuses all of them (status 406).
///
/// What a type is worth is what the most specific range that matches it says (RFC 9110 §12.5.1): `text/html;level=1` before `text/html`
/// before `text/*` before `*/*`, whatever their order. Of equally good ones the first on offer is taken. A client that says nothing, or
/// nothing that can be read, gets the first.
///
/// A range with parameters matches an offer with the same parameters, `charset` excepted: clients that ask for
/// `application/json; charset=utf-8` mean JSON.
///
/// # Examples
/// ```
/// use kirsch::http::accept::best;
///
/// let offered = ["text/html", "application/json"];
/// assert_eq!(best(Some("application/json, text/*;q=0.5"), &offered), Some("application/json"));
/// assert_eq!(best(Some("*/*"), &offered), Some("text/html"));
/// assert_eq!(best(Some("image/png"), &offered), None);
/// assert_eq!(best(None, &offered), Some("text/html"));
/// ```
///
/// # CherryPy
/// `cptools.accept`. Differs from CherryPy, which takes the first offer that the client's first range matches. There `text/*,
/// text/plain;q=0.1` gives plain text if it is offered first, and `*/*, text/html;q=0` gives HTML; and of equally good types the one
/// later in the alphabet wins, not the one that the site would rather send.
pub fn best<'m>(accept: Option<&str>, offered: &[&'m str]) -> Option<&'m str> {
    let ranges = header_elements(accept.unwrap_or_default());
    if ranges.is_empty() {
        return offered.first().copied();
    }
    // Of equals `max_by` would take the last.
    let worth = offered.iter().map(|offer| (*offer, worth(&ranges, offer)));
    let wanted = worth.filter(|(_, quality)| *quality > 0.0);
    let best = wanted.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(offer, _)| offer)
}

/// What the most specific range that matches says of an offer.
fn worth(ranges: &[Element<'_>], offer: &str) -> f32 {
    let Some(offer) = element(offer) else {
        return 0.0;
    };
    let matching = ranges.iter().filter(|range| covers(range, &offer));
    // Of two ranges that say the same, the first is the dearer: they are sorted.
    let decisive = matching.reduce(|best, next| {
        if specificity(next) > specificity(best) {
            next
        } else {
            best
        }
    });
    decisive.map_or(0.0, |range| range.qvalue)
}

fn covers(range: &Element<'_>, offer: &Element<'_>) -> bool {
    let named = match (range.value, range.value.strip_suffix("/*")) {
        ("*" | "*/*", _) => true,
        (_, Some(family)) => {
            let offered = offer.value.split('/').next();
            offered.is_some_and(|offered| offered.eq_ignore_ascii_case(family))
        }
        (value, None) => value.eq_ignore_ascii_case(offer.value),
    };
    let has = |(name, value): &(&str, Cow<'_, str>)| {
        let same = |(known, offered): &(&str, Cow<'_, str>)| {
            known.eq_ignore_ascii_case(name) && offered.eq_ignore_ascii_case(value)
        };
        name.eq_ignore_ascii_case("charset") || offer.params.iter().any(same)
    };
    named && range.params.iter().all(has)
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

    fn check_best(offered: &[&str], cases: &[(&str, Option<&str>)]) {
        for (accept, expected) in cases {
            assert_eq!(
                best(Some(accept), offered),
                *expected,
                "{accept:?} of {offered:?}"
            );
        }
    }

    #[test]
    fn the_most_specific_range_decides() {
        // RFC 9110 §12.5.1, its second example and its table.
        let accept = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5";
        for (offer, quality) in [
            ("text/plain;format=flowed", 1.0),
            ("text/plain", 0.7),
            ("text/html", 0.3),
            ("image/jpeg", 0.5),
            ("text/plain;format=fixed", 0.4),
            ("text/html;level=3", 0.3),
        ] {
            let found = worth(&header_elements(accept), offer);
            assert!((found - quality).abs() < f32::EPSILON, "{offer}: {found}");
        }
        check_best(
            &["text/html;level=1", "text/html"],
            &[
                ("text/html;level=1;q=0.1, text/html", Some("text/html")),
                (
                    "text/html;q=0.1, text/html;level=1",
                    Some("text/html;level=1"),
                ),
                ("text/html;LEVEL=1", Some("text/html;level=1")),
                ("text/html;level=2", None),
                (
                    "text/*;q=0.1, text/html;q=0, text/html;level=1",
                    Some("text/html;level=1"),
                ),
            ],
        );
    }

    #[test]
    fn the_best_type_on_offer_is_chosen() {
        check_best(
            &["text/html", "text/plain", "application/json"],
            &[
                ("", Some("text/html")),
                (";;;", Some("text/html")),
                ("*", Some("text/html")),
                ("*/*", Some("text/html")),
                ("*/*;q=0.1", Some("text/html")),
                ("application/json", Some("application/json")),
                ("Application/JSON", Some("application/json")),
                ("application/json; charset=utf-8", Some("application/json")),
                ("application/*", Some("application/json")),
                ("application/json, text/html", Some("text/html")),
                (
                    "text/html;q=0.9, application/json",
                    Some("application/json"),
                ),
                ("text/*, application/json;q=0.9", Some("text/html")),
                ("text/html;q=0, */*", Some("text/plain")),
                ("text/*;q=0, */*;q=0.1", Some("application/json")),
                ("text/*, text/html;q=0.1", Some("text/plain")),
                (
                    "text/plain;q=0.5, text/plain;q=0.9, text/html;q=0.7",
                    Some("text/plain"),
                ),
                ("*/*;q=0", None),
                ("image/png", None),
                ("application/xml", None),
                ("text/html;q=0", None),
                ("image/png, */*;q=0.01", Some("text/html")),
            ],
        );
        check_best(&[], &[("", None), ("*/*", None)]);
        check_best(&["nonsense here"], &[("*/*", None)]);
        assert_eq!(best(None, &["a/b", "c/d"]), Some("a/b"));
    }

    /// What CherryPy's tool chooses from the same offers, and where it chooses otherwise.
    #[test]
    fn the_choice_is_mostly_that_of_cherrypy() {
        check_best(
            &["application/atom+xml"],
            &[
                ("application/atom+xml", Some("application/atom+xml")),
                ("application/*", Some("application/atom+xml")),
                ("*/*", Some("application/atom+xml")),
                ("text/html", None),
            ],
        );
        check_best(
            &["text/html", "text/plain"],
            &[
                ("text/html", Some("text/html")),
                ("text/plain", Some("text/plain")),
                ("text/plain, text/*;q=0.5", Some("text/plain")),
                ("text/*", Some("text/html")),
                ("*/*", Some("text/html")),
                ("text/*, text/plain;q=0.1", Some("text/html")),
                ("text/plain;q=0.1, text/html;q=0.2", Some("text/html")),
                ("application/xml", None),
            ],
        );
        assert_eq!(best(None, &["text/html", "text/plain"]), Some("text/html"));
        // Differs from CherryPy: plain text there, the later in the alphabet; HTML there, the first that `*/*` matches.
        check_best(
            &["text/html", "text/plain"],
            &[("text/html, text/plain", Some("text/html"))],
        );
        check_best(
            &["text/html", "text/plain"],
            &[("*/*, text/html;q=0", Some("text/plain"))],
        );
    }

    proptest! {
        #[test]
        fn the_choice_is_on_offer_and_not_refused(header in "(text/html|text/\\*|\\*/\\*|a/b|;q=0|;q=0\\.5|;l=1|, |.)*") {
            let offered = ["text/html", "a/b;l=1", "a/b"];
            if let Some(chosen) = best(Some(&header), &offered) {
                prop_assert!(offered.contains(&chosen));
            }
        }

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
