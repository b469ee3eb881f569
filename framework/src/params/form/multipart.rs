//! `multipart/form-data` (RFC 7578): text fields into memory, files into a [`Spool`], everything counted.
//!
//! The parser is actix-multipart's. Around it stand what it lacks: the number of parts, the bytes of fields and files, a bounded
//! preamble, the end of the body (which it does not read), and words that a visitor understands.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::mime::{CHARSET, Mime};
use actix_web::web::Bytes;
use futures_core::Stream;
use futures_util::StreamExt as _;

use super::body::{Timed, payload_error};
use super::charset::Charset;
use super::disposition::{self, Disposition};
use super::spool::Spool;
use super::upload::Upload;
use super::{Form, FormLimits, Value};
use crate::error::{Error, Result};

/// Bytes of the headers of one part. More is 400; so are more than 32 headers, a limit of the parser's own.
const PART_HEADER_BYTES: usize = 8 * 1024;

/// Bytes that may have come when the first part begins: its headers, what the parser reads ahead (64 KiB), and a preamble that no
/// browser sends. A longer one is 400, because it only keeps us busy.
const BYTES_BEFORE_FIRST_PART: u64 = 160 * 1024;

/// The body is handed to the parser in pieces of this size, so that it never reads much ahead of what it has understood.
const PIECE: usize = 16 * 1024;

/// Reads a whole form, to the end of the body.
pub(super) async fn read(
    boundary: Option<&str>,
    payload: &mut Payload,
    limits: &FormLimits,
) -> Result<Form> {
    let head = parser_head(boundary)?;
    let body = Body(Rc::new(RefCell::new(Pieces {
        body: Timed::new(payload.take(), limits.body_bytes, limits.pace()),
        rest: Bytes::new(),
    })));
    let mut parts = Multipart::new(&head, body.clone());
    let mut reader = Reader {
        limits,
        form: Form::default(),
        parts: 0,
        field_bytes: 0,
    };
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|error| multipart_error(&error))?;
        if reader.parts == 0 && body.received() > BYTES_BEFORE_FIRST_PART {
            return Err(Error::bad_request(
                "the form begins with something that is no part of it",
            ));
        }
        reader.take(&mut part).await?;
    }
    drop(parts);
    body.drain().await?;
    Ok(reader.form)
}

/// The one header that the parser looks at, with the boundary in quotes: it may have characters that are no token's.
fn parser_head(boundary: Option<&str>) -> Result<HeaderMap> {
    let boundary = boundary.ok_or_else(|| {
        Error::bad_request(
            "the content type of the form names no boundary, or one that is not allowed",
        )
    })?;
    let mut head = HeaderMap::with_capacity(1);
    head.insert(
        CONTENT_TYPE,
        HeaderValue::try_from(format!("multipart/form-data; boundary=\"{boundary}\""))?,
    );
    Ok(head)
}

/// A form being read, and what of its limits is used up.
struct Reader<'a> {
    limits: &'a FormLimits,
    form: Form,
    parts: usize,
    /// Text and names: what the form takes in memory besides its files.
    field_bytes: u64,
}

