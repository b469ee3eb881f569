//! Data as it lies in a row.

use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::failure::Failure;
use super::wire::Json;
use crate::sessions::{Data, Key, StoreError};

/// How many bytes the text of a row may have to be looked at. The database writes JSON with spaces, and a string in a string with twice the backslashes.
pub(super) fn widest(max_bytes: usize) -> i64 {
    i64::try_from(max_bytes).map_or(i64::MAX / 8, |bytes| {
        bytes.saturating_mul(2).saturating_add(64).min(i64::MAX / 8)
    })
}

/// A session that is there. Without a text, it is larger than a session may be.
pub(super) struct Found {
    pub(super) text: Option<String>,
}

impl Found {
    /// Its data is the first column.
    pub(super) fn of(row: &Row) -> Result<Self, Failure> {
        let text = column::<Option<Json<&str>>>(row, 0)?;
        Ok(Self {
            text: text.map(|text| text.0.to_owned()),
        })
    }
}

pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, Failure> {
    row.try_get(at).map_err(|error| Failure::of(&error))
}

/// The JSON for a column of type `jsonb`.
///
/// That type cannot hold the character NUL, writes the float 1e20 as an integer, and -0.0 without its sign. Data with either is stored as one JSON string that holds the
/// JSON.
///
/// # Errors
/// It is larger than a session may be.
pub(super) fn pack(data: &Data, limit: usize) -> Result<String, StoreError> {
    let json = data.to_json()?;
    if json.len() > limit {
        let bytes = json.len();
        return Err(StoreError::TooLarge { bytes, limit });
    }
    let json = String::from_utf8(json).map_err(StoreError::failed)?;
    let is_plain = data
        .values()
        .iter()
        .all(|(key, value)| !key.contains('\0') && fits(value));
    if is_plain {
        return Ok(json);
    }
    serde_json::to_string(&json).map_err(StoreError::failed)
}

/// What [`pack`] has written. What is no such thing is no session, and a line in the log.
pub(super) fn unpack(text: Option<&str>, key: &Key) -> Option<Data> {
    let Some(text) = text else {
        tracing::warn!(
            "the row of session {} is larger than a session may be: it is passed over",
            key.short()
        );
        return None;
    };
    let data = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(values)) => Some(Data::from(values)),
        Ok(Value::String(inner)) => Data::from_json(inner.as_bytes()).ok(),
        _ => None,
    };
    if data.is_none() {
        tracing::warn!(
            "the row of session {} holds no session: it is passed over",
            key.short()
        );
    }
    data
}

/// Whether `jsonb` gives back what it was given.
fn fits(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => number.as_f64().is_none_or(|float| {
            let is_zero = float == 0.0 && float.is_sign_positive();
            !number.is_f64() || is_zero || (1e-5..1e15).contains(&float.abs())
        }),
        Value::String(text) => !text.contains('\0'),
        Value::Array(values) => values.iter().all(fits),
        Value::Object(values) => values
            .iter()
            .all(|(key, value)| !key.contains('\0') && fits(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jsonb_cannot_hold_is_a_string_in_it() {
        let cases = [
            (r#"{"a":1,"b":[1.5,-2.25,null,true,"\u00e9\n"]}"#, '{'),
            (r#"{"a":"\u0000"}"#, '"'),
            (r#"{"\u0000":1}"#, '"'),
            (r#"{"a":[{"b":1e20}]}"#, '"'),
            (r#"{"a":-0.0}"#, '"'),
            (r#"{"a":0.0}"#, '{'),
            (r#"{"a":"\\u0000"}"#, '{'),
        ];
        for (json, first) in cases {
            let data = Data::from_json(json.as_bytes()).unwrap();
            let text = pack(&data, 1_000).unwrap();
            assert!(text.starts_with(first), "{text}");
            assert_eq!(unpack(Some(&text), &Key::of("a")), Some(data), "{text}");
        }
    }

    #[test]
    fn a_session_has_its_limit() {
        let data = Data::from_json(br#"{"a":1}"#).unwrap();
        assert!(pack(&data, 7).is_ok());
        let refused = pack(&data, 6);
        assert!(matches!(
            refused,
            Err(StoreError::TooLarge { bytes: 7, limit: 6 })
        ));
    }

    #[test]
    fn anything_else_is_no_session() {
        for text in [
            Some("[]"),
            Some("1"),
            Some("\"[]\""),
            Some("\"{\""),
            Some("{"),
            None,
        ] {
            assert_eq!(unpack(text, &Key::of("a")), None);
        }
    }
}
