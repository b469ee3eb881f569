//! What sessions have done, counted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Counts for all workers.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) loads: AtomicU64,
    pub(crate) hits: AtomicU64,
    pub(crate) saves: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) waits: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) held_nanos: AtomicU64,
    pub(crate) swept: AtomicU64,
}

/// What sessions have done since the start of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// How often a visitor's session was asked for.
    pub loads: u64,
    /// How often it was there.
    pub hits: u64,
    /// How often one was begun, changed, or given another id.
    pub saves: u64,
    /// How often one could not be written, for it was gone, or another had it, meanwhile.
    pub conflicts: u64,
    /// How often a request waited for another of the same session.
    pub waits: u64,
    /// How often a request was answered 503, since others had the session for too long, or too many waited for it.
    pub refused: u64,
    /// How long sessions were locked, added up.
    pub held: Duration,
    /// How many expired ones were removed.
    pub swept: u64,
}

impl Counters {
    pub(crate) fn figures(&self) -> Figures {
        Figures {
            loads: self.loads.load(Relaxed),
            hits: self.hits.load(Relaxed),
            saves: self.saves.load(Relaxed),
            conflicts: self.conflicts.load(Relaxed),
            waits: self.waits.load(Relaxed),
            refused: self.refused.load(Relaxed),
            held: Duration::from_nanos(self.held_nanos.load(Relaxed)),
            swept: self.swept.load(Relaxed),
        }
    }
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
