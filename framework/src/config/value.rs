//! What a written value can be read as.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};

use super::raw::{key, quoted};
use super::{Environment, Raw, Refusal, guess};

/// A type that an option can have: it is read from a file, a variable or a flag, and shown in lists.
///
/// # Examples
/// ```
/// use kirsch::config::{Raw, Refusal, Value, word};
///
/// #[derive(Clone, Copy, PartialEq, Debug)]
/// enum Side {
///     Left,
///     Right,
/// }
///
/// impl Value for Side {
///     const EXPECTED: &'static str = "`\"left\"` or `\"right\"`";
///
///     fn read(raw: &Raw) -> Result<Self, Refusal> {
///         word(raw, &[("left", Self::Left), ("right", Self::Right)])
///     }
///
///     fn show(&self) -> String {
///         format!("\"{self:?}\"").to_lowercase()
///     }
/// }
///
/// assert_eq!(Side::read(&Raw::from("left")), Ok(Side::Left));
/// ```
pub trait Value: Sized {
    /// What it expects, for messages: ``a duration, such as `"10m"` ``.
    const EXPECTED: &'static str;

    /// Reads what was written.
    ///
    /// # Errors
    /// It is something else.
    fn read(raw: &Raw) -> Result<Self, Refusal>;

    /// The value as TOML would write it. Whether it may be shown is the caller's matter.
    fn show(&self) -> String;

    /// Takes what a deeper level of the tree says: in place of what was said above, unless a type adds the two.
    ///
    /// # Errors
    /// It is something else.
    fn renew(&mut self, raw: &Raw) -> Result<(), Refusal> {
        *self = Self::read(raw)?;
        Ok(())
    }
}

/// Reads one of several words, for options that are an enum.
///
/// # Errors
/// It is none of them: all are named, first the one that was probably meant.
pub fn word<T: Copy>(raw: &Raw, words: &[(&str, T)]) -> Result<T, Refusal> {
    let mut names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let text = raw.text().map(str::trim);
    if let Some((_, value)) = words.iter().find(|(name, _)| Some(*name) == text) {
        return Ok(*value);
    }
    // The one that was probably meant stands first.
    let meant = text.and_then(|text| guess::meant(text, names.iter().copied()));
    names.sort_by_key(|name| Some(*name) != meant);
    let expected = match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => format!("`{}`", quoted(only)),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|name| quoted(name)).collect();
            format!("`{}` or `{}`", first.join("`, `"), quoted(last))
        }
    };
    Err(Refusal::unexpected(raw, &expected))
}

/// The word of a value, as TOML would write it: what [`word`] reads.
pub(crate) fn shown<T: PartialEq>(value: &T, words: &[(&str, T)]) -> String {
    let word = words.iter().find(|(_, known)| known == value);
    quoted(word.map_or("", |(name, _)| name))
}

impl Value for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Bool(yes) => Ok(*yes),
            Raw::Bare(text) if text.trim() == "true" => Ok(true),
            Raw::Bare(text) if text.trim() == "false" => Ok(false),
            _ => Err(Refusal::unexpected(raw, Self::EXPECTED)),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The number that was written, by TOML's grammar also where there are no quotes: `0o660`, `1_000`.
fn integer(raw: &Raw) -> Option<i64> {
    match raw {
        Raw::Integer(number) => Some(*number),
        Raw::Bare(text) => match Raw::settled(text)? {
            Raw::Integer(number) => Some(number),
            _ => None,
        },
        _ => None,
    }
}

