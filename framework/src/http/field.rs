//! The grammar that header fields share (RFC 9110 §5.6): tokens, quoted strings, lists.

use std::borrow::Cow;

use actix_web::http::header::{HeaderName, HeaderValue};

use super::malformed::Malformed;

/// Whether this is a token: the shape of methods, header names, cookie names and most parameters.
///
/// # Examples
/// ```
/// use kirsch::http::field::is_token;
///
/// assert!(is_token("X-Request-Id"));
/// assert!(!is_token("two words"));
/// assert!(!is_token(""));
/// ```
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Makes a header's name of an option's text.
///
/// # Examples
/// ```
/// use kirsch::http::field::checked_name;
///
/// assert_eq!(checked_name("X-Frame-Options").unwrap(), "x-frame-options");
/// assert!(checked_name("X-Frame-Options:").is_err());
/// ```
///
/// # Errors
/// When it is no token (RFC 9110 §5.1).
pub fn checked_name(text: &str) -> Result<HeaderName, Malformed> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| {
        let text = text.escape_debug();
        Malformed::new(format!(
            "`{text}` is no name of a header; write letters, digits and `-`, such as `X-Frame-Options`"
        ))
    })
}

/// Makes a name of an option's text, for a header that is added to answers.
///
/// # Errors
/// As [`checked_name`]; or when the server writes that header itself, as the message and its connection need it (RFC 9110 §7.6.1, RFC 9112 §6).
pub(crate) fn added_name(text: &str) -> Result<HeaderName, Malformed> {
    const OF_THE_MESSAGE: [&str; 8] = [
        "connection",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let name = checked_name(text)?;
    if OF_THE_MESSAGE.contains(&name.as_str()) {
        return Err(Malformed::new(format!(
            "`{name}` says how a message is sent, and only the server can say that"
        )));
    }
    Ok(name)
}

/// Makes a header's value of an option's text, which no line break can leave (RFC 9110 §5.5). Text beyond ASCII is sent as UTF-8.
///
/// # Examples
/// ```
/// use kirsch::http::field::checked_value;
///
/// assert_eq!(checked_value("max-age=60").unwrap(), "max-age=60");
/// let refused = checked_value("a\r\nSet-Cookie: b").unwrap_err();
/// assert_eq!(refused.to_string(), r"`a\r\nSet-Cookie: b` cannot be the value of a header: its character 2 is a line break");
/// ```
///
/// # Errors
/// When a control character is in it, tabs excepted.
pub fn checked_value(text: &str) -> Result<HeaderValue, Malformed> {
    let refuse = |at: usize, what: &str| {
        let (text, at) = (text.escape_debug(), at + 1);
        Malformed::new(format!(
            "`{text}` cannot be the value of a header: its character {at} is {what}"
        ))
    };
    let control = |character: char| character.is_control() && character != '\t';
    if let Some(at) = text.chars().position(control) {
        let line_break = matches!(text.chars().nth(at), Some('\r' | '\n'));
        return Err(refuse(
            at,
            if line_break {
                "a line break"
            } else {
                "a control character"
            },
        ));
    }
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| refuse(0, "not allowed"))
}

/// The lines of one header as the one list that they are (RFC 9110 §5.3): with commas, in their order. `None` if there is no line.
///
/// # Examples
/// ```
/// use kirsch::http::field::joined;
///
/// assert_eq!(joined([&b"a, b"[..], b"c"]).as_deref(), Some(&b"a, b, c"[..]));
/// assert_eq!(joined([]), None);
/// ```
pub fn joined<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Option<Cow<'a, [u8]>> {
    let mut lines = lines.into_iter();
    let first = Cow::Borrowed(lines.next()?);
    Some(lines.fold(first, |mut joined, line| {
        let list = joined.to_mut();
        list.extend_from_slice(b", ");
        list.extend_from_slice(line);
        joined
    }))
}

/// Splits at a separator, not inside quoted strings; each part without the blanks around it. Empty parts are kept.
///
/// # Examples
/// ```
/// use kirsch::http::field::split;
///
/// let parts: Vec<_> = split(r#"a;b="x;y" ; c"#, ';').collect();
/// assert_eq!(parts, ["a", r#"b="x;y""#, "c"]);
/// ```
pub fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return character == separator && !quoted,
        }
        false
    })
    .map(|part| part.trim_matches([' ', '\t']))
}

