//! Durations, as people write them: `"250ms"`, `"10m"`, `"1h30m"`.

use std::time::Duration;

use super::decimal::Decimal;
use super::raw::quoted;
use super::{Raw, Refusal, Value};

/// So many milliseconds.
pub const fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// So many seconds.
pub const fn secs(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// So many minutes.
pub const fn minutes(number: u64) -> Duration {
    Duration::from_secs(number.saturating_mul(60))
}

/// So many hours.
pub const fn hours(number: u64) -> Duration {
    Duration::from_secs(number.saturating_mul(60 * 60))
}

/// The units, largest first, in nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("d", 24 * 60 * 60 * SECOND),
    ("h", 60 * 60 * SECOND),
    ("m", 60 * SECOND),
    ("s", SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const SECOND: u128 = 1_000_000_000;

/// A hundred years. A longer one is a slip, and added to a clock it could overflow.
const LONGEST: u128 = 100 * 365 * 24 * 60 * 60 * SECOND;

/// A number without a unit is seconds, as in CherryPy.
impl Value for Duration {
    const EXPECTED: &'static str =
        "a duration, such as `\"250ms\"`, `\"10m\"`, `\"1h30m\"`, or a number of seconds";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        let nanos = match raw {
            Raw::Integer(seconds) => u128::try_from(*seconds).ok().map(|all| all * SECOND),
            Raw::Float(seconds) => Self::try_from_secs_f64(*seconds)
                .ok()
                .map(|time| time.as_nanos()),
            Raw::Text(text) | Raw::Bare(text) => nanos(text.trim()),
            _ => None,
        };
        let nanos = nanos.ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))?;
        if nanos > LONGEST {
            return Err(Refusal::unexpected(raw, "at most a hundred years"));
        }
        let (seconds, rest) = (nanos / SECOND, nanos % SECOND);
        let seconds = u64::try_from(seconds).ok().zip(u32::try_from(rest).ok());
        seconds
            .map(|(seconds, nanos)| Self::new(seconds, nanos))
            .ok_or_else(|| Refusal::unexpected(raw, Self::EXPECTED))
    }

    fn show(&self) -> String {
        quoted(&written(self.as_nanos()))
    }
}

/// `1h30m` in nanoseconds. Each unit comes once, the larger first.
fn nanos(text: &str) -> Option<u128> {
    let mut rest = text;
    let mut sum = 0_u128;
    let mut next = 0;
    while !rest.is_empty() {
        let (number, after) = Decimal::read(rest)?;
        let after = after.trim_start();
        let letters = after.trim_start_matches(|c: char| c.is_alphabetic());
        let unit = after.strip_suffix(letters)?;
        // Only the whole text can be a number of seconds.
        let unit = if unit.is_empty() && after.is_empty() && sum == 0 && next == 0 {
            "s"
        } else {
            unit
        };
        let at = UNITS[next..].iter().position(|(name, _)| *name == unit)?;
        let (_, size) = UNITS[next + at];
        sum = sum.checked_add(number.times(size)?)?;
        next += at + 1;
        rest = letters.trim_start();
    }
    (next > 0).then_some(sum)
}

fn written(nanos: u128) -> String {
    let mut rest = nanos;
    let mut text = String::new();
    for (name, size) in UNITS {
        if rest >= size {
            text.push_str(&(rest / size).to_string());
            text.push_str(name);
            rest %= size;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Duration, String> {
        let raw = Raw::settled(text).unwrap_or_else(|| Raw::Bare(text.to_owned()));
        Duration::read(&raw).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn durations_have_units() {
        for (text, expected) in [
            ("\"250ms\"", millis(250)),
            ("\"10s\"", secs(10)),
            ("\"10m\"", minutes(10)),
            ("\"2h\"", hours(2)),
            ("\"7d\"", hours(7 * 24)),
            ("\"1h30m\"", minutes(90)),
            ("\"1h 30 m\"", minutes(90)),
            ("\"1.5h\"", minutes(90)),
            ("\"30\"", secs(30)),
            ("5", secs(5)),
            ("0.25", millis(250)),
            ("10m", minutes(10)),
            ("0", Duration::ZERO),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_what_is() {
        for text in [
            "\"ten\"",
            "\"\"",
            "-1",
            "\"-1s\"",
            "nan",
            "inf",
            "-0.5",
            "true",
            "[1]",
            "\"10x\"",
            "\"1m1h\"",
            "\"1h1h\"",
            "\"1h30\"",
            "\"30 1h\"",
            "\"0.5ns\"",
            "\"1e9\"",
            "1e300",
        ] {
            let words = read(text).unwrap_err();
            assert!(
                words.starts_with("expected a duration, such as `\"250ms\"`"),
                "{text}: {words}"
            );
        }
    }

    #[test]
    fn a_hundred_years_are_enough() {
        assert!(read("\"36500d\"").is_ok());
        for text in ["\"36501d\"", "9223372036854775807", "1e15"] {
            let words = read(text).unwrap_err();
            assert!(
                words.starts_with("expected at most a hundred years"),
                "{words}"
            );
        }
    }

    #[test]
    fn durations_are_shown_in_the_units_people_use() {
        assert_eq!(minutes(90).show(), "\"1h30m\"");
        assert_eq!(millis(1_500).show(), "\"1s500ms\"");
        assert_eq!(Duration::ZERO.show(), "\"0s\"");
    }
}
