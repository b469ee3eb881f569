//! Entity tags (RFC 9110 §8.8.3): what names one state of one representation.

use std::borrow::Cow;
use std::fmt;

/// An entity tag: `"x"`, or `W/"x"` if it is weak.
///
/// # Examples
/// ```
/// use kirsch::http::etag::EntityTag;
///
/// let tag = EntityTag::parse(b"W/\"7\"").unwrap();
/// assert!(tag.weak);
/// assert!(tag.weak_eq(&EntityTag::strong("7").unwrap()));
/// assert_eq!(tag.to_string(), "W/\"7\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntityTag<'a> {
    /// Whether it names what means the same, not what is the same byte for byte.
    pub weak: bool,
    /// Without quotes. Nothing in it needs them to be escaped: a tag has no escapes.
    opaque: Cow<'a, str>,
}

impl<'a> EntityTag<'a> {
    /// A strong tag; `None` if a character is in it that no tag may hold: a quote, a blank or a control character.
    pub fn strong(opaque: impl Into<Cow<'a, str>>) -> Option<Self> {
        let opaque = opaque.into();
        is_opaque(&opaque).then_some(Self {
            weak: false,
            opaque,
        })
    }

    /// The same tag, weak: the representation still means the same, but its bytes may differ.
    #[must_use]
    pub fn weakened(self) -> Self {
        Self { weak: true, ..self }
    }

    /// Reads a header's value, `None` if it is no tag. `W/` is written large (RFC 9110 §8.8.3).
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        match first_tag(trim(value)) {
            Some((tag, [])) => Some(tag),
            _ => None,
        }
    }

    /// What stands between the quotes.
    pub fn opaque(&self) -> &str {
        &self.opaque
    }

    /// Whether both name the very same bytes: neither is weak (RFC 9110 §8.8.3.2).
    pub fn strong_eq(&self, other: &EntityTag<'_>) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Whether both name the same, weak or not (RFC 9110 §8.8.3.2).
    pub fn weak_eq(&self, other: &EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }

    /// The tag of the same representation in a content coding: other bytes, so another tag (RFC 9110 §8.8.3.3).
    ///
    /// Characters of `coding` that no tag may hold are left out.
    ///
    /// # Examples
    /// ```
    /// use kirsch::http::etag::EntityTag;
    ///
    /// let tag = EntityTag::strong("x").unwrap();
    /// assert_eq!(tag.coded("gzip").to_string(), "\"x-gzip\"");
    /// ```
    #[must_use]
    pub fn coded(&self, coding: &str) -> EntityTag<'static> {
        let mut opaque = String::with_capacity(self.opaque.len() + coding.len() + 1);
        opaque.push_str(&self.opaque);
        opaque.push('-');
        opaque.extend(coding.chars().filter(|&character| is_etagc(character)));
        EntityTag {
            weak: self.weak,
            opaque: Cow::Owned(opaque),
        }
    }
}

impl fmt::Display for EntityTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.weak { "W/" } else { "" };
        write!(f, "{mark}\"{}\"", self.opaque)
    }
}

fn is_opaque(text: &str) -> bool {
    text.chars().all(is_etagc)
}

/// `etagc` is what can be seen save the quote, and everything beyond ASCII. Of that we let controls out: no header of ours holds one.
fn is_etagc(character: char) -> bool {
    character != '"' && character != ' ' && !character.is_control()
}

/// The value of `If-Match` or `If-None-Match`: `*`, or a list of tags.
///
/// Elements that are no tags are ignored. The list is never built: reading it allocates nothing and takes time in proportion to its length.
///
/// # Examples
/// ```
/// use kirsch::http::etag::{EntityTag, TagList};
///
/// let list = TagList(br#""a", W/"b", junk"#);
/// assert_eq!(list.tags().count(), 2);
/// assert!(list.has_weak(&EntityTag::strong("b").unwrap()));
/// assert!(!list.has_strong(&EntityTag::strong("b").unwrap()));
/// assert!(TagList(b"*").is_any());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TagList<'a>(
    /// The value as it was sent; several lines are first [joined](super::field::joined).
    pub &'a [u8],
);

