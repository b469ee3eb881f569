//! A moment: when a note was written or changed, to the second, in UTC.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// Seconds since the first of January 1970. Shown for people by `Display`, for machines by [`Moment::iso`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    pub(crate) fn now() -> Self {
        // A clock before 1970 is a broken clock: such a note is merely very old.
        Self(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |age| age.as_secs()),
        )
    }

    /// As JSON and the `datetime` of HTML's `<time>` have it: `2026-11-22T09:50:37Z` (RFC 3339).
    pub(crate) fn iso(self) -> String {
        let (date, time) = (self.utc().date(), self.utc().time());
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }

    fn utc(self) -> OffsetDateTime {
        // Out of the calendar's range (after the year 9999) only if the store was written by something else.
        i64::try_from(self.0)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.utc();
        let (day, month, year) = (utc.day(), utc.month(), utc.year());
        write!(
            f,
            "{day} {month} {year}, {:02}:{:02} UTC",
            utc.hour(),
            utc.minute()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_machines_each_have_their_form() {
        let moment = Moment(1_795_341_037);
        assert_eq!(moment.to_string(), "22 November 2026, 09:50 UTC");
        assert_eq!(moment.iso(), "2026-11-22T09:50:37Z");
    }

    #[test]
    fn a_number_outside_the_calendar_is_shown_as_the_beginning_of_time() {
        assert_eq!(Moment(u64::MAX).iso(), "1970-01-01T00:00:00Z");
    }
}
