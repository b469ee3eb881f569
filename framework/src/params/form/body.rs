//! The bytes of a body: counted, and waited for with a bound.
//!
//! actix-web waits for a body as long as the client likes. [`Timed`] gives up after a while of silence and on a client that drips.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::error::Error;

thread_local! {
    /// A body has been waited for since [`has_waited`] was asked last.
    static WAITING: Cell<bool> = const { Cell::new(false) };
}

/// A body has been waited for on this thread since this was asked last. Whoever limits the time of a page asks before and after
/// polling it: the time that a client takes to send has limits of its own.
pub(crate) fn has_waited() -> bool {
    WAITING.take()
}

/// Reads a whole body into memory. A body that came in one piece is not copied.
///
/// # Errors
/// Those of [`refuse_unreadable`], before anything is read, and those of [`payload_error`].
pub(crate) async fn read_all(
    headers: &HeaderMap,
    payload: &mut Payload,
    limit: u64,
    pace: Pace,
) -> Result<Bytes, Error> {
    refuse_unreadable(headers, limit)?;
    let mut body = Timed::new(payload, limit, pace);
    let Some(first) = body.next().await? else {
        return Ok(Bytes::new());
    };
    let Some(second) = body.next().await? else {
        return Ok(first);
    };
    let mut whole = BytesMut::with_capacity(2 * (first.len() + second.len()));
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    while let Some(chunk) = body.next().await? {
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Puts the counted and timed body in the place of the plain one, for an extractor that is not ours. One allocation; none without a body.
///
/// The extractor then sees a [`PayloadError`] that [`payload_error`] understands.
///
/// # Errors
/// Those of [`refuse_unreadable`].
pub(crate) fn guard(
    headers: &HeaderMap,
    payload: &mut Payload,
    limit: u64,
    pace: Pace,
) -> Result<(), Error> {
    refuse_unreadable(headers, limit)?;
    if !matches!(payload, Payload::None) {
        *payload = Payload::Stream {
            payload: Box::pin(Timed::new(payload.take(), limit, pace)),
        };
    }
    Ok(())
}

/// Refuses, from the head alone, a body that is announced as too large (413) or as encoded (415): nothing here decompresses.
pub(crate) fn refuse_unreadable(headers: &HeaderMap, limit: u64) -> Result<(), Error> {
    let plain = |coding: &str| coding.is_empty() || coding.eq_ignore_ascii_case("identity");
    for value in headers.get_all(CONTENT_ENCODING) {
        if !value
            .to_str()
            .is_ok_and(|codings| codings.split(',').map(str::trim).all(plain))
        {
            return Err(Error::unsupported_media_type(
                "an encoded body is not read here; send it without a `Content-Encoding`",
            ));
        }
    }
    match declared(headers) {
        Some(length) if length > limit => Err(Error::too_large(limit)),
        _ => Ok(()),
    }
}

/// The length that the head announces. A wrong one never comes here: actix-http has refused the request.
fn declared(headers: &HeaderMap) -> Option<u64> {
    let digits = headers.get(CONTENT_LENGTH)?.as_bytes().trim_ascii();
    str::from_utf8(digits).ok()?.parse().ok()
}

/// What an error while reading a body means to the visitor: 408 for silence, 413 for too much, 400 for a body that broke off.
pub(crate) fn payload_error(error: &PayloadError) -> Error {
    let fault = match error {
        PayloadError::Io(error) => error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Fault>()),
        _ => None,
    };
    let answer = match (fault, error) {
        (Some(Fault::TooLarge(limit)), _) => return Error::too_large(*limit),
        (Some(Fault::Slow), _) => {
            return Error::timeout("the rest of the request body did not come in time");
        }
        (None, PayloadError::Overflow) => Error::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request body is larger than is allowed here",
        ),
        (None, PayloadError::Io(error)) if error.kind() == io::ErrorKind::TimedOut => {
            Error::timeout("the rest of the request body did not come in time")
        }
        (None, PayloadError::Incomplete(_)) => {
            Error::bad_request("the request body ends too early")
        }
        _ => Error::bad_request("the request body cannot be read"),
    };
    answer.because(error.to_string())
}

