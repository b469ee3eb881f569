//! How often something may be done: the arithmetic, the words of options, and the header fields that tell it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use actix_web::http::header::HeaderValue;

use super::field::checked_value;
use super::malformed::Malformed;

/// So many requests in so much time: `100/minute`, `10/s`, `5 per 10m`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use kirsch::http::rate::Quota;
///
/// let quota: Quota = "5 per 10m".parse().unwrap();
/// assert_eq!(quota, Quota { burst: 5, period: Duration::from_secs(600) });
/// assert_eq!(quota.to_string(), "5/10m");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    /// How many requests. All of them may come at once; then one more becomes free each `period / burst`. With 0 none is allowed.
    pub burst: u32,
    /// How long it takes until all are free again.
    pub period: Duration,
}

/// What follows for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be done.
    pub allowed: bool,
    /// What to remember until the next request: when all will be free again, in nanoseconds. Once that is past, it can be forgotten.
    pub new_tat: u64,
    /// How many more may be done now.
    pub remaining: u32,
    /// When to try again; zero if this one is allowed.
    pub retry_after: Duration,
    /// How long it takes until all are free again, if nothing is done.
    pub reset: Duration,
}

impl Decision {
    /// [`Decision::retry_after`] for the header `Retry-After` (RFC 9110 §10.2.3): in seconds, rounded up, at least 1.
    pub fn retry_after_seconds(&self) -> u64 {
        whole_seconds(self.retry_after).max(1)
    }
}

/// Decides whether one more request may be done: the generic cell rate algorithm (ITU-T I.371, annex A), whose only state is one number.
///
/// That number is the *theoretical arrival time*: when all requests will be free again. Each request moves it on by `period / burst`, and
/// one that would move it further away than `period` is not allowed, and moves nothing. `earlier` is the number that was remembered, `None`
/// for a newcomer; `now` is counted in nanoseconds by any clock that does not go backwards.
///
/// Nothing overflows. A number that is further away than it can be, for the quota was made smaller or the clock went back after all, counts
/// as the furthest possible, so that nobody is locked out for longer than one period.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use kirsch::http::rate::{Quota, decide};
///
/// let quota = Quota { burst: 2, period: Duration::from_secs(2) };
/// let first = decide(quota, None, 0);
/// let second = decide(quota, Some(first.new_tat), 0);
/// let third = decide(quota, Some(second.new_tat), 0);
/// assert_eq!((first.remaining, second.remaining), (1, 0));
/// assert_eq!((third.allowed, third.retry_after), (false, Duration::from_secs(1)));
/// ```
pub fn decide(quota: Quota, earlier: Option<u64>, now: u64) -> Decision {
    let burst = u64::from(quota.burst);
    let period = nanoseconds(quota.period);
    // A burst that does not divide the period would leave a rest, and with it a request less than promised.
    let interval = period.checked_div(burst).unwrap_or(period).max(1);
    let furthest = now.saturating_add(interval.saturating_mul(burst));
    let tat = earlier.unwrap_or(now).clamp(now, furthest);
    let next = tat.saturating_add(interval);
    // The second condition is the end of time: there `next` cannot grow, and everything would be allowed.
    let allowed = next <= furthest && next > tat;
    let new_tat = if allowed { next } else { tat };
    let free = furthest.saturating_sub(new_tat) / interval;
    let wait = if allowed {
        0
    } else {
        next.saturating_sub(furthest)
    };
    Decision {
        allowed,
        new_tat,
        remaining: u32::try_from(free).unwrap_or(u32::MAX),
        retry_after: Duration::from_nanos(wait),
        reset: Duration::from_nanos(new_tat.saturating_sub(now)),
    }
}

/// 584 years are for ever.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// The units of a period: their names, and how many milliseconds they are. The first name is the one that is written.
const UNITS: [(&[&str], u64); 5] = [
    (&["day", "days", "d"], 86_400_000),
    (&["hour", "hours", "h"], 3_600_000),
    (&["minute", "minutes", "min", "m"], 60_000),
    (&["second", "seconds", "sec", "s"], 1000),
    (&["millisecond", "milliseconds", "ms"], 1),
];

