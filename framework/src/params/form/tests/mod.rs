//! Whole forms through [`read`](super::read): what browsers send, what attackers send, and anything at all.

mod anything;
mod multipart;
mod urlencoded;

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use super::{Form, FormLimits, Value};
use crate::error::Error;

/// A request head with these fields.
pub(super) fn head(fields: &[(&'static str, &str)]) -> HeaderMap {
    let field = |&(name, value): &(&'static str, &str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    fields.iter().map(field).collect()
}

/// A body that comes in pieces of this size, each after a wait of one turn.
pub(super) fn in_pieces(body: &[u8], size: usize) -> Payload {
    let pieces: Vec<_> = body
        .chunks(size)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    streamed(stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    }))
}

/// A body that stops coming after this, without ending.
pub(super) fn stalled_after(body: &[u8]) -> Payload {
    streamed(stream::iter([Ok(Bytes::copy_from_slice(body))]).chain(stream::pending()))
}

/// A body that the client breaks off after this.
pub(super) fn broken_after(body: &[u8]) -> Payload {
    streamed(stream::iter([
        Ok(Bytes::copy_from_slice(body)),
        Err(PayloadError::Incomplete(None)),
    ]))
}

pub(super) fn streamed(
    stream: impl Stream<Item = Result<Bytes, PayloadError>> + 'static,
) -> Payload {
    Payload::Stream {
        payload: Box::pin(stream),
    }
}

/// What a form holds, one line for each field.
fn lines(form: &Form) -> Vec<String> {
    let line = |(name, value): &(String, Value)| match value {
        Value::Text(text) => format!("{name} = {text}"),
        Value::File(file) => format!("{name}: {:?}, {} bytes", file.filename(), file.len()),
    };
    form.fields.iter().map(line).collect()
}

async fn read(
    content_type: &str,
    mut payload: Payload,
    limits: &FormLimits,
) -> Result<Form, Error> {
    let head = head(&[("content-type", content_type)]);
    super::read(&head, &mut payload, limits)
        .await
        .map(Option::unwrap_or_default)
}

async fn status_of(content_type: &str, payload: Payload, limits: &FormLimits) -> u16 {
    read(content_type, payload, limits)
        .await
        .map_or_else(|error| error.status().as_u16(), |_| 200)
}

fn impatient() -> FormLimits {
    FormLimits {
        body_timeout: Duration::from_millis(20),
        ..FormLimits::default()
    }
}
