//! One session as it is kept, and when it ends.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cached::Expires;

use crate::sessions::{Data, Life};

/// As good as for ever: a century.
const FOR_EVER: Duration = Duration::from_hours(100 * 365 * 24);

/// What [`Session::ends`] says of one that is over. It never changes again: whoever removes a session has said so first, and nothing that is
/// written afterwards is answered as done.
const OVER: u64 = 0;

/// A session as it is kept. A copy is the same session.
#[derive(Debug, Clone)]
pub(super) struct Entry(pub(super) Arc<Session>);

#[derive(Debug)]
pub(super) struct Session {
    pub(super) begun: Instant,
    /// Nanoseconds after `begun`, or [`OVER`]: looked at without the lock.
    ends: AtomicU64,
    /// `None`: it is gone, whoever may still hold it.
    stored: Mutex<Option<Stored>>,
}

/// What is counted for as long as it is kept.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) data: Data,
    /// No two writes have the same.
    pub(super) version: u64,
    pub(super) bytes: usize,
    pub(super) total: Arc<AtomicUsize>,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Session {
    pub(super) fn new(begun: Instant, stored: Stored, life: Life) -> Self {
        Self {
            begun,
            ends: AtomicU64::new(ends(begun.elapsed(), life)),
            stored: Mutex::new(Some(stored)),
        }
    }

    pub(super) fn stored(&self) -> MutexGuard<'_, Option<Stored>> {
        // Nothing that is done under the lock can panic half-way.
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When it ends.
    pub(super) fn end(&self) -> Instant {
        self.begun + Duration::from_nanos(self.ends.load(Ordering::Relaxed))
    }

    /// What is left of its life at this age.
    pub(super) fn left_at(&self, age: Duration) -> Duration {
        let life = Duration::from_nanos(self.ends.load(Ordering::Relaxed));
        life.saturating_sub(age)
    }

    /// Of one that is not over: it is older than is allowed today. Where it ends by then anyway, the clock is not asked.
    pub(super) fn is_too_old(&self, life: Life) -> bool {
        let ends_later = |limit| self.ends.load(Ordering::Relaxed) > nanos(limit);
        let absolute = life.absolute.filter(|limit| ends_later(*limit));
        absolute.is_some_and(|limit| self.begun.elapsed() >= limit)
    }

    /// It was used at this age, and lives on; unless it is over.
    pub(super) fn live_on(&self, age: Duration, life: Life) -> bool {
        let (now, next) = (nanos(age), ends(age, life));
        let lives_on = |end| (end > now && next > now).then_some(next);
        let (order, seen) = (Ordering::Relaxed, Ordering::Relaxed);
        self.ends.fetch_update(order, seen, lives_on).is_ok()
    }

    /// It is over, once and for all.
    fn is_over(&self) -> bool {
        let now = nanos(self.begun.elapsed());
        let (order, seen) = (Ordering::Relaxed, Ordering::Relaxed);
        let end = self.ends.load(Ordering::Relaxed);
        // Somebody may be using it at this very moment: then it is not.
        end <= now
            && self
                .ends
                .fetch_update(order, seen, |end| (end <= now).then_some(OVER))
                .is_ok()
    }
}

impl Expires for Entry {
    fn is_expired(&self) -> bool {
        self.0.is_over()
    }
}

/// At how many nanoseconds a session ends that is used at this age.
fn ends(age: Duration, life: Life) -> u64 {
    let idle = age.saturating_add(life.idle);
    nanos(idle.min(life.absolute.unwrap_or(FOR_EVER)).min(FOR_EVER))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A number that no write has had.
pub(super) fn version() -> u64 {
    static VERSIONS: AtomicU64 = AtomicU64::new(0);
    VERSIONS.fetch_add(1, Ordering::Relaxed)
}