macro_rules! integers {
    ($($type:ty, $range:literal;)*) => {$(
        impl Value for $type {
            const EXPECTED: &'static str = concat!("a whole number ", $range);

            fn read(raw: &Raw) -> Result<Self, Refusal> {
                integer(raw)
                    .and_then(|number| Self::try_from(number).ok())
                    .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

integers! {
    u8, "from 0 to 255";
    u16, "from 0 to 65535";
    u32, "from 0 to 4294967295";
    u64, "from 0";
    usize, "from 0";
    i8, "from -128 to 127";
    i16, "from -32768 to 32767";
    i32, "from -2147483648 to 2147483647";
    i64, "of 64 bits";
    isize, "of 64 bits";
}

impl Value for f64 {
    const EXPECTED: &'static str = "a number, such as `0.5`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        let number = match raw {
            Raw::Float(number) => Some(*number),
            Raw::Bare(text) => text.trim().parse().ok(),
            // TOML's numbers are exact up to 53 bits here, which is more than any option needs.
            #[expect(clippy::cast_precision_loss, reason = "a fraction was asked for")]
            Raw::Integer(number) => Some(*number as Self),
            _ => None,
        };
        number
            .filter(|number| number.is_finite())
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        Raw::Float(*self).to_string()
    }
}

impl Value for String {
    const EXPECTED: &'static str = "a text in quotes";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        let text = raw.text().map(str::to_owned);
        text.ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Value for char {
    const EXPECTED: &'static str = "one character in quotes";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        let mut chars = raw.text().unwrap_or_default().chars();
        match (chars.next(), chars.next()) {
            (Some(char), None) => Ok(char),
            _ => Err(Refusal::unexpected(raw, Self::EXPECTED)),
        }
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "a path of a file or folder, in quotes";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        raw.text()
            .filter(|path| !path.is_empty() && !path.contains('\0'))
            .map(Self::from)
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Value for IpAddr {
    const EXPECTED: &'static str = "an IP address, such as `\"192.0.2.1\"` or `\"2001:db8::1\"`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        raw.text()
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for Environment {
    const EXPECTED: &'static str =
        "`\"development\"`, `\"staging\"`, `\"production\"`, `\"embedded\"` or `\"test\"`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        word(raw, &Self::ALL)
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for StatusCode {
    const EXPECTED: &'static str = "a status, such as `404`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        let status = match raw {
            Raw::Integer(number) => u16::try_from(*number).ok(),
            Raw::Text(text) | Raw::Bare(text) => text.trim().parse().ok(),
            _ => None,
        };
        // HTTP has five classes of statuses (RFC 9110 §15); actix-web takes numbers up to 999.
        status
            .filter(|number| *number < 600)
            .and_then(|number| Self::from_u16(number).ok())
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        self.as_u16().to_string()
    }
}

impl Value for Method {
    const EXPECTED: &'static str = "a method in capitals, such as `\"GET\"`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        // Methods are case-sensitive (RFC 9110 §9.1): `get` would never match.
        let capitals = |text: &&str| !text.bytes().any(|byte| byte.is_ascii_lowercase());
        raw.text()
            .map(str::trim)
            .filter(capitals)
            .and_then(|text| Self::from_bytes(text.as_bytes()).ok())
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}

impl Value for HeaderName {
    const EXPECTED: &'static str = "the name of a header, such as `\"X-Frame-Options\"`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        raw.text()
            .and_then(|text| Self::from_bytes(text.trim().as_bytes()).ok())
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}

impl Value for HeaderValue {
    const EXPECTED: &'static str =
        "the value of a header: printable ASCII, without line breaks or other control characters";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        raw.text()
            .map(str::trim)
            .filter(|text| !text.contains(|c: char| c.is_control() || !c.is_ascii()))
            .and_then(|text| Self::from_str(text).ok())
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        quoted(&String::from_utf8_lossy(self.as_bytes()))
    }
}

/// TOML has no word for nothing: what is written is always something.
impl<T: Value> Value for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        T::read(raw).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), T::show)
    }
}

/// A single value is a list of one. Without quotes, as in an environment variable, a list is written `a, b`, or as in TOML.
impl<T: Value> Value for Vec<T> {
    const EXPECTED: &'static str = "a list, such as `[…, …]`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::List(items) => items.iter().map(T::read).collect(),
            Raw::Bare(text) => match Raw::settled(text) {
                Some(Raw::List(items)) => items.iter().map(T::read).collect(),
                Some(table @ Raw::Table(_)) => T::read(&table).map(|item| vec![item]),
                _ => split(text).iter().map(T::read).collect(),
            },
            other => T::read(other).map(|item| vec![item]),
        }
    }

    fn show(&self) -> String {
        let items: Vec<_> = self.iter().map(T::show).collect();
        format!("[{}]", items.join(", "))
    }
}

fn split(text: &str) -> Vec<Raw> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let items = text.split(',');
    items
        .map(|item| Raw::Bare(item.trim().to_owned()))
        .collect()
}

