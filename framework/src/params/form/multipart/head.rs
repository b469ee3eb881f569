//! The headers of one part of a form.

use actix_web::mime::Mime;

use super::disposition;
use crate::error::{Error, Result};
use crate::http::content_type::MediaType;
use crate::params::form::charset::Charset;

/// Headers of one part. More is 400.
const HEADERS: usize = 32;

/// What the headers of a part say of it.
#[derive(Debug)]
pub(super) struct PartHead {
    pub(super) name: String,
    pub(super) filename: Option<String>,
    pub(super) is_file: bool,
    pub(super) content_type: Option<Mime>,
    /// The charset that the part names, else UTF-8; 415 when it is read as text and the charset is another one. A field `_charset_`
    /// (RFC 7578 §4.6) is an ordinary field: what one part says must not change how the others are read.
    pub(super) charset: Result<Charset>,
}

impl PartHead {
    /// Reads the headers, each with its CRLF.
    ///
    /// # Errors
    /// 400 for lines that are no headers, too many of them, no name, and a part that is a form itself.
    pub(super) fn parse(headers: &[u8]) -> Result<Self> {
        let (mut disposition, mut content_type) = (None, None);
        for (number, line) in headers.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let field = line.strip_suffix(b"\r\n").and_then(field);
            let (name, value) = field.filter(|_| number < HEADERS).ok_or_else(unreadable)?;
            let known = match name {
                name if name.eq_ignore_ascii_case(b"content-disposition") => &mut disposition,
                name if name.eq_ignore_ascii_case(b"content-type") => &mut content_type,
                _ => continue,
            };
            let value = std::str::from_utf8(value).map_err(|_| unreadable())?;
            if known.replace(value).is_some() {
                return Err(unreadable());
            }
        }
        Self::of(disposition.unwrap_or_default(), content_type)
    }

    fn of(disposition: &str, content_type: Option<&str>) -> Result<Self> {
        let disposition = disposition::read(disposition);
        let media = content_type.and_then(MediaType::parse);
        if media
            .as_ref()
            .is_some_and(|media| is_multipart(media.essence))
        {
            return Err(Error::bad_request(
                "a part of the form is a form itself, which is not read here",
            ));
        }
        let charset = media.as_ref().and_then(|media| media.charset);
        Ok(Self {
            name: disposition
                .name
                .ok_or_else(|| Error::bad_request("a part of the form has no name"))?
                .into_owned(),
            is_file: disposition.filename.is_some() || disposition.has_extended_filename,
            filename: disposition.filename.map(std::borrow::Cow::into_owned),
            content_type: content_type.and_then(|media| media.trim().parse().ok()),
            charset: charset.map_or(Ok(Charset::Utf8), Charset::named),
        })
    }
}

/// Name and value of one line; nothing for a line that is no header: folded, without a colon, with control characters.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let fit = !name.is_empty()
        && name.iter().copied().all(is_token)
        && !value
            .iter()
            .any(|&byte| byte != b'\t' && byte.is_ascii_control());
    fit.then_some((name, value))
}

fn is_multipart(essence: &str) -> bool {
    essence
        .get(..10)
        .is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"))
}

fn unreadable() -> Error {
    Error::bad_request("a part of the form has headers that cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read() {
        let head = PartHead::parse(b"content-DISPOSITION:form-data; name=a; filename=b\r\nX: \xff\r\nContent-Type: image/png\r\n").unwrap();
        assert_eq!(
            (head.name.as_str(), head.filename.as_deref(), head.is_file),
            ("a", Some("b"), true)
        );
        assert_eq!(head.content_type.unwrap(), "image/png");
        let head = PartHead::parse(
            b"Content-Disposition: form-data; name=a; filename*=x\r\nContent-Type: nonsense\r\n",
        )
        .unwrap();
        assert_eq!(
            (head.filename, head.is_file, head.content_type),
            (None, true, None)
        );
    }

    #[test]
    fn broken_heads_are_400() {
        let disposition = "Content-Disposition: form-data; name=a";
        for rest in [
            "no colon",
            " folded: line",
            ": no name",
            "two words: x",
            "X: \0",
            "X: \r y",
            "X: a\n b",
            "",
            disposition,
            "Content-Type: text/plain\r\ncontent-type: text/html",
            "Content-Type: Multipart/mixed; boundary=b",
        ] {
            assert_eq!(
                PartHead::parse(format!("{disposition}\r\n{rest}\r\n").as_bytes())
                    .unwrap_err()
                    .status(),
                400,
                "{rest:?}"
            );
        }
        for head in [
            "",
            "X: y",
            "Content-Disposition: form-data",
            "Content-Disposition: attachment; name=a",
            "Content-Disposition: name=a",
        ] {
            assert_eq!(
                PartHead::parse(format!("{head}\r\n").as_bytes())
                    .unwrap_err()
                    .status(),
                400,
                "{head:?}"
            );
        }
    }
}
