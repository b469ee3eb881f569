//! `application/x-www-form-urlencoded`: the rules of a query string, in a body.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::charset::Charset;
use super::{Form, Value};
use crate::error::Error;
use crate::http::query;

/// Takes a form apart.
///
/// # Errors
/// 400 for a field that is not written in `charset`, and for more than `most` fields.
pub(super) fn parse(body: &[u8], charset: Charset, most: usize) -> Result<Form, Error> {
    let mut form = Form::default();
    if charset == Charset::Utf8 {
        for pair in query::pairs(&charset.decode(body)?) {
            let (name, value) =
                pair.map_err(|_| Error::bad_request("the form is not written in UTF-8"))?;
            add(&mut form, name.into_owned(), value.into_owned(), most)?;
        }
    } else {
        for pair in body
            .split(|&byte| byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair
                .iter()
                .position(|&byte| byte == b'=')
                .map_or((pair, b"".as_slice()), |at| (&pair[..at], &pair[at + 1..]));
            add(
                &mut form,
                unescape(name, charset)?,
                unescape(value, charset)?,
                most,
            )?;
        }
    }
    Ok(form)
}

fn add(form: &mut Form, name: String, value: String, most: usize) -> Result<(), Error> {
    if form.fields.len() >= most {
        return Err(Error::bad_request(format!(
            "the form has more than the {most} fields that are allowed here"
        )));
    }
    form.push(name, Value::Text(value));
    Ok(())
}

/// The rule of [`query::pairs`] for one name or value, in bytes that are not UTF-8.
fn unescape(raw: &[u8], charset: Charset) -> Result<String, Error> {
    let spaced: Vec<u8> = raw
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    let bytes: Cow<'_, [u8]> = percent_decode(&spaced).into();
    charset.decode(&bytes).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], charset: Charset, expected: &[(&str, &str)]) {
        let form = parse(body, charset, 10).unwrap();
        let found: Vec<_> = form
            .names()
            .zip(form.fields.iter().map(|(_, value)| text(value)))
            .collect();
        assert_eq!(found, expected);
    }

    fn text(value: &Value) -> &str {
        match value {
            Value::Text(text) => text,
            Value::File(_) => "a file",
        }
    }

    #[test]
    fn both_readers_have_the_same_rules() {
        for charset in [Charset::Utf8, Charset::Ascii, Charset::Latin1] {
            check(b"", charset, &[]);
            check(
                b"a=1&b=two+words&a=%26%3d&&c",
                charset,
                &[("a", "1"), ("b", "two words"), ("a", "&="), ("c", "")],
            );
            check(
                b"a=100%&b=%zz%4&c=1;d=2&=x",
                charset,
                &[("a", "100%"), ("b", "%zz%4"), ("c", "1;d=2"), ("", "x")],
            );
        }
    }

    #[test]
    fn fields_are_decoded_strictly() {
        check(
            b"a=%c3%a9&b=\xc3\xa9",
            Charset::Utf8,
            &[("a", "é"), ("b", "é")],
        );
        check(b"a=%e9&b=\xe9", Charset::Latin1, &[("a", "é"), ("b", "é")]);
        for (body, charset) in [
            (b"a=%e9".as_slice(), Charset::Utf8),
            (b"a=\xe9", Charset::Utf8),
            (b"a=%c0%af", Charset::Utf8),
            (b"a=%e9", Charset::Ascii),
        ] {
            assert_eq!(
                parse(body, charset, 10).unwrap_err().status(),
                400,
                "{body:?}"
            );
        }
    }

    #[test]
    fn fields_are_counted() {
        for charset in [Charset::Utf8, Charset::Latin1] {
            assert!(parse(b"a&b&c", charset, 3).is_ok());
            let error = parse(b"a&b&c&d", charset, 3).unwrap_err();
            assert_eq!(error.status(), 400);
            assert!(error.words().contains("more than the 3 fields"), "{error}");
        }
    }
}
