//! Writes are seen to their end: a client that goes away does not stop them half-way.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::sessions::{Pending, StoreError};

/// Waits for a write. Should nobody wait any more, it goes on all the same, and what is held for it is held until it is done.
pub(crate) async fn to_the_end<T: 'static, H: 'static>(
    mut pending: Pending<'static, T>,
    held: Option<H>,
) -> Result<T, StoreError> {
    // Most stores in memory are done at once, and need no task.
    let first = poll_fn(|cx| Poll::Ready(Pin::new(&mut pending).poll(cx))).await;
    if let Poll::Ready(done) = first {
        return done;
    }
    Box::pin(finish(pending, held)).await
}

async fn finish<T: 'static, H: 'static>(
    pending: Pending<'static, T>,
    held: Option<H>,
) -> Result<T, StoreError> {
    let rest = actix_rt::spawn(async move {
        let done = pending.await;
        drop(held);
        done
    });
    match rest.await {
        Ok(done) => done,
        Err(gone) => Err(StoreError::failed(gone)),
    }
}
