//! Text of strangers, made harmless where it is shown.

use std::fmt::{self, Display, Formatter};

/// Where a value in a log ends, in bytes.
pub(crate) const LOG_LIMIT: usize = 2 * 1024;

/// Text for HTML, in content and in quoted attributes: `&`, `<`, `>`, `"` and `'` become references. Control characters, which HTML cannot hold,
/// become `U+FFFD`; tabs and line breaks stay.
///
/// # Examples
/// ```
/// use kirsch::http::escape::html;
///
/// assert_eq!(html("<b title='x'>").to_string(), "&lt;b title=&#39;x&#39;&gt;");
/// ```
pub fn html(text: &str) -> impl Display + '_ {
    Html(text)
}

/// A value for one line of a log: control characters, `"` and `\` become `\xNN`, and so do bytes that are no UTF-8.
///
/// The characters that turn or break a line (U+2028, U+2029 and the marks of direction) are written the same way, byte by byte, so that no
/// request can forge a line or disguise one. Other text stays readable. After 2 KiB it is cut and ends with `...`.
///
/// # Examples
/// ```
/// use kirsch::http::escape::log;
///
/// assert_eq!(log(b"a\n\"b\"").to_string(), r"a\x0a\x22b\x22");
/// assert_eq!(log("café".as_bytes()).to_string(), "café");
/// assert_eq!(log(b"caf\xe9").to_string(), r"caf\xe9");
/// ```
pub fn log(text: &[u8]) -> impl Display + '_ {
    Log(text)
}

struct Html<'a>(&'a str);

impl Display for Html<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.bytes().position(is_special) {
            let (plain, special) = rest.split_at(at);
            f.write_str(plain)?;
            let mut characters = special.chars();
            f.write_str(match characters.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some('"') => "&quot;",
                Some('\'') => "&#39;",
                _ => "\u{fffd}",
            })?;
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

fn is_special(byte: u8) -> bool {
    let is_control = byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    is_control || matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')
}

struct Log<'a>(&'a [u8]);

impl Display for Log<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (shown, cut) = match self.0.split_at_checked(LOG_LIMIT) {
            Some((shown, rest)) => (shown, !rest.is_empty()),
            None => (self.0, false),
        };
        for chunk in shown.utf8_chunks() {
            write_safe(f, chunk.valid())?;
            write_bytes(f, chunk.invalid())?;
        }
        if cut { f.write_str("...") } else { Ok(()) }
    }
}

fn write_safe(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(is_dangerous) {
        let (plain, special) = rest.split_at(at);
        f.write_str(plain)?;
        let mut characters = special.chars();
        if let Some(character) = characters.next() {
            write_bytes(f, character.encode_utf8(&mut [0; 4]).as_bytes())?;
        }
        rest = characters.as_str();
    }
    f.write_str(rest)
}

fn write_bytes(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

fn is_dangerous(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x1f' | '"' | '\\' | '\x7f'..='\u{9f}'
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn html_keeps_everything_but_five_characters_and_controls() {
        for (text, expected) in [
            ("", ""),
            ("plain ünï", "plain ünï"),
            ("&amp;", "&amp;amp;"),
            ("<script>", "&lt;script&gt;"),
            ("\"'", "&quot;&#39;"),
            ("%(x)s {x}\r\n\t", "%(x)s {x}\r\n\t"),
            ("a\0\x1b[2Jb\x7f", "a\u{fffd}\u{fffd}[2Jb\u{fffd}"),
        ] {
            assert_eq!(html(text).to_string(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_log_value_is_one_line_of_plain_text() {
        for (text, expected) in [
            (&b""[..], ""),
            (b"GET /a?b=c HTTP/1.1", "GET /a?b=c HTTP/1.1"),
            (b"\r\n\t\x1b[2J\x7f\0", r"\x0d\x0a\x09\x1b[2J\x7f\x00"),
            (b"\"\\", r"\x22\x5c"),
            (
                "é\u{85}\u{2028}\u{202e}x".as_bytes(),
                r"é\xc2\x85\xe2\x80\xa8\xe2\x80\xaex",
            ),
            (b"\xff\xc3", r"\xff\xc3"),
        ] {
            assert_eq!(log(text).to_string(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_log_value_is_cut() {
        assert_eq!(log(&[b'a'; 2048]).to_string().len(), 2048);
        let cut = log(&vec![b'a'; 100_000]).to_string();
        assert_eq!(cut.len(), 2051);
        assert!(cut.ends_with("a..."));
        let inside_a_character = format!("{}é", "a".repeat(2047));
        assert!(
            log(inside_a_character.as_bytes())
                .to_string()
                .ends_with(r"a\xc3...")
        );
    }

    proptest! {
        #[test]
        fn no_log_value_can_leave_its_field(text in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let shown = log(&text).to_string();
            prop_assert!(!shown.contains(|c: char| c.is_control() || c == '"'));
            prop_assert!(shown.len() <= 4 * LOG_LIMIT + 3);
        }

        #[test]
        fn no_html_text_can_leave_its_place(text in "([&<>\"']|.)*") {
            let text = text.replace(|c: char| c.is_ascii_control(), " ");
            let shown = html(&text).to_string();
            prop_assert!(!shown.contains(['<', '>', '"', '\'']));
            let back = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
                .replace("&#39;", "'").replace("&amp;", "&");
            prop_assert_eq!(back, text);
        }
    }
}
