//! What a step of the walk gives: an answer at once, or a future of one.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use actix_web::HttpResponse;

use crate::error::{Error, Result};

/// An answer, or the promise of one.
pub enum Reply<'a> {
    /// The page did not have to wait.
    Now(Result<HttpResponse>),
    /// The page may have to wait.
    Later(Pin<Box<dyn Future<Output = Result<HttpResponse>> + 'a>>),
}

impl<'a> Reply<'a> {
    /// Turns the future of a step into a reply. When the whole way is known not to wait (`now`), it is polled here, on the
    /// stack, and nothing is allocated.
    pub fn of<F: Future<Output = Result<HttpResponse>> + 'a>(now: bool, future: F) -> Self {
        if !now {
            return Self::Later(Box::pin(future));
        }
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Self::Now(result),
            // Only a part that was declared never to wait can come here, and then the declaration is wrong.
            Poll::Pending => Self::Now(Err(Error::internal(
                "a part that is declared never to wait has waited",
            ))),
        }
    }

    /// The answer, waited for.
    ///
    /// # Errors
    /// What the page returned.
    pub async fn finish(self) -> Result<HttpResponse> {
        match self {
            Self::Now(result) => result,
            Self::Later(future) => future.await,
        }
    }
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Now(_)) {
            "Reply::Now"
        } else {
            "Reply::Later"
        })
    }
}