impl FromStr for Quota {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let refuse = |why: &str| {
            let text = text.escape_debug();
            Malformed::new(format!(
                "`{text}` is no rate: {why}; write `100/minute`, `10/s` or `5 per 10m`"
            ))
        };
        let (count, period) = text
            .split_once('/')
            .or_else(|| text.split_once(" per "))
            .ok_or_else(|| refuse("it has no `/`"))?;
        let burst = number(count.trim())
            .and_then(|count| u32::try_from(count).ok())
            .filter(|&burst| burst > 0)
            .ok_or_else(|| refuse("it begins with no number from 1 to 4294967295"))?;
        let period = period_of(period.trim()).ok_or_else(|| refuse("it ends with no time"))?;
        Ok(Self { burst, period })
    }
}

/// `minute`, `10m`, `10 minutes`.
fn period_of(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at_checked(digits)?;
    let count = if digits == 0 { 1 } else { number(count)? };
    let (_, milliseconds) = UNITS
        .iter()
        .find(|(names, _)| names.contains(&unit.trim_start()))?;
    let period = count
        .checked_mul(*milliseconds)
        .filter(|&period| period > 0)?;
    Some(Duration::from_millis(period))
}

/// `parse` alone would take `+5`.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = self.period.as_millis();
        let whole = |unit: &&(&[&str], u64)| period.is_multiple_of(u128::from(unit.1));
        let (names, milliseconds) = UNITS.iter().find(whole).unwrap_or(&(&["ms"], 1));
        let (long, short) = (names.first(), names.last());
        match period / u128::from(*milliseconds) {
            1 => write!(f, "{}/{}", self.burst, long.unwrap_or(&"")),
            count => write!(f, "{}/{count}{}", self.burst, short.unwrap_or(&"")),
        }
    }
}

/// The header fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers) of one named quota.
///
/// # Examples
/// ```
/// use kirsch::http::rate::{Fields, decide};
///
/// let quota = "100/minute".parse().unwrap();
/// let fields = Fields::new("default", quota).unwrap();
/// assert_eq!(fields.policy(), r#""default";q=100;w=60"#);
/// assert_eq!(fields.limit(&decide(quota, None, 0)), r#""default";r=99;t=1"#);
/// ```
#[derive(Clone, Debug)]
pub struct Fields {
    /// The name with its quotes. Visible ASCII only, so that it can stand in a header.
    name: String,
    policy: HeaderValue,
}

impl Fields {
    /// Prepares what is the same for every answer.
    ///
    /// # Errors
    /// When the name is empty or has other characters than visible ASCII and blanks (RFC 9651 §3.3.3).
    pub fn new(name: &str, quota: Quota) -> Result<Self, Malformed> {
        let allowed = |character: char| character == ' ' || character.is_ascii_graphic();
        if name.is_empty() || !name.chars().all(allowed) {
            let name = name.escape_debug();
            return Err(Malformed::new(format!(
                "`{name}` is no name of a quota; write visible characters of ASCII, such as `default`"
            )));
        }
        let name = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
        let (burst, window) = (quota.burst, seconds(quota.period));
        let policy = checked_value(&format!("{name};q={burst};w={}", window.max(1)))?;
        Ok(Self { name, policy })
    }

    /// The value of `RateLimit-Policy`: `"default";q=100;w=60`, so many in so many seconds.
    pub fn policy(&self) -> &HeaderValue {
        &self.policy
    }

    /// The value of `RateLimit`: `"default";r=50;t=30`, so many remain, and in so many seconds there are all again.
    pub fn limit(&self, decision: &Decision) -> HeaderValue {
        let (name, remaining, reset) = (&self.name, decision.remaining, seconds(decision.reset));
        HeaderValue::try_from(format!("{name};r={remaining};t={reset}"))
            .expect("the name was checked, and digits are visible")
    }
}