/// How patient the reader of a body is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How long to wait for the next bytes; zero is for ever.
    wait: Duration,
    /// How long a client may be as slow as it likes.
    grace: Duration,
    /// The bytes per second that must come after that.
    rate: u64,
}

impl Pace {
    /// 240 bytes a second after 10 s: the slowest modem that anybody remembers is ten times as fast, an attack is slower.
    pub(crate) fn new(wait: Duration) -> Self {
        let rate = if wait.is_zero() { 0 } else { 240 };
        Self {
            wait,
            grace: Duration::from_secs(10),
            rate,
        }
    }
}

/// A body of which at most `limit` bytes are read, each wait for the next ones bounded. After an error it has ended.
pub(super) struct Timed<S> {
    stream: S,
    limit: u64,
    received: u64,
    patience: Patience,
    ended: bool,
}

/// Why we, and not the connection, gave a body up. Travels inside of a [`PayloadError`], through whatever reads the stream.
#[derive(Debug)]
enum Fault {
    TooLarge(u64),
    Slow,
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Timed<S> {
    pub(super) fn new(stream: S, limit: u64, pace: Pace) -> Self {
        let patience = Patience {
            pace,
            has_asked: false,
            waited: Duration::ZERO,
            since: None,
            alarm: None,
        };
        Self {
            stream,
            limit,
            received: 0,
            patience,
            ended: false,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))
            .await
            .transpose()
            .map_err(|error| payload_error(&error))
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, PayloadError>> {
        let Poll::Ready(step) = Pin::new(&mut self.stream).poll_next(cx) else {
            ready!(self.patience.poll_exhausted(cx));
            return Poll::Ready(Err(Fault::Slow.into()));
        };
        let Some(chunk) = step.transpose()? else {
            return Poll::Ready(Ok(None));
        };
        self.received = self.received.saturating_add(chunk.len() as u64);
        if self.received > self.limit {
            return Poll::Ready(Err(Fault::TooLarge(self.limit).into()));
        }
        if self.patience.is_too_slow(self.received) {
            return Poll::Ready(Err(Fault::Slow.into()));
        }
        Poll::Ready(Ok(Some(chunk)))
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Timed<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        let step = ready!(this.poll_chunk(cx)).transpose();
        this.ended = !matches!(step, Some(Ok(_)));
        Poll::Ready(step)
    }
}

/// The time spent waiting for a body. What the page does between two reads does not count against the client.
///
/// A body that came together with its head is still handed to us after we have first asked for it: that first wait is no wait,
/// and pays for no clock and no timer.
struct Patience {
    pace: Pace,
    has_asked: bool,
    waited: Duration,
    since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// Ready when the wait that is going on has lasted too long.
    fn poll_exhausted(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        WAITING.set(true);
        if self.pace.wait.is_zero() {
            return Poll::Pending;
        }
        if !self.has_asked {
            self.has_asked = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.since.is_none() {
            let now = Instant::now();
            self.since = Some(now);
            self.set_alarm(now + self.pace.wait);
        }
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    fn set_alarm(&mut self, deadline: Instant) {
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().reset(deadline),
            None => self.alarm = Some(Box::pin(sleep_until(deadline))),
        }
    }

    /// Ends the wait, if there was one, and says whether the client has been too slow in all of them together.
    fn is_too_slow(&mut self, received: u64) -> bool {
        let Some(since) = self.since.take() else {
            return false;
        };
        self.waited += since.elapsed();
        self.waited > self.pace.grace
            && u128::from(received) * 1_000 < u128::from(self.pace.rate) * self.waited.as_millis()
    }
}

impl From<Fault> for PayloadError {
    fn from(fault: Fault) -> Self {
        let kind = match fault {
            Fault::TooLarge(_) => io::ErrorKind::FileTooLarge,
            Fault::Slow => io::ErrorKind::TimedOut,
        };
        Self::Io(io::Error::new(kind, fault))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "the request body is larger than {limit} bytes"),
            Self::Slow => f.write_str("the request body comes too slowly"),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest as _;
    use actix_web::test::TestRequest;
    use futures_util::{StreamExt as _, stream};

