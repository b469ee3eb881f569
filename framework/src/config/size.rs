//! Numbers of bytes, as people write them: `"64KiB"`, `"10 MiB"`.

use std::fmt;

use super::decimal::Decimal;
use super::raw::quoted;
use super::{Raw, Refusal, Value};

/// A number of bytes.
///
/// # Examples
/// ```
/// use kirsch::config::{Raw, Size, Value, kib};
///
/// assert_eq!(Size::read(&Raw::from("64KiB")), Ok(kib(64)));
/// assert_eq!(kib(64).to_string(), "64KiB");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

/// So many KiB, of 1,024 bytes.
pub const fn kib(number: u64) -> Size {
    Size(number.saturating_mul(1 << 10))
}

/// So many MiB, of 1,024 KiB.
pub const fn mib(number: u64) -> Size {
    Size(number.saturating_mul(1 << 20))
}

/// In the order in which a size is shown: the largest that divides it, of 1,024 rather than of 1,000.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

impl From<u64> for Size {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divides = |unit: u64| self.0 != 0 && self.0.is_multiple_of(unit);
        let unit = UNITS.iter().find(|(_, unit)| divides(*unit));
        let (name, unit) = unit.unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

/// A number without a unit is bytes. Capitals of units do not count.
impl Value for Size {
    const EXPECTED: &'static str =
        "a size, such as `\"64KiB\"`, `\"10MiB\"`, `\"1GB\"`, or a number of bytes";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        let bytes = match raw {
            Raw::Integer(bytes) => u64::try_from(*bytes).ok(),
            Raw::Text(text) | Raw::Bare(text) => bytes(text.trim()),
            _ => None,
        };
        bytes
            .map(Self)
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = Decimal::read(text)?;
    let unit = match unit.trim_start() {
        "" => "B",
        unit => unit,
    };
    let known = UNITS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let (_, size) = known?;
    number.times(u128::from(*size))?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, expected) in [
            ("64KiB", kib(64)),
            ("10 MiB", mib(10)),
            ("1GB", Size(1_000_000_000)),
            ("1kb", Size(1_000)),
            ("1.5MiB", kib(1_536)),
            ("512", Size(512)),
            ("512B", Size(512)),
            ("18446744073709551615", Size(u64::MAX)),
        ] {
            assert_eq!(Size::read(&Raw::from(text)), Ok(expected), "{text}");
            assert_eq!(Size::read(&Raw::Bare(text.to_owned())), Ok(expected));
        }
        assert_eq!(Size::read(&Raw::Integer(7)), Ok(Size(7)));
    }

    #[test]
    fn what_is_no_size_says_what_is() {
        for text in [
            "",
            "KiB",
            "64K",
            "-1",
            "0.3KiB",
            "99999999TiB",
            "1 2",
            "1e3",
            "18446744073709551616",
        ] {
            let words = Size::read(&Raw::from(text)).unwrap_err().to_string();
            assert!(words.starts_with("expected a size, such as"), "{words}");
        }
        assert!(Size::read(&Raw::Integer(-1)).is_err());
        assert!(Size::read(&Raw::Float(1.0)).is_err());
    }

    #[test]
    fn sizes_are_shown_in_the_unit_that_divides_them() {
        for (size, expected) in [
            (mib(2), "2MiB"),
            (Size(1_000), "1KB"),
            (Size(1_001), "1001B"),
            (Size(0), "0B"),
        ] {
            assert_eq!(size.to_string(), expected);
        }
    }
}
