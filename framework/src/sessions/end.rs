//! Writes are seen to their end: a client that goes away does not stop them half-way.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::sessions::queue::Turn;
use crate::sessions::{Pending, StoreError};

/// Waits for a write. Should nobody wait any more, it goes on all the same, and the turn stays taken until it is done.
pub(crate) async fn to_the_end<T: 'static>(
    mut pending: Pending<'static, T>,
    turn: Option<Turn>,
) -> Result<T, StoreError> {
    // Most stores in memory are done at once, and need no task.
    let first = poll_fn(|cx| Poll::Ready(Pin::new(&mut pending).poll(cx))).await;
    if let Poll::Ready(done) = first {
        return done;
    }
    Box::pin(finish(pending, turn)).await
}

async fn finish<T: 'static>(
    pending: Pending<'static, T>,
    turn: Option<Turn>,
) -> Result<T, StoreError> {
    let rest = actix_rt::spawn(async move {
        let done = pending.await;
        drop(turn);
        done
    });
    match rest.await {
        Ok(done) => done,
        Err(gone) => Err(StoreError::failed(gone)),
    }
}