impl<'a> TagList<'a> {
    /// Whether it is `*`: any representation, whatever its tag.
    pub fn is_any(&self) -> bool {
        trim(self.0) == b"*"
    }

    /// The tags in it.
    pub fn tags(&self) -> impl Iterator<Item = EntityTag<'a>> + use<'a> {
        let mut rest = self.0;
        let elements = std::iter::from_fn(move || {
            let (element, behind) = first_element(rest)?;
            rest = behind;
            Some(element)
        });
        elements.flatten()
    }

    /// Whether a tag in it names the very same bytes.
    pub fn has_strong(&self, tag: &EntityTag<'_>) -> bool {
        self.tags().any(|listed| listed.strong_eq(tag))
    }

    /// Whether a tag in it names the same.
    pub fn has_weak(&self, tag: &EntityTag<'_>) -> bool {
        self.tags().any(|listed| listed.weak_eq(tag))
    }
}

/// The next element of a list, if it is a tag, and what stands behind it; `None` at the end.
fn first_element(list: &[u8]) -> Option<(Option<EntityTag<'_>>, &[u8])> {
    let list = skip(list, |byte| is_blank(byte) || byte == b',');
    list.first()?;
    let tag = first_tag(list);
    let behind = tag.as_ref().map_or(list, |(_, behind)| behind);
    let behind = skip(behind, is_blank);
    let whole = matches!(behind.first(), None | Some(b','));
    // A quote inside a broken element opens nothing: the next comma ends it.
    let tag = tag.filter(|_| whole).map(|(tag, _)| tag);
    Some((tag, skip(behind, |byte| byte != b',')))
}

/// The tag at the start, and what stands behind it.
fn first_tag(text: &[u8]) -> Option<(EntityTag<'_>, &[u8])> {
    let (weak, quoted) = match text.strip_prefix(b"W/") {
        Some(quoted) => (true, quoted),
        None => (false, text),
    };
    let inner = quoted.strip_prefix(b"\"")?;
    let end = inner.iter().position(|&byte| byte == b'"')?;
    let (opaque, behind) = inner.split_at_checked(end)?;
    let opaque = str::from_utf8(opaque).ok().filter(|text| is_opaque(text))?;
    let opaque = Cow::Borrowed(opaque);
    Some((EntityTag { weak, opaque }, behind.get(1..)?))
}