/// Without quotes, as in an environment variable, a table is written as in TOML: `{ ann = "…" }`.
impl<T: Value> Value for BTreeMap<String, T> {
    const EXPECTED: &'static str = "a table, such as `{ name = … }`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        let read = |(name, value): &(String, Raw)| Ok((name.clone(), T::read(value)?));
        match raw {
            Raw::Table(rows) => rows.iter().map(read).collect(),
            Raw::Bare(text) => match Raw::settled(text) {
                Some(Raw::Table(rows)) => rows.iter().map(read).collect(),
                _ => Err(Refusal::unexpected(raw, Self::EXPECTED)),
            },
            _ => Err(Refusal::unexpected(raw, Self::EXPECTED)),
        }
    }

    fn show(&self) -> String {
        if self.is_empty() {
            return "{ }".to_owned();
        }
        let rows = self.iter();
        let rows: Vec<_> = rows
            .map(|(name, value)| format!("{} = {}", key(name), value.show()))
            .collect();
        format!("{{ {} }}", rows.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::config::Size;

    fn bare(text: &str) -> Raw {
        Raw::Bare(text.to_owned())
    }

    /// What is shown can be written into a file again.
    fn comes_back<T: Value + PartialEq + Debug>(value: &T) {
        let raw = Raw::settled(&value.show()).expect("it is TOML");
        assert_eq!(T::read(&raw).as_ref(), Ok(value), "{}", value.show());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(
            text: String, number: i64, float in proptest::num::f64::NORMAL, yes: bool, char: char,
            list: Vec<String>, map: BTreeMap<String, u16>,
            seconds in 0_u64..3_000_000_000, nanos in 0_u32..1_000_000_000, size: u64,
        ) {
            comes_back(&text);
            comes_back(&number);
            comes_back(&float);
            comes_back(&yes);
            comes_back(&char);
            comes_back(&list);
            comes_back(&map);
            comes_back(&Some(text));
            comes_back(&Duration::new(seconds, nanos));
            comes_back(&Size(size));
        }

        #[test]
        fn no_text_panics(text: String) {
            let texts = [bare(&text), Raw::Text(text.clone())];
            let raws = texts.into_iter().chain(Raw::settled(&text));
            for raw in raws {
                drop((bool::read(&raw), u8::read(&raw), f64::read(&raw), char::read(&raw)));
                drop((PathBuf::read(&raw), IpAddr::read(&raw), Environment::read(&raw)));
                drop((StatusCode::read(&raw), Method::read(&raw)));
                drop((HeaderName::read(&raw), HeaderValue::read(&raw)));
                drop((Vec::<u8>::read(&raw), BTreeMap::<String, u8>::read(&raw)));
                drop((Duration::read(&raw), Size::read(&raw)));
            }
        }

        #[test]
        fn numbers_with_anything_behind_them_do_not_panic(number: f64, rest in "[ .0-9a-zA-Zµ]{0,9}") {
            let raw = bare(&format!("{number}{rest}"));
            drop((Duration::read(&raw), Size::read(&raw), Duration::read(&Raw::Float(number))));
        }
    }

    #[test]
    fn the_other_types_come_back_too() {
        comes_back(&Environment::Embedded);
        comes_back(&StatusCode::NOT_FOUND);
        comes_back(&Method::PATCH);
        comes_back(&HeaderName::from_static("x-frame-options"));
        comes_back(&HeaderValue::from_static("a \"b\""));
        comes_back(&IpAddr::from([127, 0, 0, 1]));
        comes_back(&PathBuf::from("/var/lib"));
    }

    #[test]
    fn who_reads_a_bare_text_decides_what_it_is() {
        assert_eq!(u16::read(&bare("8080")), Ok(8080));
        assert_eq!(u32::read(&bare("0o660")), Ok(0o660));
        assert_eq!(String::read(&bare("8080")), Ok("8080".to_owned()));
        assert_eq!(bool::read(&bare("true")), Ok(true));
        assert_eq!(Vec::<u8>::read(&bare("1, 2")), Ok(vec![1, 2]));
        assert_eq!(Vec::<u8>::read(&bare("[1, 2]")), Ok(vec![1, 2]));
        assert_eq!(Vec::<u8>::read(&bare(" ")), Ok(vec![]));
        assert_eq!(
            Vec::<String>::read(&Raw::from("a, b")),
            Ok(vec!["a, b".to_owned()])
        );
        let map = BTreeMap::<String, u8>::read(&bare("{ a = 1 }"));
        assert_eq!(map, Ok(BTreeMap::from([("a".to_owned(), 1)])));
    }

    fn refused<T: Value + Debug>(raw: &Raw) -> String {
        T::read(raw).unwrap_err().to_string()
    }

    #[test]
    fn a_refusal_says_what_is_expected() {
        assert_eq!(
            refused::<u16>(&Raw::Integer(65_536)),
            "expected a whole number from 0 to 65535, found `65536`"
        );
        assert_eq!(
            refused::<u16>(&Raw::from("80")),
            "expected a whole number from 0 to 65535, found `\"80\"`"
        );
        assert_eq!(
            refused::<bool>(&Raw::from("true")),
            "expected `true` or `false`, found `\"true\"`"
        );
        assert_eq!(
            refused::<String>(&Raw::Integer(5)),
            "expected a text in quotes, found `5`"
        );
        assert_eq!(
            refused::<Environment>(&Raw::from("prodution")),
            "expected `\"production\"`, `\"development\"`, `\"staging\"`, `\"embedded\"` or `\"test\"`, found `\"prodution\"`"
        );
        assert!(
            refused::<Environment>(&Raw::from("x")).starts_with("expected `\"development\"`, ")
        );
    }

    #[test]
    fn headers_are_never_more_than_one_line() {
        for text in ["a\r\nb", "a\nb", "a\0b", "a\tb", "ä"] {
            assert!(HeaderValue::read(&Raw::from(text)).is_err(), "{text:?}");
        }
        for text in ["a b", "a:", "", "a\r\nb", "ä"] {
            assert!(HeaderName::read(&Raw::from(text)).is_err(), "{text:?}");
        }
        assert!(Method::read(&Raw::from("get")).is_err());
        assert!(StatusCode::read(&Raw::Integer(600)).is_err());
    }
}
