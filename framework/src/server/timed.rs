//! A stream that knows how long its client may take.

use std::cell::Cell;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::BytesMut;
use memchr::memchr_iter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::clock::Clock;
use super::connection::{Connection, Phase};

/// A stream whose waits end when its [`Connection`] is past a limit.
///
/// It sets no timer: it tells the connection what happens, and the worker's [`Clock`] wakes it when a limit has passed. What comes in
/// first still wins: a limit only ends a wait, never a read or a write that can go on.
pub(super) struct Timed<S> {
    /// Only taken by `drop`, which hands it on to `remains`.
    stream: Option<S>,
    connection: Rc<Connection>,
    remains: Remains<S>,
    /// What has come and cannot be handed on yet: at most a piece.
    ahead: BytesMut,
    /// How much has been handed on since actix-http last looked at it.
    handed_on: usize,
}

#[expect(clippy::cast_possible_truncation, reason = "it is a small constant")]
const PIECE: usize = Connection::PIECE as usize;
/// How many heads are handed on at a time.
const MOST_HEADS: usize = 16;
/// In so many bytes nobody looks for the ends of heads: there are not many.
const FEW_HEADS: usize = 1024;

/// Where the stream is found again after actix-http has dropped it, and whether an answer is stuck in it.
pub(super) type Remains<S> = Rc<Cell<Option<(S, bool)>>>;

/// The whole answer to a head that came too slowly. actix-http says it only for the first of a connection.
const TOO_SLOW: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// What actix-http says to a client that asks whether it may send its body.
const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// The whole answer to a target that actix-http does not take; it would say 400.
const TOO_LONG: &[u8] =
    b"HTTP/1.1 414 URI Too Long\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

impl<S> Timed<S> {
    pub(super) fn new(stream: S, clock: &Rc<Clock>) -> (Self, Remains<S>) {
        let remains = Remains::default();
        let timed = Self {
            stream: Some(stream),
            connection: clock.open(),
            remains: Rc::clone(&remains),
            ahead: BytesMut::new(),
            handed_on: 0,
        };
        (timed, remains)
    }

    pub(super) fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }
}

impl<S> Drop for Timed<S> {
    fn drop(&mut self) {
        self.connection.close();
        let stuck = self.connection.is_stalled();
        self.remains
            .set(self.stream.take().map(|stream| (stream, stuck)));
    }
}

impl<S: Unpin> Timed<S> {
    /// The stream and the connection, each on its own.
    fn parts(self: Pin<&mut Self>) -> io::Result<(Pin<&mut S>, &Connection)> {
        let Self {
            stream, connection, ..
        } = self.get_mut();
        let stream = stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        Ok((Pin::new(stream), connection))
    }
}

