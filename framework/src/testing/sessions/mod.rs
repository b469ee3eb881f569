//! The suite that proves a store of sessions: every promise of [`Store`], asked of any store.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//!
//! use kirsch::sessions::stores::MemoryStore;
//! use kirsch::testing::sessions::Trial;
//!
//! # actix_web::rt::System::new().block_on(async {
//! Trial::new(|| Arc::new(MemoryStore::new())).run().await;
//! # });
//! ```

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "in a test a panic is the report"
)]

mod content;
mod ends;
mod leases;
mod lives;

#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sessions::{Data, Key, Lease, Life, Opened, Store};

/// Long enough for everything that must not end during the suite.
const LONG: Life = Life {
    idle: Duration::from_mins(10),
    absolute: None,
};

/// How long an honest store may take for one thing.
const PATIENCE: Duration = Duration::from_secs(20);

/// A store on trial.
///
/// # Panics
/// A promise does not hold. The words say which.
pub struct Trial {
    store: Arc<dyn Store>,
    other: Option<Arc<dyn Store>>,
    number: u64,
    fences: bool,
    sweeps: bool,
    leases_end: Option<Duration>,
    patience: Duration,
}

impl Debug for Trial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Trial({:?})", self.store)
    }
}

impl Trial {
    /// A store, made anew.
    pub fn new<S: Store>(make: impl FnOnce() -> Arc<S>) -> Self {
        Self::of(make())
    }

    /// A store that is there.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            other: None,
            number: 0,
            fences: true,
            sweeps: true,
            leases_end: None,
            patience: PATIENCE,
        }
    }

    /// Another store on the same storage, as another process has it: it must keep out whoever does not hold the lease.
    #[must_use]
    pub fn and(mut self, other: Arc<dyn Store>) -> Self {
        self.other = Some(other);
        self
    }

    /// The storage has no locks, no conditions and no limit: what was deleted under a lease may come back under a name that nobody has, two leases may
    /// write one after the other, and nothing is too large. What is asked then is weaker, and the documentation of the store has to say so.
    #[must_use]
    pub fn without_fences(mut self) -> Self {
        self.fences = false;
        self
    }

    /// The storage forgets by itself what has expired, and nothing is left for a sweep.
    #[must_use]
    pub fn without_sweeps(mut self) -> Self {
        self.sweeps = false;
        self
    }

    /// Leases end by themselves after this time, so that somebody else can take the session: what was lost by that is asked as well. Not needed where a store
    /// gives a second lease at once, and leaves it to Kirsch to ask for one at a time.
    #[must_use]
    pub fn leases_end(mut self, after: Duration) -> Self {
        self.leases_end = Some(after);
        self
    }

    /// Asks everything.
    pub async fn run(mut self) {
        let started = self.store.start().await;
        started.expect("a store can be started");
        self.an_unknown_session_is_none().await;
        self.what_is_stored_comes_back().await;
        self.a_lease_that_is_dropped_writes_nothing().await;
        self.a_write_replaces_and_a_touch_keeps().await;
        self.keys_that_begin_alike_are_two().await;
        self.what_is_too_large_is_refused().await;
        self.what_is_too_deep_is_refused().await;
        self.what_is_deleted_stays_deleted().await;
        self.what_is_renamed_is_somewhere_else().await;
        self.a_rename_ends_every_other_lease().await;
        self.a_rename_to_the_same_key_is_a_save().await;
        self.no_session_takes_the_place_of_another().await;
        self.no_write_of_many_is_lost().await;
        self.a_lease_that_was_overtaken_is_lost().await;
        self.another_process_waits().await;
        self.a_shorter_life_holds_at_once().await;
        self.lives_end().await;
    }

    /// Whoever shares the storage; the store itself, if nobody does.
    fn neighbour(&self) -> Arc<dyn Store> {
        Arc::clone(self.other.as_ref().unwrap_or(&self.store))
    }

    /// A text that no other question and no other run uses.
    fn text(&mut self) -> String {
        self.number += 1;
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the system has random numbers");
        format!("{} {bytes:?}", self.number)
    }

    fn key(&mut self) -> Key {
        Key::of(&self.text())
    }

    /// A session that is there. The key has the name that the store gave it.
    async fn begun(&mut self, data: &Data, life: Life) -> Key {
        let key = self.key();
        let name = self.store.create(&key, data.clone(), life).await;
        key.named(name.expect("a session can be created"))
    }

    async fn read(&self, key: &Key, life: Life) -> Option<Data> {
        let read = self.store.read(key, life).await;
        read.expect("a session can be asked for")
    }

    async fn opened(&self, key: &Key) -> Option<Opened> {
        let opened = Arc::clone(&self.store).open(key.clone(), LONG, self.patience);
        opened.await.expect("a session can be opened")
    }

    async fn open(&self, key: &Key) -> Opened {
        let opened = self.opened(key).await;
        opened.expect("a session that is there can be opened")
    }

    /// The right to write a session.
    async fn lease(&self, key: &Key) -> Box<dyn Lease> {
        self.open(key).await.lease
    }
}

fn data(count: u64) -> Data {
    as_data(json!({ "count": count }))
}

fn as_data(value: Value) -> Data {
    match value {
        Value::Object(values) => Data::from(values),
        _ => Data::default(),
    }
}
