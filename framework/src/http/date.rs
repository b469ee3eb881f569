//! Moments as HTTP and logs write them, always in UTC.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use httpdate::HttpDate;

/// The last second of the year 9999: neither form has room for a fifth digit.
const LAST_SECOND: u64 = 253_402_300_799;

/// From March, as [`civil`] counts.
const MONTHS: [&str; 12] = [
    "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
];

/// A moment as the Common Log Format writes it: `[22/Nov/2026:06:07:30 +0000]`.
///
/// A moment before 1970 or after 9999 is shown as the nearest that is not.
///
/// # Examples
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use kirsch::http::date::common_log;
///
/// let moment = UNIX_EPOCH + Duration::from_secs(1_795_327_650);
/// assert_eq!(common_log(moment).to_string(), "[22/Nov/2026:06:07:30 +0000]");
/// ```
///
/// # CherryPy
/// Differs from CherryPy: UTC with its offset, not local time without one, which is ambiguous for an hour every autumn.
pub fn common_log(moment: SystemTime) -> impl fmt::Display {
    CommonLog(seconds(moment))
}

/// A moment as headers write it: `Sun, 22 Nov 2026 06:07:30 GMT` (RFC 9110 §5.6.7).
///
/// A moment before 1970 or after 9999 is shown as the nearest that is not.
///
/// # Examples
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use kirsch::http::date::http_date;
///
/// let moment = UNIX_EPOCH + Duration::from_secs(1_795_327_650);
/// assert_eq!(http_date(moment).to_string(), "Sun, 22 Nov 2026 06:07:30 GMT");
/// ```
pub fn http_date(moment: SystemTime) -> impl fmt::Display {
    HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds(moment)))
}

/// Reads a date of a header in any of the three forms of RFC 9110 §5.6.7; `None` if it is none.
///
/// # Examples
/// ```
/// use kirsch::http::date::parse_http_date;
///
/// assert!(parse_http_date("Sun, 22 Nov 2026 06:07:30 GMT").is_some());
/// assert!(parse_http_date("yesterday").is_none());
/// ```
pub fn parse_http_date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

/// Seconds since 1970.
struct CommonLog(u64);

impl fmt::Display for CommonLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, time) = (self.0 / 86_400, self.0 % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        write!(
            f,
            "[{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000]"
        )
    }
}

/// Year, month and day of the month, of a day counted from 1970-01-01.
///
/// Years are counted from March, so that the leap day is the last (Hinnant, *chrono-compatible low-level date algorithms*).
fn civil(days: u64) -> (u64, &'static str, u64) {
    let days = days + 719_468; // from 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let next_year = u64::from(month_from_march >= 10);
    let month = usize::try_from(month_from_march)
        .ok()
        .and_then(|month| MONTHS.get(month));
    (
        era * 400 + year_of_era + next_year,
        month.unwrap_or(&"Mar"),
        day,
    )
}

fn seconds(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().min(LAST_SECOND)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_moment_is_written_as_logs_have_it() {
        for (seconds, expected) in [
            (0, "[01/Jan/1970:00:00:00 +0000]"),
            (951_782_400, "[29/Feb/2000:00:00:00 +0000]"),
            (951_868_799, "[29/Feb/2000:23:59:59 +0000]"),
            (951_868_800, "[01/Mar/2000:00:00:00 +0000]"),
            (4_107_542_400, "[01/Mar/2100:00:00:00 +0000]"),
            (4_107_542_399, "[28/Feb/2100:23:59:59 +0000]"),
            (LAST_SECOND, "[31/Dec/9999:23:59:59 +0000]"),
            (LAST_SECOND + 1, "[31/Dec/9999:23:59:59 +0000]"),
        ] {
            assert_eq!(common_log(at(seconds)).to_string(), expected, "{seconds}");
        }
    }

    #[test]
    fn a_clock_that_is_far_off_breaks_nothing() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(
            common_log(before).to_string(),
            "[01/Jan/1970:00:00:00 +0000]"
        );
        assert_eq!(
            http_date(before).to_string(),
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
        assert_eq!(
            http_date(at(u64::MAX / 4)).to_string(),
            "Fri, 31 Dec 9999 23:59:59 GMT"
        );
    }

    #[test]
    fn the_three_forms_of_a_date_are_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse_http_date(text), Some(at(784_111_777)), "{text:?}");
        }
        for text in [
            "",
            "0",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 36 Nov 1994 08:49:37 GMT",
            "é",
        ] {
            assert_eq!(parse_http_date(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_agree(seconds in 0..=LAST_SECOND) {
            let http = http_date(at(seconds)).to_string();
            let words: Vec<_> = http.split([' ', ',']).filter(|word| !word.is_empty()).collect();
            let [_, day, month, year, time, _] = words[..] else { panic!("{http}") };
            prop_assert_eq!(common_log(at(seconds)).to_string(), format!("[{day}/{month}/{year}:{time} +0000]"));
            prop_assert_eq!(parse_http_date(&http), Some(at(seconds)));
        }

        #[test]
        fn any_date_is_read_without_panic(text in "([A-Z][a-z]{2}|[0-9 :,-]|.)*") {
            let _read = parse_http_date(&text);
        }
    }
}
