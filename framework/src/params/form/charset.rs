//! The charsets that a form may be written in.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::error::Error;

/// A charset that a form may be written in. All of them agree on ASCII, so that a form can be taken apart before it is decoded;
/// in the others (UTF-7, ISO-2022, UTF-16 …) an attacker hides a separator or a `<` from whoever looks at the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Ascii,
    /// ISO 8859-1, which the web reads as Windows-1252 (WHATWG Encoding §4.2). Every byte is a character.
    Latin1,
}

impl Charset {
    /// The charset of this name. Another one is 415.
    pub(super) fn named(name: &str) -> Result<Self, Error> {
        // WHATWG counts ASCII among the names of Windows-1252; whoever says ASCII must not send more than that.
        if ["us-ascii", "ascii"]
            .iter()
            .any(|ascii| name.eq_ignore_ascii_case(ascii))
        {
            return Ok(Self::Ascii);
        }
        match Encoding::for_label(name.as_bytes()) {
            Some(encoding) if encoding == UTF_8 => Ok(Self::Utf8),
            Some(encoding) if encoding == WINDOWS_1252 => Ok(Self::Latin1),
            _ => Err(Error::unsupported_media_type(
                "a form is read in the charsets `utf-8` and `iso-8859-1` only",
            )),
        }
    }

    /// The text that these bytes are, or 400: nothing is replaced or skipped.
    pub(super) fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
        let text = match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Ascii => std::str::from_utf8(bytes)
                .ok()
                .filter(|text| text.is_ascii())
                .map(Cow::Borrowed),
            Self::Latin1 => WINDOWS_1252.decode_without_bom_handling_and_without_replacement(bytes),
        };
        text.ok_or_else(|| {
            Error::bad_request("the form is not written in the charset that it names")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_web_are_known_and_the_dangerous_ones_are_not() {
        for (name, charset) in [
            ("UTF-8", Charset::Utf8),
            ("utf8", Charset::Utf8),
            ("US-ASCII", Charset::Ascii),
            ("iso-8859-1", Charset::Latin1),
            ("latin1", Charset::Latin1),
            ("windows-1252", Charset::Latin1),
        ] {
            assert_eq!(Charset::named(name).unwrap(), charset, "{name}");
        }
        for name in [
            "utf-7",
            "utf-16",
            "utf-16le",
            "ibm037",
            "iso-2022-jp",
            "shift_jis",
            "hz-gb-2312",
            "bogus",
            "",
        ] {
            assert_eq!(Charset::named(name).unwrap_err().status(), 415, "{name}");
        }
    }

    #[test]
    fn decoding_is_strict() {
        assert_eq!(Charset::Utf8.decode("é".as_bytes()).unwrap(), "é");
        assert_eq!(Charset::Latin1.decode(b"\xe9\x80").unwrap(), "é€");
        for (charset, bytes) in [
            (Charset::Utf8, b"\xe9".as_slice()),
            (Charset::Utf8, b"\xc0\xaf"),
            (Charset::Ascii, b"\xc3\xa9"),
        ] {
            assert_eq!(
                charset.decode(bytes).unwrap_err().status(),
                400,
                "{bytes:?}"
            );
        }
    }
}