/// Integers of structured fields have 15 digits at most (RFC 9651 §3.3.1).
fn seconds(duration: Duration) -> u64 {
    whole_seconds(duration).min(999_999_999_999_999)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn quota(text: &str) -> Quota {
        text.parse().expect(text)
    }

    /// How many of `requests`, which come at these nanoseconds, are allowed.
    fn allowed(quota: Quota, requests: impl IntoIterator<Item = u64>) -> Vec<bool> {
        let mut tat = None;
        let decide = |now| {
            let decision = decide(quota, tat, now);
            tat = Some(decision.new_tat);
            decision.allowed
        };
        requests.into_iter().map(decide).collect()
    }

    #[test]
    fn a_burst_is_allowed_and_then_one_after_the_other() {
        let found = allowed(
            quota("3/3s"),
            [
                0,
                0,
                0,
                0,
                SECOND - 1,
                SECOND,
                SECOND,
                2 * SECOND,
                9 * SECOND,
            ],
        );
        assert_eq!(
            found,
            [true, true, true, false, false, true, false, true, true]
        );
    }

    #[test]
    fn a_decision_tells_what_remains() {
        let quota = quota("10/10s");
        let first = decide(quota, None, SECOND);
        let expected = Decision {
            allowed: true,
            new_tat: 2 * SECOND,
            remaining: 9,
            retry_after: Duration::ZERO,
            reset: Duration::from_secs(1),
        };
        assert_eq!(first, expected);
        let denied = decide(quota, Some(11 * SECOND), SECOND);
        let expected = Decision {
            allowed: false,
            new_tat: 11 * SECOND,
            remaining: 0,
            retry_after: Duration::from_secs(1),
            reset: Duration::from_secs(10),
        };
        assert_eq!(denied, expected);
        assert_eq!(denied.retry_after_seconds(), 1);
        // Half an interval later half of it is left, and seconds are rounded up.
        let later = decide(quota, Some(11 * SECOND), SECOND + SECOND / 2);
        assert_eq!(later.retry_after, Duration::from_millis(500));
        assert_eq!(later.retry_after_seconds(), 1);
        // After a long silence it is as if nothing had been.
        assert_eq!(decide(quota, Some(3), SECOND), first);
    }

    #[test]
    fn what_cannot_be_is_made_harmless() {
        // The clock went back, or the quota was made smaller.
        let late = decide(quota("10/10s"), Some(u64::MAX), SECOND);
        assert_eq!(
            (late.allowed, late.retry_after),
            (false, Duration::from_secs(1))
        );
        // No quota at all.
        for period in [Duration::ZERO, Duration::from_secs(1), Duration::MAX] {
            let none = decide(Quota { burst: 0, period }, None, 5);
            assert!(!none.allowed && none.remaining == 0);
        }
        // More than one in a nanosecond.
        let flood = Quota {
            burst: u32::MAX,
            period: Duration::from_nanos(1),
        };
        assert!(decide(flood, None, 0).allowed);
        // The end of time.
        assert!(!decide(quota("1/s"), None, u64::MAX).allowed);
        let ever = Quota {
            burst: 1,
            period: Duration::MAX,
        };
        assert_eq!(allowed(ever, [0, 1]), [true, false]);
    }

    #[test]
    fn a_rate_is_read_and_written() {
        for (text, burst, milliseconds, written) in [
            ("100/minute", 100, 60_000, "100/minute"),
            ("10/s", 10, 1000, "10/second"),
            ("5 per 10m", 5, 600_000, "5/10m"),
            ("5/10 minutes", 5, 600_000, "5/10m"),
            ("1 / 1h", 1, 3_600_000, "1/hour"),
            ("1/24h", 1, 86_400_000, "1/day"),
            ("7/90s", 7, 90_000, "7/90s"),
            ("7/250ms", 7, 250, "7/250ms"),
            ("1 per day", 1, 86_400_000, "1/day"),
            ("4294967295/2d", u32::MAX, 172_800_000, "4294967295/2d"),
            ("1/1ms", 1, 1, "1/millisecond"),
        ] {
            let found = quota(text);
            assert_eq!(
                found,
                Quota {
                    burst,
                    period: Duration::from_millis(milliseconds)
                },
                "{text}"
            );
            assert_eq!(found.to_string(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused_with_help() {
        for (text, why) in [
            ("", "has no `/`"),
            ("100", "has no `/`"),
            ("100 minute", "has no `/`"),
            ("/s", "no number"),
            ("0/s", "no number"),
            ("-1/s", "no number"),
            ("+1/s", "no number"),
            ("1.5/s", "no number"),
            ("1_000/s", "no number"),
            ("4294967296/s", "no number"),
            ("1/", "no time"),
            ("1/0s", "no time"),
            ("1/5", "no time"),
            ("1/fortnight", "no time"),
            ("1/M", "no time"),
            ("1/-1s", "no time"),
            ("1/s/s", "no time"),
            ("1/99999999999999999999s", "no time"),
            ("1/18446744073709551615d", "no time"),
        ] {
            let refused = text.parse::<Quota>().expect_err(text).to_string();
            assert!(
                refused.contains(why) && refused.contains("`100/minute`"),
                "{text:?}: {refused}"
            );
        }
    }

    #[test]
    fn fields_are_structured() {
        let decision = |remaining, reset| Decision {
            allowed: true,
            new_tat: 0,
            remaining,
            retry_after: Duration::ZERO,
            reset,
        };
        let fields = Fields::new("default", quota("100/minute")).unwrap();
        assert_eq!(fields.policy(), r#""default";q=100;w=60"#);
        assert_eq!(
            fields.limit(&decision(50, Duration::from_secs(30))),
            r#""default";r=50;t=30"#
        );
        assert_eq!(
            fields.limit(&decision(0, Duration::from_millis(1))),
            r#""default";r=0;t=1"#
        );
        assert_eq!(
            fields.limit(&decision(u32::MAX, Duration::MAX)),
            r#""default";r=4294967295;t=999999999999999"#
        );
        assert_eq!(
            Fields::new(r#"a"\ b"#, quota("1/10ms")).unwrap().policy(),
            r#""a\"\\ b";q=1;w=1"#
        );
        for name in ["", "é", "a\r\nb", "a\tb"] {
            assert!(Fields::new(name, quota("1/s")).is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_overflows(burst: u32, nanos: u64, earlier: Option<u64>, now: u64) {
            let quota = Quota { burst, period: Duration::from_nanos(nanos) };
            let decision = decide(quota, earlier, now);
            prop_assert!(decision.remaining <= burst);
            prop_assert!(decision.new_tat >= now);
            prop_assert_eq!(decision.retry_after > Duration::ZERO && decision.allowed, false);
            let fields = Fields::new("x", quota).unwrap();
            let _value = fields.limit(&decision);
        }

        #[test]
        fn never_more_than_the_quota_in_any_period(
            burst in 1_u32..20,
            millis in 1_u64..1000,
            gaps in proptest::collection::vec(0_u64..200_000_000, 1..200),
        ) {
            let quota = Quota { burst, period: Duration::from_millis(millis) };
            let times: Vec<u64> = gaps.iter().scan(0, |now, gap| { *now += gap; Some(*now) }).collect();
            let kept: Vec<u64> = times.iter().zip(allowed(quota, times.iter().copied())).filter(|(_, kept)| *kept).map(|(time, _)| *time).collect();
            // A whole burst, and what became free meanwhile: GCRA allows fewer than twice the quota in any one period.
            let period = millis * 1_000_000;
            for (at, start) in kept.iter().enumerate() {
                let within = kept[at..].iter().filter(|time| **time < start + period).count();
                prop_assert!(within < 2 * burst as usize);
            }
            // Who waits as long as he is told is let in.
            let mut tat = None;
            for time in &times {
                let decision = decide(quota, tat, *time);
                tat = Some(decision.new_tat);
                if !decision.allowed {
                    let later = decide(quota, tat, time + nanoseconds(decision.retry_after));
                    prop_assert!(later.allowed);
                }
            }
        }

        #[test]
        fn a_rate_is_read_back(burst in 1_u32.., milliseconds in 1_u64..1_000_000_000_000) {
            let quota = Quota { burst, period: Duration::from_millis(milliseconds) };
            prop_assert_eq!(quota.to_string().parse(), Ok(quota));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "([0-9]{1,20}|/| per |s|ms|minute|.)*") {
            let _read = text.parse::<Quota>();
        }
    }
}
