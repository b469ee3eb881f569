//! The grammar that header fields share (RFC 9110 §5.6): tokens, quoted strings, lists.

use std::borrow::Cow;

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
