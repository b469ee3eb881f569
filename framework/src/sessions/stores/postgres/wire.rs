//! Types of the database as they go over the wire, where those of `tokio-postgres` would make it convert, or show what no log may see.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// A hundred years are as good as for ever, and the database's calendar ends.
const CENTURY: Duration = Duration::from_hours(100 * 365 * 24);

/// How the wire form of `jsonb` is numbered: text follows.
const JSONB: u8 = 1;

/// Text for a column of type `jsonb`, or from one.
pub(super) struct Json<T>(pub(super) T);

/// The client of the database writes the values of each statement into the debug log: what is stored stays out of it.
impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(…)")
    }
}

impl<T: AsRef<str>> ToSql for Json<T> {
    accepts!(JSONB);
    to_sql_checked!();

    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&[JSONB]);
        out.extend_from_slice(self.0.as_ref().as_bytes());
        Ok(IsNull::No)
    }
}

impl<'a> FromSql<'a> for Json<&'a str> {
    accepts!(JSONB);

    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        match raw.split_first() {
            Some((&JSONB, text)) => Ok(Self(std::str::from_utf8(text)?)),
            _ => Err("the database writes jsonb in a form that is not known here".into()),
        }
    }
}

/// A key or a token, for a `bytea`. The log does not see it.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bytes(…)")
    }
}

impl ToSql for Bytes<'_> {
    accepts!(BYTEA);
    to_sql_checked!();

    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }
}

/// A length of time, for an `interval`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span(pub(super) Duration);

impl ToSql for Span {
    accepts!(INTERVAL);
    to_sql_checked!();

    /// Microseconds, days and months: the latter two are not of a fixed length, and none of ours.
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let micros = i64::try_from(self.0.min(CENTURY).as_micros())?;
        out.extend_from_slice(&micros.to_be_bytes());
        out.extend_from_slice(&[0; 8]);
        Ok(IsNull::No)
    }
}

/// A point in time by the database's clock, from a `timestamptz`. It is only good for telling how long it is to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(i64);

impl Moment {
    /// How long after another this is. Zero, if it is before.
    pub(super) fn since(self, other: Self) -> Duration {
        let micros = self.0.saturating_sub(other.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

impl<'a> FromSql<'a> for Moment {
    accepts!(TIMESTAMPTZ);

    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_text_behind_a_version() {
        let mut out = BytesMut::new();
        let null = Json("{}").to_sql(&Type::JSONB, &mut out).unwrap();
        assert!(matches!(null, IsNull::No));
        assert_eq!(&out[..], b"\x01{}");
        let read = |raw| Json::from_sql(&Type::JSONB, raw).map(|json| json.0);
        assert_eq!(read(b"\x01{}").unwrap(), "{}");
        for bad in [&b""[..], b"\x02{}", b"{}", b"\x01\xff"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    /// As the client of the database would write it.
    #[test]
    fn what_is_stored_is_in_no_log() {
        let values: [&(dyn ToSql + Sync); 3] =
            [&Json("hush"), &Bytes(b"hush"), &[Bytes(b"hush")].to_vec()];
        assert_eq!(format!("{values:?}"), "[Json(…), Bytes(…), [Bytes(…)]]");
    }

    #[test]
    fn no_time_is_beyond_the_calendar() {
        let micros = |span| {
            let mut out = BytesMut::new();
            Span(span).to_sql(&Type::INTERVAL, &mut out).unwrap();
            assert_eq!(out.len(), 16);
            i64::from_be_bytes(out[..8].try_into().unwrap())
        };
        assert_eq!(micros(Duration::from_millis(3)), 3_000);
        assert_eq!(micros(Duration::MAX), micros(CENTURY));
    }

    /// Such as `infinity` and `-infinity`, which somebody may have written into a row.
    #[test]
    fn no_moment_is_out_of_reach() {
        let moment =
            |micros: i64| Moment::from_sql(&Type::TIMESTAMPTZ, &micros.to_be_bytes()).unwrap();
        let (never, always, now) = (moment(i64::MIN), moment(i64::MAX), moment(5));
        assert_eq!(moment(7).since(now), Duration::from_micros(2));
        assert_eq!(never.since(now), Duration::ZERO);
        assert_eq!(never.since(always), Duration::ZERO);
        assert!(always.since(never) > CENTURY);
        assert!(Moment::from_sql(&Type::TIMESTAMPTZ, &[0; 4]).is_err());
    }
}
