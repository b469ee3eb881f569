//! Chunked bodies that are nearly all framing: refused, where actix-http swallows any amount of it.
//!
//! A megabyte of zeros before a chunk's size, or of trailers after the last one, is no body but costs like one. The stream counts the bytes
//! that came in, this counts those that came out; what lies between is framing (and what has been read ahead).

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::error::PayloadError;
use actix_http::header::CONTENT_LENGTH;
use actix_http::{HttpMessage as _, Payload, Request, RequestHead};
use bytes::Bytes;
use futures_core::Stream;

use super::connection::Connection;

/// The smallest chunk is a byte in six; this leaves room for extensions.
const FRAMING_PER_BYTE: u64 = 16;
/// What actix-http may have read ahead of the page: its read buffer, the payload's, and a chunk.
const READ_AHEAD: u64 = 512 * 1024;
/// At the end of the body nothing but the beginning of a pipelined request is read ahead.
const TRAILERS: u64 = 64 * 1024;

/// Lets a chunked body of `request` fail when it is nearly all framing, and tells the connection of another body how long it is.
/// Other requests pay one comparison.
#[inline]
pub(super) fn guard(request: &mut Request, connection: &Rc<Connection>) {
    if !matches!(request.payload(), Payload::None) {
        if request.chunked().unwrap_or(false) {
            count(request, connection);
        } else {
            connection.expects(declared(request.head()));
        }
    }
}

/// Without a length it is a stream that ends with its connection.
fn declared(head: &RequestHead) -> u64 {
    let length = head.headers.get(CONTENT_LENGTH);
    length
        .and_then(|length| length.to_str().ok()?.trim().parse().ok())
        .unwrap_or(u64::MAX)
}

fn count(request: &mut Request, connection: &Rc<Connection>) {
    let start = connection
        .head_start()
        .map_or(connection.received(), |start| {
            start + length(request.head())
        });
    let body = Chunked {
        body: request.take_payload(),
        start,
        delivered: 0,
        connection: Rc::clone(connection),
    };
    *request.payload() = Payload::Stream {
        payload: Box::pin(body),
    };
}

/// About how many bytes this head had.
fn length(head: &RequestHead) -> u64 {
    let fields: usize = head
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let target = head
        .uri
        .path_and_query()
        .map_or(1, |target| target.as_str().len());
    (head.method.as_str().len() + target + fields + 14) as u64
}

struct Chunked {
    body: Payload,
    /// Bytes that the connection had received when this body began.
    start: u64,
    delivered: u64,
    connection: Rc<Connection>,
}

impl Chunked {
    fn is_mostly_framing(&self, ahead: u64) -> bool {
        let received = self.connection.received().saturating_sub(self.start);
        received.saturating_sub(self.delivered)
            > ahead + self.delivered.saturating_mul(FRAMING_PER_BYTE)
    }
}

impl Drop for Chunked {
    fn drop(&mut self) {
        self.connection.is_read(false);
    }
}

impl Stream for Chunked {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.body).poll_next(cx);
        self.connection.is_read(polled.is_pending());
        let item = ready!(polled);
        let ahead = if let Some(Ok(piece)) = &item {
            self.delivered += piece.len() as u64;
            READ_AHEAD
        } else {
            TRAILERS
        };
        if matches!(item, Some(Err(_))) || !self.is_mostly_framing(ahead) {
            return Poll::Ready(item);
        }
        Poll::Ready(Some(Err(PayloadError::EncodingCorrupted)))
    }
}
