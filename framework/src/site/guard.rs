//! A page can panic, and a page can take for ever. Neither may take the worker with it.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::http::StatusCode;
use tokio::time::{Sleep, sleep};

use crate::error::{Error, Result};
use crate::log::panic_message;
use crate::params::form::body;
use crate::tree::link::Place;

/// Runs a part of the application; a panic in it is a 500, whose message only the log sees.
///
/// What the part had in its hands is not looked at again, except for the exchange, whose parts are whole at every await.
#[expect(
    clippy::inline_always,
    reason = "an answer that is handed through one more function is copied once more: 70 instructions per request"
)]
#[inline(always)]
pub(super) fn run<T>(part: impl FnOnce() -> Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(part)) {
        Ok(result) => result,
        Err(panic) => Err(panicked(panic)),
    }
}

#[cold]
fn panicked(panic: Box<dyn Any + Send>) -> Error {
    let error = Error::internal(Panic::of(&*panic));
    // What a page panicked with may panic itself when it is dropped; what that panics with is left alone.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        let _kept = ManuallyDrop::new(again);
    }
    error
}

/// Watches a future: a panic is a 500, more than `limit` an error of its status. Zero is no limit.
///
/// The time that the client takes to send a body is not the page's: while one is waited for, the clock begins anew.
pub(super) fn watch<F: Future<Output = Result<T>> + ?Sized, T>(
    future: Pin<Box<F>>,
    limit: (Duration, StatusCode),
    place: Place<'_>,
) -> Guarded<'_, F> {
    Guarded {
        future,
        limit,
        place,
        sleep: None,
    }
}

/// A future of the application, watched. The clock is asked only when the future waits.
pub(super) struct Guarded<'w, F: ?Sized> {
    future: Pin<Box<F>>,
    limit: (Duration, StatusCode),
    place: Place<'w>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<F: Future<Output = Result<T>> + ?Sized, T> Future for Guarded<'_, F> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        // Other requests have been served on this thread since the last poll.
        self.place.enter();
        body::has_waited();
        let future = self.future.as_mut();
        let polled = run(|| Ok(future.poll(cx)));
        match polled {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(result)) => return Poll::Ready(result),
            Err(panic) => return Poll::Ready(Err(panic)),
        }
        if body::has_waited() {
            self.sleep = None;
            return Poll::Pending;
        }
        let (limit, late) = self.limit;
        if limit.is_zero() {
            return Poll::Pending;
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(limit)));
        sleep
            .as_mut()
            .poll(cx)
            .map(|()| Err(took_too_long(limit, late)))
    }
}

fn took_too_long(limit: Duration, late: StatusCode) -> Error {
    Error::new(late, "this page is taking too long; please try again")
        .because(TooLong(limit))
        .unexpected()
}

/// The page did not answer within the limit.
#[derive(Debug)]
struct TooLong(Duration);

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the page has not answered within {:?} (`request_timeout`, or the tool `timeout`)",
            self.0
        )
    }
}

impl std::error::Error for TooLong {}

/// What a panic said.
#[derive(Debug)]
struct Panic(String);

impl Panic {
    fn of(payload: &(dyn Any + Send)) -> Self {
        Self(panic_message(payload).to_owned())
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the page panicked: {}", self.0)
    }
}

impl std::error::Error for Panic {}
