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

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sessions::{Data, Key, Life, Opened, Renamed, Store, StoreError, Written};

/// Long enough for everything that must not end during the suite.
const LONG: Life = Life {
    idle: Duration::from_mins(10),
    absolute: None,
};

/// Stores may count in whole seconds: what lives so long is there at once, and gone after [`OVER`].
const SHORT: Duration = Duration::from_secs(2);
const OVER: Duration = Duration::from_millis(3_200);

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
        }
    }

    /// Another store on the same storage, as another process has it: it must keep out whoever does not hold the lease.
    #[must_use]
    pub fn and(mut self, other: Arc<dyn Store>) -> Self {
        self.other = Some(other);
        self
    }

    /// The storage has no locks and no conditions: what was deleted under a lease may come back under a name that nobody has, and two leases may write one
    /// after the other. What is asked then is weaker, and the documentation of the store has to say so.
    #[must_use]
    pub fn without_fences(mut self) -> Self {
        self.fences = false;
        self
    }

    /// Asks everything.
    pub async fn run(mut self) {
        let started = self.store.start().await;
        started.expect("a store can be started");
        self.an_unknown_session_is_none().await;
        self.what_is_stored_comes_back().await;
        self.a_write_replaces_and_a_touch_keeps().await;
        self.a_lease_that_is_dropped_writes_nothing().await;
        self.what_is_deleted_stays_deleted().await;
        self.what_is_renamed_is_somewhere_else().await;
        self.what_is_too_large_is_refused().await;
        self.no_write_of_many_is_lost().await;
        self.another_process_waits().await;
        self.life_ends().await;
    }

    /// A key that no other question uses.
    fn key(&mut self) -> Key {
        self.number += 1;
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the system has random numbers");
        Key::of(&format!("{} {bytes:?}", self.number))
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

    async fn open(&self, key: &Key) -> Opened {
        let opened = Arc::clone(&self.store).open(key.clone(), PATIENCE).await;
        let opened = opened.expect("a session can be opened");
        opened.expect("a session that is there can be opened")
    }

    async fn an_unknown_session_is_none(&mut self) {
        let key = self.key();
        assert_eq!(
            self.read(&key, LONG).await,
            None,
            "an unknown session is read"
        );
        let opened = Arc::clone(&self.store).open(key.clone(), PATIENCE).await;
        let opened = opened.expect("an unknown session can be asked for");
        assert!(opened.is_none(), "an unknown session is opened");
        let deleted = self.store.delete(&key).await;
        deleted.expect("deleting what is not there is no error");
    }

    async fn what_is_stored_comes_back(&mut self) {
        let all = json!({
            "text": "é \u{1F352} \" \\ \n </script>",
            "": "an empty name",
            "numbers": [0, -1, u64::MAX, i64::MIN, 0.5, 1e300],
            "nested": {"a": [null, true, {"b": []}], "zero": "\u{0}"},
            "long": "x".repeat(20_000),
        });
        for data in [Data::default(), data(1), as_data(all)] {
            let key = self.begun(&data, LONG).await;
            let read = self.read(&key, LONG).await;
            assert_eq!(read.as_ref(), Some(&data), "what was created is read");
            assert_eq!(
                self.open(&key).await.data,
                data,
                "what was created is opened"
            );
        }
    }

    async fn a_write_replaces_and_a_touch_keeps(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let saved = self.open(&key).await.lease.save(data(2), LONG).await;
        assert_eq!(saved.expect("a session can be saved"), Written::Done);
        assert_eq!(self.read(&key, LONG).await, Some(data(2)), "a save is seen");
        let touched = self.open(&key).await.lease.touch(LONG).await;
        assert_eq!(touched.expect("a session can be touched"), Written::Done);
        assert_eq!(
            self.read(&key, LONG).await,
            Some(data(2)),
            "a touch changes nothing"
        );
    }

    async fn a_lease_that_is_dropped_writes_nothing(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let opened = self.open(&key).await;
        assert_eq!(
            self.read(&key, LONG).await,
            Some(data(1)),
            "whoever reads waits for no lease"
        );
        drop(opened);
        assert_eq!(
            self.open(&key).await.data,
            data(1),
            "a dropped lease lets the next one in"
        );
    }

    async fn what_is_deleted_stays_deleted(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let deleted = self.open(&key).await.lease.delete().await;
        deleted.expect("a session can be deleted");
        assert_eq!(
            self.read(&key, LONG).await,
            None,
            "a deleted session is gone"
        );

        let key = self.begun(&data(1), LONG).await;
        for write in ["save", "touch", "rename"] {
            let lease = self.open(&key).await.lease;
            self.store
                .delete(&key)
                .await
                .expect("a session can be deleted by its key");
            let to = self.key();
            let gone = match write {
                "save" => lease
                    .save(data(2), LONG)
                    .await
                    .map(|written| written == Written::Gone),
                "touch" => lease
                    .touch(LONG)
                    .await
                    .map(|written| written == Written::Gone),
                _ => {
                    let renamed = lease.rename(to.clone(), data(2), LONG).await;
                    renamed.map(|renamed| renamed == Renamed::Gone)
                }
            };
            let gone = gone.expect("a write to what is gone is no failure");
            assert!(
                gone || !self.fences,
                "a {write} of a deleted session says that it is gone"
            );
            for key in [&key, &to] {
                assert_eq!(
                    self.read(key, LONG).await,
                    None,
                    "no {write} brings a deleted session back"
                );
            }
            let again = self.store.create(&key, data(1), LONG).await;
            // A store that gives names gives another one.
            if again.expect("a session can be created again").is_some() {
                return;
            }
        }
    }

    async fn what_is_renamed_is_somewhere_else(&mut self) {
        let (from, to) = (self.begun(&data(1), LONG).await, self.key());
        let renamed = self
            .open(&from)
            .await
            .lease
            .rename(to.clone(), data(2), LONG)
            .await;
        let Renamed::Done(name) = renamed.expect("a session can be renamed") else {
            panic!("a session that is there can be renamed");
        };
        let to = to.named(name);
        assert_eq!(
            self.read(&from, LONG).await,
            None,
            "the old key is nobody's"
        );
        assert_eq!(
            self.read(&to, LONG).await,
            Some(data(2)),
            "the new key has the session"
        );
        let saved = self.open(&to).await.lease.save(data(3), LONG).await;
        assert_eq!(
            saved.expect("a renamed session can be saved"),
            Written::Done
        );
    }

    async fn what_is_too_large_is_refused(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let huge = as_data(json!({"text": "x".repeat(8 * 1024 * 1024)}));
        let saved = self.open(&key).await.lease.save(huge, LONG).await;
        match saved {
            Err(StoreError::TooLarge { bytes, limit }) => {
                assert!(bytes > limit, "what is too large says its size");
                assert_eq!(
                    self.read(&key, LONG).await,
                    Some(data(1)),
                    "what was there stays"
                );
            }
            // Not every storage has such a limit.
            Ok(Written::Done) if !self.fences => {}
            other => panic!("a session of 8 MiB is refused as too large, and not: {other:?}"),
        }
    }

    /// Within a process Kirsch asks for one lease after the other; across processes the store has to see to it.
    async fn no_write_of_many_is_lost(&mut self) {
        let key = self.begun(&data(0), LONG).await;
        let stores: Vec<_> = std::iter::once(&self.store).chain(&self.other).collect();
        for turn in 0..50_usize {
            let store = Arc::clone(stores[turn % stores.len()]);
            increment(store, &key).await;
        }
        let mut expected = 50;
        if self.fences && self.other.is_some() {
            // Of each store, one at a time is enough: two processes with one lease each are what can meet.
            let many = |store: &Arc<dyn Store>| increments(Arc::clone(store), key.clone(), 25);
            futures_util::future::join(many(stores[0]), many(stores[1])).await;
            expected += 50;
        }
        let read = self.read(&key, LONG).await;
        assert_eq!(read, Some(data(expected)), "no write of many is lost");
    }

    async fn another_process_waits(&mut self) {
        let Some(other) = self.other.clone() else {
            return;
        };
        let key = self.begun(&data(1), LONG).await;
        let held = self.open(&key).await;
        let busy = Arc::clone(&other)
            .open(key.clone(), Duration::from_millis(100))
            .await;
        assert!(
            matches!(busy, Err(StoreError::Busy)),
            "whoever waits too long for a lease is told so"
        );
        let waiting = Arc::clone(&other).open(key.clone(), PATIENCE);
        let letting_go = async {
            let saved = held.lease.save(data(2), LONG).await;
            assert_eq!(saved.expect("the holder can save"), Written::Done);
        };
        let (opened, ()) = futures_util::future::join(waiting, letting_go).await;
        let opened = opened.expect("whoever waits gets the lease");
        let opened = opened.expect("and finds the session");
        assert_eq!(opened.data, data(2), "and what the holder has written");
    }

    /// All that has to wait for the clock waits at once.
    async fn life_ends(&mut self) {
        let idle = Life {
            idle: SHORT,
            absolute: None,
        };
        let absolute = Life {
            idle: LONG.idle,
            absolute: Some(SHORT),
        };
        let [unused, held, touched, read, ended, kept] = [
            self.begun(&data(1), idle).await,
            self.begun(&data(1), idle).await,
            self.begun(&data(1), idle).await,
            self.begun(&data(1), idle).await,
            self.begun(&data(1), absolute).await,
            self.begun(&data(1), LONG).await,
        ];
        let lease = self.open(&held).await.lease;
        let begun = Instant::now();
        while begun.elapsed() < OVER {
            tokio::time::sleep(SHORT / 8).await;
            let touch = self.open(&touched).await.lease.touch(idle).await;
            assert_eq!(
                touch.expect("it can be touched"),
                Written::Done,
                "who is used lives on"
            );
            assert_eq!(
                self.read(&read, idle).await,
                Some(data(1)),
                "who is read lives on"
            );
            drop(self.read(&ended, absolute).await);
        }
        assert_eq!(
            self.read(&unused, idle).await,
            None,
            "nothing is read that has expired"
        );
        let opened = Arc::clone(&self.store).open(unused.clone(), PATIENCE).await;
        let opened = opened.expect("what has expired can be asked for");
        assert!(opened.is_none(), "nothing is opened that has expired");
        assert_eq!(
            self.read(&ended, absolute).await,
            None,
            "an absolute life ends however much it is used"
        );
        let saved = lease.save(data(2), idle).await;
        assert!(
            matches!(saved, Ok(Written::Gone)) || !self.fences,
            "nothing is written that has expired, whoever holds it: {saved:?}"
        );
        assert!(
            self.read(&held, idle).await.is_none() || !self.fences,
            "what has expired under a lease does not come back"
        );
        let swept = async || {
            let swept = self.store.sweep().await;
            swept.expect("what has expired can be swept").more
        };
        while swept().await {}
        for (key, life) in [(&touched, idle), (&read, idle), (&kept, LONG)] {
            assert_eq!(
                self.read(key, life).await,
                Some(data(1)),
                "no live session is swept"
            );
        }
    }
}

async fn increments(store: Arc<dyn Store>, key: Key, times: usize) {
    for _ in 0..times {
        increment(Arc::clone(&store), &key).await;
    }
}

async fn increment(store: Arc<dyn Store>, key: &Key) {
    let opened = store.open(key.clone(), PATIENCE).await;
    let opened = opened.expect("a session can be opened");
    let Opened {
        data: before,
        lease,
    } = opened.expect("the session is there");
    let count = before.values().get("count").and_then(Value::as_u64);
    let saved = lease.save(data(count.unwrap_or_default() + 1), LONG).await;
    assert_eq!(saved.expect("a session can be saved"), Written::Done);
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
