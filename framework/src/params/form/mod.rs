//! Forms: the body of a request read into named fields and files, within limits, from either of the two formats that browsers send.
//!
//! Nothing here knows a page. [`read`] is asked for the form of a request and answers with a [`Form`], with nothing (there was no
//! body), or with an [`Error`] that says in calm words what is wrong. Every wait, every byte and every part is counted on the way.

pub(crate) mod body;
pub(crate) mod extractors;
pub(crate) mod json;
mod limits;
mod upload;

mod charset;
mod filename;
mod multipart;
mod spool;
mod urlencoded;

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use futures_core::Stream;

use crate::error::Error;
use crate::http::content_type::MediaType;

pub use limits::FormLimits;
pub use upload::Upload;

use charset::Charset;

/// The fields of a form, in the order they were sent. A name may come several times.
#[derive(Debug, Default)]
pub(crate) struct Form {
    fields: Vec<(String, Value)>,
}

/// What one field of a form holds.
#[derive(Debug)]
pub(crate) enum Value {
    /// Text, decoded.
    Text(String),
    /// A file.
    File(Upload),
}

impl Form {
    /// The texts sent under this name. Files under it are not among them.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(field, _)| field == name)
            .filter_map(|(_, value)| match value {
                Value::Text(text) => Some(text.as_str()),
                Value::File(_) => None,
            })
    }

    /// Takes the files sent under this name out of the form.
    pub(crate) fn take_files(&mut self, name: &str) -> Vec<Upload> {
        let files = self.fields.extract_if(.., |(field, value)| {
            field == name && matches!(value, Value::File(_))
        });
        files
            .filter_map(|(_, value)| match value {
                Value::File(upload) => Some(upload),
                Value::Text(_) => None,
            })
            .collect()
    }

    /// The names of all fields, as often as they were sent.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    fn push(&mut self, name: String, value: Value) {
        self.fields.push((name, value));
    }
}

/// Reads the body of a request as a form. `None`: the request has no body.
///
/// # Errors
/// 415 for another content type or none, an encoded body, a charset that is not read; 413 for more bytes than [`FormLimits`] allows;
/// 400 for a broken form or too many fields; 408 for a client that stops sending; 503 and 507 when there is no room for the files.
///
/// # CherryPy
/// `_cpreqbody.process_urlencoded`, `process_multipart_form_data`. Differs from CherryPy: a body of another type is refused here, because
/// only a page that asks for form fields comes here; a broken boundary is 400, an unknown charset 415 (both 500 there).
pub(crate) async fn read(
    headers: &HeaderMap,
    payload: &mut Payload,
    limits: &FormLimits,
) -> Result<Option<Form>, Error> {
    let media = media_type(headers)?;
    let multipart = media
        .as_ref()
        .is_some_and(|media| media.is("multipart/form-data"));
    if matches!(payload, Payload::None) && !multipart {
        return Ok(None);
    }
    match media {
        Some(media) if multipart => {
            body::refuse_unreadable(headers, limits.body_bytes)?;
            multipart::read(media.boundary.as_deref(), payload, limits)
                .await
                .map(Some)
        }
        Some(media) if media.is("application/x-www-form-urlencoded") => {
            let charset = media.charset.map_or(Ok(Charset::Utf8), Charset::named)?;
            let bytes = body::read_all(headers, payload, limits.form_bytes, limits.pace()).await?;
            urlencoded::parse(&bytes, charset, limits.form_parameters).map(Some)
        }
        _ if is_empty(payload).await => Ok(None),
        _ => Err(Error::unsupported_media_type(
            "this page reads a form, as `application/x-www-form-urlencoded` or `multipart/form-data`",
        )),
    }
}

/// The content type of the request, if it has one that can be read. Two of them would be read differently by everybody on the way.
fn media_type(headers: &HeaderMap) -> Result<Option<MediaType<'_>>, Error> {
    let mut values = headers.get_all(CONTENT_TYPE);
    let first = values.next();
    if values.next().is_some() {
        return Err(Error::bad_request("the request has two content types"));
    }
    Ok(first
        .and_then(|value| value.to_str().ok())
        .and_then(MediaType::parse))
}

/// Whether the body ends before its first byte, as a chunked one may. Waits no longer than it takes to see what has come already:
/// a client that is still to send something has a body.
async fn is_empty(payload: &mut Payload) -> bool {
    let first = poll_fn(|cx| std::task::Poll::Ready(Pin::new(&mut *payload).poll_next(cx))).await;
    matches!(first, std::task::Poll::Ready(None))
}
