//! One value from text.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A type that one path segment, query value or form field can become.
///
/// Numbers, `bool`, `char`, `String` and IP addresses have it; `#[derive(Param)]` gives it to enums of plain names and to newtypes.
///
/// # Examples
/// ```
/// use kirsch::{Invalid, Param};
///
/// struct Isbn(String);
///
/// impl Param for Isbn {
///     fn parse(text: &str) -> Result<Self, Invalid> {
///         let digits = text.chars().filter(char::is_ascii_digit).count();
///         if digits == 13 { Ok(Isbn(text.to_string())) } else { Err(Invalid::new("an ISBN of 13 digits")) }
///     }
/// }
/// assert!(Isbn::parse("978-0-13-468599-1").is_ok());
/// ```
///
/// # Errors
/// What does not parse is 404 in the path, and 400 in the query or the form.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Param`",
    note = "help: derive it, `#[derive(kirsch::Param)]`, on an enum of plain names or a newtype"
)]
pub trait Param: Sized {
    /// The value that the (decoded) text means.
    ///
    /// # Errors
    /// [`Invalid`], saying what is expected.
    fn parse(text: &str) -> Result<Self, Invalid>;
}

/// Text that does not mean a value: says what would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    expected: String,
}

impl Invalid {
    /// `expected` completes the sentence “… must be”, for instance `a whole number`.
    pub fn new(expected: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
        }
    }

    /// What is expected.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be {}", self.expected)
    }
}

impl std::error::Error for Invalid {}

impl Param for String {
    fn parse(text: &str) -> Result<Self, Invalid> {
        Ok(text.to_string())
    }
}

/// `true`, `1`, `on` (what a checkbox sends) and `false`, `0`, `off`.
impl Param for bool {
    fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "true" | "1" | "on" => Ok(true),
            "false" | "0" | "off" => Ok(false),
            _ => Err(Invalid::new("`true` or `false`")),
        }
    }
}

macro_rules! from_str {
    ($($type:ty, $expected:expr;)*) => {$(
        impl Param for $type {
            fn parse(text: &str) -> Result<Self, Invalid> {
                text.parse().map_err(|_| Invalid::new($expected))
            }
        }
    )*};
}

from_str! {
    char, "one character";
    IpAddr, "an IP address";
    Ipv4Addr, "an IPv4 address";
    Ipv6Addr, "an IPv6 address";
}

/// Digits with an optional `-`. Rust also reads `+1`; a URL has one spelling for a number, so that is refused.
macro_rules! whole {
    ($($type:ty)*) => {$(
        impl Param for $type {
            fn parse(text: &str) -> Result<Self, Invalid> {
                let value = if text.starts_with('+') { None } else { text.parse().ok() };
                value.ok_or_else(|| Invalid::new(format!("a whole number from {} to {}", Self::MIN, Self::MAX)))
            }
        }
    )*};
}

whole! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }

/// Finite numbers only: `inf` and `NaN` are refused, for nobody who writes `f64` as a parameter means them.
macro_rules! finite {
    ($($type:ty)*) => {$(
        impl Param for $type {
            fn parse(text: &str) -> Result<Self, Invalid> {
                text.parse().ok().filter(|value: &Self| value.is_finite()).ok_or_else(|| Invalid::new("a number"))
            }
        }
    )*};
}

finite! { f32 f64 }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_range_says_the_range() {
        assert_eq!(
            u8::parse("256").unwrap_err().to_string(),
            "must be a whole number from 0 to 255"
        );
    }

    #[test]
    fn numbers_have_one_spelling() {
        for text in ["+1", "1e3", " 1", "1 ", "", "0x1", "١", "1_000"] {
            assert!(u32::parse(text).is_err(), "{text:?}");
        }
        assert!(
            f64::parse("NaN").is_err()
                && f64::parse("inf").is_err()
                && f64::parse("-2.5e3").is_ok()
        );
    }
}
