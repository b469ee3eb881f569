//! The name and the file name of a part of a form, out of its `Content-Disposition`.

use std::borrow::Cow;

/// What `Content-Disposition: form-data; …` says of a part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Disposition<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) filename: Option<Cow<'a, str>>,
    /// `filename*` makes a part a file too. What it says is ignored (RFC 7578 §4.2): two names for one file are one too many.
    pub(super) has_extended_filename: bool,
}

/// Reads the header of a part. The first parameter of a name counts; a header of another kind than `form-data` says nothing.
///
/// actix-web has a reader of its own, which takes every backslash for an escape and makes `C:\photos\me.jpg` to `C:photosme.jpg`. Browsers
/// send a backslash as it is (WHATWG HTML §4.10.21.8), so that only `\"` and `\\` are escapes here.
pub(super) fn read(header: &str) -> Disposition<'_> {
    let mut found = Disposition::default();
    let (kind, mut rest) = header.split_once(';').unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return found;
    }
    while let Some((name, tail)) = rest.split_once('=') {
        let (value, tail) = value(tail.trim_start());
        match name.trim() {
            name if name.eq_ignore_ascii_case("name") && found.name.is_none() => {
                found.name = Some(value);
            }
            name if name.eq_ignore_ascii_case("filename") && found.filename.is_none() => {
                found.filename = Some(value);
            }
            name if name.eq_ignore_ascii_case("filename*") => found.has_extended_filename = true,
            _ => {}
        }
        rest = after(tail, ';');
    }
    found
}

/// One value, quoted or not, and what follows it.
fn value(text: &str) -> (Cow<'_, str>, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (token, rest) = text.find(';').map_or((text, ""), |at| text.split_at(at));
        return (Cow::Borrowed(token.trim()), rest);
    };
    let mut escaped = false;
    let end = quoted.find(|character| match character {
        _ if escaped => {
            escaped = false;
            false
        }
        '\\' => {
            escaped = true;
            false
        }
        character => character == '"',
    });
    let (value, rest) = quoted.split_at(end.unwrap_or(quoted.len()));
    (unescape(value), rest)
}

fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains(r#"\""#) && !value.contains(r"\\") {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let escape = character == '\\' && matches!(characters.peek(), Some('"' | '\\'));
        plain.push(if escape {
            characters.next().unwrap_or(character)
        } else {
            character
        });
    }
    Cow::Owned(plain)
}

fn after(text: &str, separator: char) -> &str {
    text.split_once(separator).map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, name: Option<&str>, filename: Option<&str>) {
        let found = read(header);
        assert_eq!(
            (found.name.as_deref(), found.filename.as_deref()),
            (name, filename),
            "{header}"
        );
    }

    #[test]
    fn names_are_read_as_browsers_write_them() {
        check(
            r#"form-data; name="a"; filename="b.txt""#,
            Some("a"),
            Some("b.txt"),
        );
        check("form-data;NAME=a ;filename=b", Some("a"), Some("b"));
        check(
            r#"form-data; filename="x;y=z.txt"; name="a""#,
            Some("a"),
            Some("x;y=z.txt"),
        );
        check(
            r#"form-data; name="a"; filename="C:\photos\me.jpg""#,
            Some("a"),
            Some(r"C:\photos\me.jpg"),
        );
        check(
            r#"form-data; name="a"; filename="say \"hi\".txt""#,
            Some("a"),
            Some(r#"say "hi".txt"#),
        );
        check(
            r#"form-data; name="a"; filename="back\\slash""#,
            Some("a"),
            Some(r"back\slash"),
        );
        check(
            r#"form-data; name="é"; filename="文件.webp""#,
            Some("é"),
            Some("文件.webp"),
        );
        check(
            r#"form-data; name="a"; name="b"; filename="""#,
            Some("a"),
            Some(""),
        );
    }

    #[test]
    fn the_extended_name_is_ignored_but_makes_a_file() {
        let found = read("form-data; name=a; filename*=UTF-8''evil.txt");
        assert_eq!((found.filename, found.has_extended_filename), (None, true));
    }

    #[test]
    fn broken_headers_end_the_reading() {
        check("attachment; name=a", None, None);
        check("form-data", None, None);
        check("", None, None);
        check("form-data;;;===;\"", None, None);
        check(r#"form-data; name="open"#, Some("open"), None);
        check(r#"form-data; name="a\"#, Some(r"a\"), None);
    }
}
