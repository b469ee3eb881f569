//! The one thread on which all connections live, and on which everything is asked.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinError;

use crate::sessions::StoreError;

/// A thread with a runtime of its own. It ends when the last clone of this is dropped.
///
/// Connections need somebody who reads what the database says. Were that a worker, a page that computes for a second would stall the sessions
/// of all other workers, and a worker that stops would take its connections with it.
#[derive(Debug, Clone)]
pub(super) struct Backstage {
    handle: Handle,
    /// The thread ends when this is dropped. It is not waited for: the last owner may be a task of its own.
    _end: Arc<oneshot::Sender<Infallible>>,
}

impl Backstage {
    pub(super) fn open() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let live = move || {
            // It is never sent, only dropped.
            drop(runtime.block_on(ended));
            runtime.shutdown_background();
        };
        thread::Builder::new()
            .name("kirsch-postgres".to_owned())
            .spawn(live)?;
        Ok(Self {
            handle,
            _end: Arc::new(end),
        })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Does `work` there, to its end: whoever asked and no longer wants to know does not leave a statement half done, or a lease with nobody. An answer that
    /// nobody waits for is dropped; what it holds knows what to do then.
    pub(super) fn run<T, W>(&self, work: W) -> impl Future<Output = W::Output> + use<T, W>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        // In a box: a task is moved several times until it runs, and this is large.
        let task = self.handle.spawn(Box::pin(work));
        async move { task.await.unwrap_or_else(|error| Err(undone(error))) }
    }
}

/// A task ends early where it panics, or with its thread.
fn undone(error: JoinError) -> StoreError {
    if error.is_panic() {
        return StoreError::failed(error);
    }
    StoreError::unavailable("the thread of the database is gone")
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[actix_rt::test]
    async fn work_is_done_to_its_end_though_nobody_waits() {
        let backstage = Backstage::open().unwrap();
        let (go, gone) = oneshot::channel::<()>();
        let (done, is_done) = oneshot::channel();
        let work = async move {
            gone.await.unwrap();
            done.send(thread::current().name().map(str::to_owned))
                .unwrap();
            Ok(())
        };
        let mut asked = Box::pin(backstage.run(work));
        assert!(asked.as_mut().now_or_never().is_none());
        drop(asked);
        go.send(()).unwrap();
        assert_eq!(is_done.await.unwrap().as_deref(), Some("kirsch-postgres"));
    }

    #[actix_rt::test]
    async fn the_thread_ends_with_its_owner() {
        let backstage = Backstage::open().unwrap();
        let (alive, ended) = oneshot::channel::<Infallible>();
        let _detached = backstage.handle().spawn(async move {
            std::future::pending::<()>().await;
            drop(alive);
        });
        drop(backstage);
        assert!(ended.await.is_err());
    }
}