/// One parameter, `name=value` or `name="value"`; `None` if it is none.
///
/// # Examples
/// ```
/// use kirsch::http::field::parameter;
///
/// assert_eq!(parameter("charset=utf-8"), Some(("charset", "utf-8".into())));
/// assert_eq!(parameter(r#"title="\"so\"""#), Some(("title", r#""so""#.into())));
/// assert_eq!(parameter("charset"), None);
/// ```
pub fn parameter(text: &str) -> Option<(&str, Cow<'_, str>)> {
    let (name, value) = text.split_once('=')?;
    let value = if value.starts_with('"') {
        unquote(value)?
    } else {
        is_token(value).then_some(Cow::Borrowed(value))?
    };
    is_token(name).then_some((name, value))
}

/// What a quoted string says; `None` if its quotes do not match or a control character is in it.
fn unquote(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains(|character: char| character.is_control() && character != '\t') {
        return None;
    }
    if !inner.contains('\\') {
        return (!inner.contains('"')).then_some(Cow::Borrowed(inner));
    }
    let mut said = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => said.push(characters.next()?),
            _ => said.push(character),
        }
    }
    Some(Cow::Owned(said))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_of_an_option_is_one_line() {
        for text in ["", "a", "a\tb", "a; b=\"c\"", "caf\u{e9}", "\u{10d}\u{10a}"] {
            assert_eq!(checked_value(text).expect(text).as_bytes(), text.as_bytes());
        }
        for (text, words) in [
            ("\r\n", "character 1 is a line break"),
            ("ab\nc", "character 3 is a line break"),
            ("\u{e9}\0", "character 2 is a control character"),
            ("\u{7f}", "character 1 is a control character"),
            ("\u{85}", "character 1 is a control character"),
        ] {
            let refused = checked_value(text).expect_err(text).to_string();
            assert!(refused.contains(words), "{text:?}: {refused}");
            assert!(!refused.contains(char::is_control), "{refused:?}");
        }
    }

    #[test]
    fn a_name_of_an_option_is_a_token() {
        assert!(checked_name("X_y").is_ok());
        for text in ["", " a", "a b", "a:", "a\r\nb", "\u{e9}"] {
            assert!(checked_name(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_separator_inside_quotes_separates_nothing() {
        for (text, expected) in [
            ("", vec![""]),
            ("a,b , c", vec!["a", "b", "c"]),
            (",", vec!["", ""]),
            (r#"a="x,y",b"#, vec![r#"a="x,y""#, "b"]),
            (r#"a="x\",y",b"#, vec![r#"a="x\",y""#, "b"]),
            (r#"a="open,b"#, vec![r#"a="open,b"#]),
        ] {
            assert_eq!(split(text, ',').collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_parameter_has_a_name_and_a_whole_value() {
        for (text, expected) in [
            ("a=b", Some(("a", "b"))),
            (r#"a="b c""#, Some(("a", "b c"))),
            (r#"a="""#, Some(("a", ""))),
            (r#"a="\\\"""#, Some(("a", "\\\""))),
            ("a", None),
            ("a=", None),
            ("=b", None),
            ("a =b", None),
            ("a= b", None),
            ("a=b c", None),
            (r#"a="b"#, None),
            (r#"a="\""#, None),
            (r#"a="b"c""#, None),
            (r#"a="b"c"#, None),
            ("a=\"b\u{7}\"", None),
            (r#"a=""#, None),
        ] {
            let found = parameter(text);
            let found = found.as_ref().map(|(name, value)| (*name, &**value));
            assert_eq!(found, expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_made_of_an_option_has_two_lines(text in "([\r\n\0\t:]|.)*") {
            let _read = checked_name(&text);
            if let Ok(value) = checked_value(&text) {
                prop_assert!(!value.as_bytes().contains(&b'\n') && !value.as_bytes().contains(&b'\r'));
            }
        }

        #[test]
        fn any_text_is_split_and_read_without_panic(text in ".*") {
            for part in split(&text, ';') {
                let _read = parameter(part);
            }
        }

        #[test]
        fn a_quoted_string_says_what_was_quoted(text in "[ -~]*") {
            let quoted = format!("a=\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(parameter(&quoted), Some(("a", text.into())));
        }
    }
}