impl Reader<'_> {
    async fn take(&mut self, part: &mut Field) -> Result<()> {
        self.parts += 1;
        if self.parts > self.limits.parts {
            return Err(Error::bad_request(format!(
                "the form has more than the {} parts that are allowed here",
                self.limits.parts
            )));
        }
        let headers: usize = part
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if headers > PART_HEADER_BYTES {
            return Err(Error::bad_request(
                "a part of the form has headers that are too long",
            ));
        }
        let header = part
            .headers()
            .get(CONTENT_DISPOSITION)
            .and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
        let Disposition {
            name,
            filename,
            has_extended_filename,
        } = header.map(disposition::read).unwrap_or_default();
        let name = name
            .ok_or_else(|| Error::bad_request("a part of the form has no name"))?
            .into_owned();
        let filename = filename.map(std::borrow::Cow::into_owned);
        self.count(name.len() + filename.as_ref().map_or(0, String::len))?;
        if filename.is_some() || has_extended_filename {
            self.take_file(name, filename, part).await
        } else {
            self.take_text(name, part).await
        }
    }

    async fn take_text(&mut self, name: String, part: &mut Field) -> Result<()> {
        let charset = charset_of(part.content_type())?;
        let mut bytes = Vec::new();
        while let Some(chunk) = next(part).await? {
            if (bytes.len() + chunk.len()) as u64 > self.limits.field_bytes {
                return Err(too_large("a field", self.limits.field_bytes));
            }
            self.count(chunk.len())?;
            bytes.extend_from_slice(&chunk);
        }
        let text = charset.decode(&bytes)?.into_owned();
        self.form.push(name, Value::Text(text));
        Ok(())
    }

    async fn take_file(
        &mut self,
        name: String,
        filename: Option<String>,
        part: &mut Field,
    ) -> Result<()> {
        let mut spool = Spool::new(self.limits);
        while let Some(chunk) = next(part).await? {
            spool.write(&chunk).await?;
        }
        let upload = Upload::new(
            name.clone(),
            filename,
            part.content_type().cloned(),
            spool.finish().await?,
        );
        // A browser sends an empty name and no bytes for a file input that was left empty.
        let is_left_empty = upload.is_empty() && upload.raw_filename() == Some("");
        if !is_left_empty {
            self.form.push(name, Value::File(upload));
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<()> {
        self.field_bytes = self.field_bytes.saturating_add(bytes as u64);
        if self.field_bytes > self.limits.fields_bytes {
            return Err(too_large("the text in a form", self.limits.fields_bytes));
        }
        Ok(())
    }
}

async fn next(part: &mut Field) -> Result<Option<Bytes>> {
    part.next()
        .await
        .transpose()
        .map_err(|error| multipart_error(&error))
}

/// The charset that the part names, else UTF-8. A field `_charset_` (RFC 7578 §4.6) is an ordinary field: what is sent later must not
/// change how the rest is read.
fn charset_of(content_type: Option<&Mime>) -> Result<Charset> {
    let named = content_type.and_then(|media| media.get_param(CHARSET));
    named.map_or(Ok(Charset::Utf8), |name| Charset::named(name.as_str()))
}

fn too_large(what: &str, limit: u64) -> Error {
    Error::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("{what} is larger than the {limit} bytes that are allowed here"),
    )
}

fn multipart_error(error: &MultipartError) -> Error {
    match error {
        // Our own limits come as `Io`; this one is the parser's buffer, which only a line without an end fills.
        MultipartError::Payload(PayloadError::Overflow) => {
            Error::bad_request("a part of the form has headers that are too long")
        }
        MultipartError::Payload(error) => payload_error(error),
        _ => Error::bad_request(broken(error)).because(error.to_string()),
    }
}

/// What is wrong with a broken form, in words for the visitor.
pub(super) fn broken(error: &MultipartError) -> &'static str {
    match error {
        MultipartError::Incomplete => "the form ends too early",
        MultipartError::BoundaryMissing => {
            "the parts of the form are not divided by the boundary that its content type names"
        }
        MultipartError::Nested => "a part of the form is a form itself, which is not read here",
        MultipartError::ContentDispositionMissing
        | MultipartError::ContentDispositionNameMissing => "a part of the form has no name",
        MultipartError::Parse(_) => "a part of the form has headers that cannot be read",
        _ => "the form cannot be read",
    }
}

/// The body, shared with the parser: it is ours again when the parser has seen the last boundary.
#[derive(Clone)]
struct Body(Rc<RefCell<Pieces>>);

struct Pieces {
    body: Timed<Payload>,
    rest: Bytes,
}

impl Body {
    fn received(&self) -> u64 {
        let pieces = self.0.borrow();
        pieces.body.received() - pieces.rest.len() as u64
    }

    /// Reads what comes behind the last boundary and forgets it: a body that breaks off there is broken, and one that goes on for ever
    /// runs into the limit.
    async fn drain(mut self) -> Result<()> {
        while let Some(piece) = self.next().await {
            piece.map_err(|error| payload_error(&error))?;
        }
        Ok(())
    }
}

impl Stream for Body {
    type Item = std::result::Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut pieces = self.0.borrow_mut();
        if pieces.rest.is_empty() {
            match ready!(Pin::new(&mut pieces.body).poll_next(cx)).transpose()? {
                Some(chunk) => pieces.rest = chunk,
                None => return Poll::Ready(None),
            }
        }
        let length = pieces.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(pieces.rest.split_to(length))))
    }
}