    use super::*;
    use crate::params::form::extractors::known_error;
    use crate::params::form::tests::{broken_after, head, in_pieces, stalled_after, streamed};

    const SECOND: Duration = Duration::from_secs(1);

    async fn status(payload: &mut Payload, limit: u64, pace: Pace) -> u16 {
        read_all(&head(&[]), payload, limit, pace)
            .await
            .map_or_else(|error| error.status().as_u16(), |_| 200)
    }

    #[actix_rt::test]
    async fn a_body_in_one_piece_is_not_copied() {
        let sent = Bytes::from_static(b"all of it");
        let mut payload = Payload::from(sent.clone());
        let read = read_all(&head(&[]), &mut payload, 9, Pace::new(SECOND))
            .await
            .unwrap();
        assert_eq!((read.as_ptr(), &read), (sent.as_ptr(), &sent));
    }

    #[actix_rt::test]
    async fn a_body_in_pieces_is_put_together_and_counted() {
        for size in [1, 2, 4] {
            let read = read_all(
                &head(&[]),
                &mut in_pieces(b"all of it", size),
                9,
                Pace::new(SECOND),
            )
            .await;
            assert_eq!(read.unwrap(), "all of it");
            assert_eq!(
                status(&mut in_pieces(b"all of it", size), 8, Pace::new(SECOND)).await,
                413
            );
        }
        assert_eq!(
            read_all(&head(&[]), &mut Payload::None, 0, Pace::new(SECOND))
                .await
                .unwrap(),
            ""
        );
    }

    #[actix_rt::test]
    async fn silence_is_408_and_a_break_400() {
        let pace = Pace::new(Duration::from_millis(20));
        assert_eq!(status(&mut stalled_after(b"x"), 9, pace).await, 408);
        assert_eq!(status(&mut broken_after(b"x"), 9, pace).await, 400);
    }

    /// Case 395.
    #[actix_rt::test]
    async fn dripping_is_408() {
        let dripping = || {
            streamed(stream::repeat(()).then(|()| async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok(Bytes::from_static(b"x"))
            }))
        };
        let pace = Pace {
            wait: SECOND,
            grace: Duration::from_millis(30),
            rate: 100_000,
        };
        assert_eq!(status(&mut dripping(), 1_000, pace).await, 408);
        let lenient = Pace { rate: 1, ..pace };
        assert_eq!(status(&mut dripping(), 20, lenient).await, 413);
    }

    #[actix_rt::test]
    async fn extractors_see_the_guarded_body() {
        for (mut payload, limit, expected) in [
            (in_pieces(b"0123456789", 4), 10, 200),
            (in_pieces(b"0123456789", 4), 9, 413),
            (stalled_after(b"0"), 9, 408),
            (broken_after(b"0"), 9, 400),
        ] {
            let request = TestRequest::default().to_http_request();
            guard(
                request.headers(),
                &mut payload,
                limit,
                Pace::new(Duration::from_millis(20)),
            )
            .unwrap();
            let status = match Bytes::from_request(&request, &mut payload).await {
                Ok(_) => 200,
                Err(error) => known_error(&error).unwrap().status().as_u16(),
            };
            assert_eq!(status, expected);
        }
        let mut none = Payload::None;
        guard(&head(&[]), &mut none, 1, Pace::new(SECOND)).unwrap();
        assert!(matches!(none, Payload::None));
    }
}
