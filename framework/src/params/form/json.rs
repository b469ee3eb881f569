//! JSON bodies.

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;

use super::body::{self, Pace};
use crate::error::Error;
use crate::http::content_type::MediaType;

/// The one media type of JSON: with `problem+json` or `text/plain` a client sends something else than was asked for.
pub(crate) fn accepts(media: &MediaType<'_>) -> bool {
    media.is("application/json")
}

/// Any media type: somebody else has chosen.
pub(crate) fn accepts_any(_: &MediaType<'_>) -> bool {
    true
}

/// Reads a body of a media type that is accepted.
///
/// # Errors
/// 415 for another content type or charset, 413 for more than `limit` bytes, 408 for a client that stops sending, 400 with the position
/// for wrong JSON and for JSON of another shape than `T`.
pub(crate) async fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    payload: &mut Payload,
    limit: u64,
    pace: Pace,
    accepts: fn(&MediaType<'_>) -> bool,
) -> Result<T, Error> {
    if !is_json(headers, accepts) {
        return Err(refusal(headers, payload));
    }
    let bytes = body::read_all(headers, payload, limit, pace).await?;
    serde_json::from_slice(&bytes).map_err(|error| wrong_json(&error))
}

/// JSON is UTF-8 (RFC 8259 §8.1), of which ASCII is a part.
fn is_json(headers: &HeaderMap, accepts: fn(&MediaType<'_>) -> bool) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE);
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    // What almost every client sends needs no reading.
    value.as_bytes() == b"application/json" || says_json(value, accepts)
}

fn says_json(value: &HeaderValue, accepts: fn(&MediaType<'_>) -> bool) -> bool {
    let media = value.to_str().ok().and_then(MediaType::parse);
    media.is_some_and(|media| accepts(&media) && media.is_utf8())
}

#[cold]
fn refusal(headers: &HeaderMap, payload: &Payload) -> Error {
    if matches!(payload, Payload::None) && !headers.contains_key(CONTENT_TYPE) {
        return Error::bad_request("this page reads a JSON body, and the request has none");
    }
    wrong_type()
}

pub(super) fn wrong_type() -> Error {
    Error::unsupported_media_type("this page reads JSON, as `application/json`")
}

/// 400 that says where the JSON is wrong, and not how our types are called: the parser's own words go to the log.
pub(super) fn wrong_json(error: &serde_json::Error) -> Error {
    use serde_json::error::Category;
    let problem = match error.classify() {
        Category::Data => "has another shape than this page reads",
        Category::Eof => "ends too early",
        Category::Syntax | Category::Io => "is wrong",
    };
    let words = match (error.line(), error.column()) {
        (0, _) => format!("the JSON {problem}"),
        (line, column) => format!("the JSON {problem} at line {line}, column {column}"),
    };
    Error::bad_request(words).because(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::Deserialize;

    use super::*;
    use crate::params::form::tests::{broken_after, head, in_pieces};

    #[derive(Debug, Deserialize)]
    struct Note {
        title: String,
    }

    const PACE: Duration = Duration::from_secs(1);

    async fn read_note(kind: &str, body: &[u8]) -> Result<Note, Error> {
        read(
            &head(&[("content-type", kind)]),
            &mut in_pieces(body, 10),
            200_000,
            Pace::new(PACE),
            accepts,
        )
        .await
    }

    /// Case 295.
    #[actix_rt::test]
    async fn only_json_is_json() {
        let body = br#"{"title": "x"}"#;
        for kind in [
            "application/json",
            "application/json;x",
            "Application/JSON; charset=UTF-8",
        ] {
            assert_eq!(read_note(kind, body).await.unwrap().title, "x", "{kind}");
        }
        for kind in [
            "text/plain",
            "application/problem+json",
            "text/json",
            "application/json; charset=utf-16",
            "json",
            "",
        ] {
            assert_eq!(
                read_note(kind, body).await.unwrap_err().status(),
                415,
                "{kind}"
            );
        }
        let without_type = read::<Note>(
            &head(&[]),
            &mut in_pieces(body, 10),
            100,
            Pace::new(PACE),
            accepts,
        )
        .await;
        assert_eq!(without_type.unwrap_err().status(), 415);
        let without_body = read::<Note>(
            &head(&[]),
            &mut Payload::None,
            100,
            Pace::new(PACE),
            accepts,
        )
        .await;
        assert_eq!(without_body.unwrap_err().status(), 400);
    }

    /// Cases 292 and 293.
    #[actix_rt::test]
    async fn wrong_json_is_400_with_its_position_and_no_library_words() {
        let nested = "[".repeat(100_000);
        for (body, words) in [
            (r#"{"title" "x"}"#, "the JSON is wrong at line 1, column 10"),
            (
                "{\"title\": \"x\"}\n}",
                "the JSON is wrong at line 2, column 1",
            ),
            (
                r#"{"title": NaN}"#,
                "the JSON is wrong at line 1, column 11",
            ),
            (
                r#"{"title": 1e999}"#,
                "the JSON is wrong at line 1, column 15",
            ),
            (
                r#"{"title": "\ud800"}"#,
                "the JSON is wrong at line 1, column 18",
            ),
            ("\u{feff}{}", "the JSON is wrong at line 1, column 1"),
            (
                r#"{"title": "#,
                "the JSON ends too early at line 1, column 10",
            ),
            ("", "the JSON ends too early at line 1, column 0"),
            (
                r#"{"title": 7}"#,
                "the JSON has another shape than this page reads at line 1, column 11",
            ),
            (
                "{}",
                "the JSON has another shape than this page reads at line 1, column 2",
            ),
        ] {
            let error = read_note("application/json", body.as_bytes())
                .await
                .unwrap_err();
            assert_eq!(
                (error.status().as_u16(), error.words()),
                (400, words),
                "{body}"
            );
        }
        let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for body in [nested.as_bytes(), b"{\"title\": \"\xff\"}", &utf_16] {
            assert_eq!(
                read_note("application/json", body)
                    .await
                    .unwrap_err()
                    .status(),
                400
            );
        }
    }

    /// Case 296.
    #[actix_rt::test]
    async fn json_is_counted_and_may_break_off() {
        let kind = head(&[("content-type", "application/json")]);
        let long = vec![b' '; 101];
        let error = read::<Note>(
            &kind,
            &mut in_pieces(&long, 10),
            100,
            Pace::new(PACE),
            accepts,
        )
        .await
        .unwrap_err();
        assert_eq!(error.status(), 413);
        assert!(error.words().contains("100 bytes"), "{error}");
        let error = read::<Note>(
            &kind,
            &mut broken_after(b"{"),
            100,
            Pace::new(PACE),
            accepts,
        )
        .await
        .unwrap_err();
        assert_eq!(error.status(), 400);
    }
}