fn skip(text: &[u8], skipped: impl Fn(u8) -> bool) -> &[u8] {
    let at = text.iter().position(|&byte| !skipped(byte));
    at.and_then(|at| text.get(at..)).unwrap_or_default()
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn trim(text: &[u8]) -> &[u8] {
    let text = skip(text, is_blank);
    let end = text.iter().rposition(|&byte| !is_blank(byte));
    end.and_then(|end| text.get(..=end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn tag(text: &str) -> EntityTag<'_> {
        EntityTag::parse(text.as_bytes()).expect(text)
    }

    #[test]
    fn a_tag_is_read_and_written() {
        for text in [
            r#""""#, r#""x""#, r#"W/"x""#, r#""a,b""#, r#""a\""#, r#""é""#, r#""!#~""#,
        ] {
            assert_eq!(tag(text).to_string(), text);
        }
        assert_eq!(tag(" \"x\"\t").opaque(), "x");
        for text in [
            "",
            "x",
            "*",
            "\"",
            "\"x",
            "x\"",
            "W/",
            "W/x",
            "w/\"x\"",
            "W \"x\"",
            "W/ \"x\"",
            "\"a\"b\"",
            "\"a\" \"b\"",
            "\"a\", \"b\"",
            "\"a b\"",
            "\"a\tb\"",
            "\"a\u{7f}\"",
            "'x'",
        ] {
            assert_eq!(EntityTag::parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(EntityTag::parse(b"\"\xff\""), None);
        assert_eq!(EntityTag::strong("a\"b"), None);
        assert_eq!(EntityTag::strong("a\r\nb"), None);
    }

    #[test]
    fn tags_are_compared_as_the_rfc_says() {
        // RFC 9110 §8.8.3.2, its table.
        for (a, b, strong, weak) in [
            (r#"W/"1""#, r#"W/"1""#, false, true),
            (r#"W/"1""#, r#"W/"2""#, false, false),
            (r#"W/"1""#, r#""1""#, false, true),
            (r#""1""#, r#""1""#, true, true),
        ] {
            assert_eq!(tag(a).strong_eq(&tag(b)), strong, "{a} {b}");
            assert_eq!(tag(a).weak_eq(&tag(b)), weak, "{a} {b}");
        }
    }

    #[test]
    fn each_coding_has_its_own_tag() {
        assert_eq!(tag(r#""x""#).coded("gzip"), tag(r#""x-gzip""#));
        assert_eq!(tag(r#"W/"x""#).coded("br"), tag(r#"W/"x-br""#));
        assert_eq!(tag(r#""x""#).coded("\"\r\n z").to_string(), r#""x-z""#);
    }

    #[test]
    fn a_list_is_read_and_what_is_broken_is_ignored() {
        for (list, expected) in [
            (&b""[..], &[][..]),
            (b"\"a\"", &["\"a\""]),
            (b"\"a\",\"b\" , W/\"c\"", &["\"a\"", "\"b\"", "W/\"c\""]),
            (b",, \"a\",,\t,", &["\"a\""]),
            (b"\"a,b\", \"c\"", &["\"a,b\"", "\"c\""]),
            (b"\"a\\\", \"b\"", &["\"a\\\"", "\"b\""]),
            (b"abc, \"b\"", &["\"b\""]),
            (b"*, \"b\"", &["\"b\""]),
            (b"a\"b,,\xff", &[]),
            (b"\"a\"b\", \"c\"", &["\"c\""]),
            (b"\"a\" \"b\", \"c\"", &["\"c\""]),
            (b"\"\xff\", \"c\"", &["\"c\""]),
            (b"\"a", &[]),
            (b"\"a, \"c\"", &["\"c\""]),
            (b"w/\"a\", \"c\"", &["\"c\""]),
        ] {
            let found: Vec<_> = TagList(list).tags().map(|tag| tag.to_string()).collect();
            assert_eq!(found, expected, "{}", list.escape_ascii());
        }
    }

    #[test]
    fn a_star_stands_alone() {
        for (list, any) in [
            ("*", true),
            (" * ", true),
            ("", false),
            ("*,", false),
            ("\"*\"", false),
            ("**", false),
        ] {
            assert_eq!(TagList(list.as_bytes()).is_any(), any, "{list:?}");
        }
    }

    #[test]
    fn long_lists_are_read_in_no_time() {
        // Ten milliseconds in an optimised build. The limit is wide, for machines are busy, but quadratic reading would take minutes.
        let start = Instant::now();
        for element in ["\"tag\",", "W/\"", "\"a\"b", "x", ",", "\" "] {
            let list = element.repeat(20_000);
            assert!(!TagList(list.as_bytes()).has_weak(&tag(r#""none""#)));
        }
        let limit = if cfg!(debug_assertions) { 5_000 } else { 200 };
        assert!(
            start.elapsed() < Duration::from_millis(limit),
            "{:?}",
            start.elapsed()
        );
    }

    proptest! {
        #[test]
        fn any_list_is_read_without_panic(list in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'W'), Just(b'/'), any::<u8>()], 0..80)) {
            let tags: Vec<_> = TagList(&list).tags().collect();
            prop_assert!(tags.len() <= list.len());
            for tag in tags {
                let written = tag.to_string();
                prop_assert_eq!(EntityTag::parse(written.as_bytes()), Some(tag));
            }
            let _read = EntityTag::parse(&list);
        }

        #[test]
        fn a_tag_is_found_in_a_list(opaque in "[!#-~é]*", before in "(\"[a-z,]*\",| |junk,)*") {
            let tag = EntityTag::strong(opaque).unwrap();
            let list = format!("{before}{tag}");
            prop_assert!(TagList(list.as_bytes()).has_strong(&tag));
        }
    }
}
