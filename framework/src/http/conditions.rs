//! Conditional requests (RFC 9110 §13): whether the state that a client knows is the one there is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::Method;

use super::date::parse_http_date;
use super::etag::{EntityTag, TagList};

/// What a client makes its request depend on: the values of four headers, as they were sent.
///
/// Several lines of one header are first [joined](super::field::joined).
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions<'a> {
    /// `If-Match`: one of these is what there is.
    pub if_match: Option<&'a [u8]>,
    /// `If-Unmodified-Since`: nothing has changed since then.
    pub if_unmodified_since: Option<&'a [u8]>,
    /// `If-None-Match`: none of these is what there is.
    pub if_none_match: Option<&'a [u8]>,
    /// `If-Modified-Since`: something has changed since then.
    pub if_modified_since: Option<&'a [u8]>,
}

/// What there is now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Current<'a> {
    /// Its entity tag. More than one if it is sent in several codings, each with its own tag: a client may know any of them.
    pub etags: &'a [EntityTag<'a>],
    /// When it was last changed; the parts of a second do not count, for a header has no room for them.
    pub modified: Option<SystemTime>,
}

/// What follows from the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The request is answered as if there were no conditions.
    Pass,
    /// Status 304: the client has it already.
    NotModified,
    /// Status 412: it is not what the client thinks, and nothing is done.
    Failed,
}

impl Conditions<'_> {
    /// Whether there are none, as in most requests.
    pub fn is_empty(&self) -> bool {
        self.if_match.is_none()
            && self.if_unmodified_since.is_none()
            && self.if_none_match.is_none()
            && self.if_modified_since.is_none()
    }

    /// Decides in the order of RFC 9110 §13.2.2. `current` is `None` if there is no representation (yet).
    ///
    /// Tags that are none and dates that are none are ignored. For a request that would fail without conditions they do not count
    /// (§13.2.1): ask only if the status would be 2xx. `If-Range` is no question of this kind (§13.2.2, step 5).
    ///
    /// # Examples
    /// ```
    /// use actix_web::http::Method;
    /// use kirsch::http::conditions::{Conditions, Current, Precondition};
    /// use kirsch::http::etag::EntityTag;
    ///
    /// let etags = [EntityTag::strong("7").unwrap()];
    /// let current = Current { etags: &etags, modified: None };
    /// let conditions = Conditions { if_none_match: Some(b"\"6\", \"7\""), ..Conditions::default() };
    /// assert_eq!(conditions.decide(&Method::GET, Some(&current)), Precondition::NotModified);
    /// assert_eq!(conditions.decide(&Method::PUT, Some(&current)), Precondition::Failed);
    /// ```
    ///
    /// # CherryPy
    /// `cptools.validate_etags`, `validate_since`. Differs from CherryPy: tags are compared as the RFC says, not as text; `If-None-Match`
    /// silences `If-Modified-Since`; a broken date is ignored; and `If-Match: *` fails where there is nothing.
    pub fn decide(&self, method: &Method, current: Option<&Current<'_>>) -> Precondition {
        // These select no representation, so there is nothing to compare (§13.2.1).
        if [Method::OPTIONS, Method::TRACE, Method::CONNECT].contains(method) {
            return Precondition::Pass;
        }
        let reads = [Method::GET, Method::HEAD].contains(method);
        if !self.may_act(current) {
            return Precondition::Failed;
        }
        if self.is_news(current, reads) {
            return Precondition::Pass;
        }
        if reads {
            Precondition::NotModified
        } else {
            Precondition::Failed
        }
    }

    /// Steps 1 and 2: is it still what the client thinks?
    fn may_act(&self, current: Option<&Current<'_>>) -> bool {
        let etags = current.map(|current| current.etags).unwrap_or_default();
        if let Some(value) = self.if_match {
            let list = TagList(value);
            return if list.is_any() {
                current.is_some()
            } else {
                etags.iter().any(|etag| list.has_strong(etag))
            };
        }
        is_later(modified(current), self.if_unmodified_since) != Some(true)
    }

    /// Steps 3 and 4: is it something that the client does not have?
    fn is_news(&self, current: Option<&Current<'_>>, reads: bool) -> bool {
        let etags = current.map(|current| current.etags).unwrap_or_default();
        if let Some(value) = self.if_none_match {
            let list = TagList(value);
            return if list.is_any() {
                current.is_none()
            } else {
                !etags.iter().any(|etag| list.has_weak(etag))
            };
        }
        !reads || is_later(modified(current), self.if_modified_since) != Some(false)
    }
}

