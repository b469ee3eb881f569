//! Removes what has expired, now and then, in a thread of its own: no request waits for it.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::sessions::counters::Counters;
use crate::sessions::keeper::in_words;
use crate::sessions::{Pending, Store, StoreError, Swept};

/// Between two slices of one sweep.
const BREATH: Duration = Duration::from_millis(20);

/// Sweeps for as long as it is kept.
#[derive(Debug)]
pub(crate) struct Sweeper {
    /// Dropped, it wakes the thread, which ends.
    _stop: Sender<()>,
}

impl Sweeper {
    /// Sweeps this store about so often. Of many processes, no two do at the same time for long: each waits up to a quarter longer or shorter.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(
        store: &Arc<dyn Store>,
        counters: &Arc<Counters>,
        every: Duration,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let (store, counters) = (Arc::downgrade(store), Arc::clone(counters));
        let sweep = move || run(&store, &counters, every, &stopped);
        std::thread::Builder::new()
            .name("kirsch-sessions".into())
            .spawn(sweep)?;
        Ok(Self { _stop: stop })
    }
}

fn run(store: &Weak<dyn Store>, counters: &Counters, every: Duration, stopped: &Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        tracing::error!("expired sessions are not removed: the system gives no runtime");
        return;
    };
    while stopped.recv_timeout(jittered(every)) == Err(RecvTimeoutError::Timeout) {
        match runtime.block_on(sweep(store, counters)) {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                let words = in_words(&error);
                tracing::warn!("expired sessions could not be removed: {words}");
            }
            None => return,
        }
    }
}

/// One sweep, slice by slice. `None`: the store is gone.
async fn sweep(store: &Weak<dyn Store>, counters: &Counters) -> Option<Result<(), StoreError>> {
    loop {
        // Held for a slice only: a store ends with its site, not with us.
        let store = store.upgrade()?;
        match unwinding(store.sweep()).await {
            Ok(Swept { removed, more }) => {
                counters.swept.fetch_add(removed, Relaxed);
                if !more {
                    return Some(Ok(()));
                }
            }
            Err(error) => return Some(Err(error)),
        }
        drop(store);
        tokio::time::sleep(BREATH).await;
    }
}

/// A store of the application's may panic: the next sweep is tried all the same.
async fn unwinding(sweep: Pending<'_, Swept>) -> Result<Swept, StoreError> {
    let swept = AssertUnwindSafe(sweep).catch_unwind().await;
    swept.unwrap_or_else(|_| Err(StoreError::failed("the store panicked")))
}

/// From three to five quarters of it.
fn jittered(every: Duration) -> Duration {
    let mut byte = [128];
    // Without jitter it works as well.
    if getrandom::fill(&mut byte).is_err() {
        return every;
    }
    every / 4 * 3 + every / 510 * u32::from(byte[0])
}