impl<S: AsyncRead + Unpin> Timed<S> {
    /// Hands on no more than the connection has use for.
    fn poll_bounded(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let appetite = usize::try_from(self.connection.appetite()).unwrap_or(usize::MAX);
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        if appetite >= buffer.remaining() && self.ahead.is_empty() {
            return Pin::new(stream).poll_read(cx, buffer);
        }
        if self.handed_on >= PIECE {
            // Enough for once: actix-http is to look at it before it gets more.
            self.handed_on = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.ahead.is_empty() {
            let mut space = [MaybeUninit::uninit(); PIECE];
            let mut piece = ReadBuf::uninit(&mut space);
            let polled = Pin::new(stream).poll_read(cx, &mut piece);
            if polled.is_pending() || piece.filled().is_empty() {
                self.handed_on = 0;
                return polled;
            }
            let length = portion(piece.filled(), appetite.min(buffer.remaining()));
            let (now, later) = piece.filled().split_at(length);
            buffer.put_slice(now);
            self.ahead.extend_from_slice(later);
            self.after(length, cx)
        } else {
            let length = portion(&self.ahead, appetite.min(buffer.remaining()));
            buffer.put_slice(&self.ahead.split_to(length));
            self.after(length, cx)
        }
    }

    fn after(&mut self, length: usize, cx: &Context<'_>) -> Poll<io::Result<()>> {
        if length == 0 {
            self.connection.hold(cx);
            return Poll::Pending;
        }
        self.handed_on = if self.ahead.is_empty() {
            self.handed_on + length
        } else {
            PIECE
        };
        Poll::Ready(Ok(()))
    }
}

/// How much of what has come is handed on now.
fn portion(piece: &[u8], appetite: usize) -> usize {
    if piece.len() <= FEW_HEADS {
        return piece.len().min(appetite);
    }
    end_of_heads(piece).min(appetite)
}

/// Where the last head ends that is handed on at one time: the sixteenth, as actix-http has room for so many.
fn end_of_heads(piece: &[u8]) -> usize {
    let mut line = 0;
    let empty_lines = memchr_iter(b'\n', piece).filter(|&end| {
        let is_empty = matches!(piece.get(line..end), Some([] | [b'\r']));
        line = end + 1;
        is_empty
    });
    empty_lines
        .take(MOST_HEADS)
        .nth(MOST_HEADS - 1)
        .map_or(piece.len(), |end| end + 1)
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if let Poll::Ready(result) = this.poll_bounded(cx, buffer) {
            let piece = buffer.filled().get(before..).unwrap_or_default();
            if !piece.is_empty() {
                this.connection.came_in(piece);
            }
            return Poll::Ready(result);
        }
        let (stream, connection) = Pin::new(this).parts()?;
        connection.waits(cx);
        match connection.phase() {
            Phase::Idle | Phase::Head | Phase::Busy | Phase::Over => Poll::Pending,
            Phase::Leaving => Poll::Ready(Ok(())),
            Phase::Cut => {
                if !connection.is_stalled() {
                    // A courtesy: whoever cannot take these few bytes at once is cut without them.
                    drop(stream.poll_write(cx, TOO_SLOW));
                }
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let (stream, connection) = self.parts()?;
        if connection.target_is_too_long() && bytes.starts_with(b"HTTP/1.1 400 ") {
            return stream.poll_write(cx, TOO_LONG).map_ok(|_| bytes.len());
        }
        // An answer that is there already needs no body: whoever asked must not be told to send it (RFC 9110 §10.1.1).
        if let Some(answer) = bytes
            .strip_prefix(GO_ON)
            .filter(|answer| !answer.is_empty())
        {
            let result = stream.poll_write(cx, answer);
            return written(connection, result.map_ok(|sent| GO_ON.len() + sent), cx);
        }
        written(connection, stream.poll_write(cx, bytes), cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let (stream, connection) = self.parts()?;
        written(connection, stream.poll_write_vectored(cx, slices), cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream
            .as_ref()
            .is_some_and(AsyncWrite::is_write_vectored)
    }

    /// actix-http calls this whenever it has written all that it had.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (stream, connection) = self.parts()?;
        connection.write_is_out();
        if connection.phase() == Phase::Over {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        stream.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (stream, _) = self.parts()?;
        stream.poll_shutdown(cx)
    }
}

fn written(
    connection: &Connection,
    result: Poll<io::Result<usize>>,
    cx: &Context<'_>,
) -> Poll<io::Result<usize>> {
    if result.is_pending() {
        connection.write_stalls(cx);
        if connection.phase() == Phase::Cut {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
    } else if connection.is_stalled() {
        connection.write_progresses();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_heads_are_handed_on_at_a_time() {
        for head in ["GET / HTTP/1.1\r\nHost: t\r\n\r\n", "GET / HTTP/1.0\n\n"] {
            let many = head.repeat(100);
            assert_eq!(end_of_heads(many.as_bytes()), 16 * head.len());
            let few = head.repeat(15) + "GET /";
            assert_eq!(end_of_heads(few.as_bytes()), few.len());
        }
        assert_eq!(end_of_heads(&[b'\n'; 100]), 16);
        assert_eq!(end_of_heads(b""), 0);
    }
}