fn modified(current: Option<&Current<'_>>) -> Option<SystemTime> {
    current.and_then(|current| current.modified)
}

/// Whether the moment is later than the date in a header; `None` if either is unknown, for then the header is ignored (§13.1.3, §13.1.4).
fn is_later(moment: Option<SystemTime>, date: Option<&[u8]>) -> Option<bool> {
    let date = parse_http_date(str::from_utf8(date?).ok()?.trim_ascii())?;
    Some(whole_seconds(moment?) > date)
}

/// A moment before 1970 counts as 1970.
fn whole_seconds(moment: SystemTime) -> SystemTime {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// When the representation of the tests was changed, and a second to both sides.
    const THEN: &str = "Sun, 22 Nov 2026 06:07:30 GMT";
    const BEFORE: &str = "Sun, 22 Nov 2026 06:07:29 GMT";
    const AFTER: &str = "Sun, 22 Nov 2026 06:07:31 GMT";

    fn conditions<'a>(headers: [&'a str; 4]) -> Conditions<'a> {
        let [
            if_match,
            if_unmodified_since,
            if_none_match,
            if_modified_since,
        ] = headers.map(|value: &'a str| (value != "-").then_some(value.as_bytes()));
        Conditions {
            if_match,
            if_unmodified_since,
            if_none_match,
            if_modified_since,
        }
    }

    /// What GET and PUT get, for a representation with these tags that was changed at [`THEN`] and a half.
    fn check(etags: &[&str], headers: [&str; 4], get: Precondition, put: Precondition) {
        let etags: Vec<_> = etags
            .iter()
            .map(|tag| EntityTag::parse(tag.as_bytes()).expect(tag))
            .collect();
        let modified = parse_http_date(THEN).map(|then| then + Duration::from_millis(500));
        let current = Current {
            etags: &etags,
            modified,
        };
        for (method, expected) in [
            (Method::GET, get),
            (Method::HEAD, get),
            (Method::PUT, put),
            (Method::POST, put),
            (Method::DELETE, put),
            (Method::OPTIONS, Precondition::Pass),
        ] {
            let found = conditions(headers).decide(&method, Some(&current));
            assert_eq!(found, expected, "{method} {etags:?} {headers:?}");
        }
    }

    #[test]
    fn conditions_are_decided_in_the_order_of_the_rfc() {
        use Precondition::{Failed, NotModified, Pass};
        let (x, weak): (&[&str], &[&str]) = (&["\"x\""], &["W/\"x\""]);
        check(x, ["-", "-", "-", "-"], Pass, Pass);
        // If-Match.
        check(x, ["\"x\"", "-", "-", "-"], Pass, Pass);
        check(x, ["\"y\", \"x\"", "-", "-", "-"], Pass, Pass);
        check(x, ["\"y\"", "-", "-", "-"], Failed, Failed);
        check(x, ["W/\"x\"", "-", "-", "-"], Failed, Failed);
        check(weak, ["W/\"x\"", "-", "-", "-"], Failed, Failed);
        check(x, ["*", "-", "-", "-"], Pass, Pass);
        check(&[], ["*", "-", "-", "-"], Pass, Pass);
        check(&[], ["\"x\"", "-", "-", "-"], Failed, Failed);
        check(x, ["junk", "-", "-", "-"], Failed, Failed);
        check(x, ["", "-", "-", "-"], Failed, Failed);
        // If-Match silences If-Unmodified-Since.
        check(x, ["\"x\"", BEFORE, "-", "-"], Pass, Pass);
        check(x, ["\"y\"", AFTER, "-", "-"], Failed, Failed);
        // If-Unmodified-Since.
        check(x, ["-", BEFORE, "-", "-"], Failed, Failed);
        check(x, ["-", THEN, "-", "-"], Pass, Pass);
        check(x, ["-", AFTER, "-", "-"], Pass, Pass);
        check(x, ["-", "garbage", "-", "-"], Pass, Pass);
        // If-None-Match.
        check(x, ["-", "-", "\"x\"", "-"], NotModified, Failed);
        check(x, ["-", "-", "W/\"x\"", "-"], NotModified, Failed);
        check(weak, ["-", "-", "\"x\"", "-"], NotModified, Failed);
        check(x, ["-", "-", "\"y\"", "-"], Pass, Pass);
        check(x, ["-", "-", "*", "-"], NotModified, Failed);
        check(&[], ["-", "-", "*", "-"], NotModified, Failed);
        check(&[], ["-", "-", "\"x\"", "-"], Pass, Pass);
        check(
            &["\"x\"", "\"x-gzip\""],
            ["-", "-", "\"x-gzip\"", "-"],
            NotModified,
            Failed,
        );
        // If-None-Match silences If-Modified-Since, even where it is broken.
        check(x, ["-", "-", "\"y\"", AFTER], Pass, Pass);
        check(x, ["-", "-", "junk", AFTER], Pass, Pass);
        check(x, ["-", "-", "\"x\"", BEFORE], NotModified, Failed);
        // If-Modified-Since is for GET and HEAD.
        check(x, ["-", "-", "-", BEFORE], Pass, Pass);
        check(x, ["-", "-", "-", THEN], NotModified, Pass);
        check(x, ["-", "-", "-", AFTER], NotModified, Pass);
        check(
            x,
            ["-", "-", "-", "Sunday, 22-Nov-26 06:07:30 GMT"],
            NotModified,
            Pass,
        );
        check(x, ["-", "-", "-", "garbage"], Pass, Pass);
        check(
            x,
            [
                "-",
                "-",
                "-",
                "Sun, 22 Nov 2026 06:07:30 GMT, Sun, 22 Nov 2026 06:07:31 GMT",
            ],
            Pass,
            Pass,
        );
        check(
            x,
            ["-", "-", "-", "Thu, 01 Jan 99999 00:00:00 GMT"],
            Pass,
            Pass,
        );
        // Both kinds.
        check(x, ["\"x\"", "-", "\"x\"", "-"], NotModified, Failed);
        check(x, ["\"y\"", "-", "\"x\"", "-"], Failed, Failed);
        check(x, ["-", AFTER, "-", AFTER], NotModified, Pass);
    }

    #[test]
    fn where_there_is_nothing_only_a_star_matters() {
        use Precondition::{Failed, Pass};
        for (headers, expected) in [
            (["*", "-", "-", "-"], Failed),
            (["\"x\"", "-", "-", "-"], Failed),
            (["-", "-", "*", "-"], Pass),
            (["-", "-", "\"x\"", "-"], Pass),
            (["-", BEFORE, "-", "-"], Pass),
            (["-", "-", "-", AFTER], Pass),
        ] {
            for method in [Method::GET, Method::PUT] {
                assert_eq!(
                    conditions(headers).decide(&method, None),
                    expected,
                    "{method} {headers:?}"
                );
            }
        }
    }

    #[test]
    fn what_has_no_date_is_not_compared() {
        let current = Current::default();
        for headers in [["-", BEFORE, "-", "-"], ["-", "-", "-", AFTER]] {
            let found = conditions(headers).decide(&Method::GET, Some(&current));
            assert_eq!(found, Precondition::Pass, "{headers:?}");
        }
        assert!(conditions(["-"; 4]).is_empty());
        assert!(!conditions(["-", "-", "-", ""]).is_empty());
    }

    proptest! {
        #[test]
        fn any_headers_are_decided_without_panic(
            headers in proptest::array::uniform4(proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40))),
            age in any::<i64>(),
        ) {
            let etags = [EntityTag::strong("x").unwrap()];
            let age_of = Duration::from_secs(age.unsigned_abs());
            let modified = if age < 0 { UNIX_EPOCH.checked_sub(age_of) } else { UNIX_EPOCH.checked_add(age_of) };
            let current = Current { etags: &etags, modified };
            let [a, b, c, d] = &headers;
            let conditions = Conditions {
                if_match: a.as_deref(),
                if_unmodified_since: b.as_deref(),
                if_none_match: c.as_deref(),
                if_modified_since: d.as_deref(),
            };
            let found = conditions.decide(&Method::PUT, Some(&current));
            prop_assert_ne!(found, Precondition::NotModified);
            let _found = conditions.decide(&Method::GET, Some(&current));
        }
    }
}
