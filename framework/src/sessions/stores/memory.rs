//! Sessions in the memory of the process: the fastest storage, and gone with the process.
//!
//! All workers share it. It is bounded by sessions and by bytes: where there are too many, those that have not been used for longest go first.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cached::{Expires, ShardedExpiringLruCache};

use crate::sessions::{
    Data, Key, Lease, Life, Opened, Pending, Renamed, Store, StoreError, Swept, Written,
};

/// How many sessions are kept. More are the memory of a process that should have another storage.
const MOST: usize = 100_000;
/// How many bytes they have together, as JSON.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// How many bytes one has, as JSON.
const MOST_OF_ONE: usize = 64 * 1024;
/// Writers of one session come one after the other; so many of different ones at once.
const STRIPES: usize = 64;
/// Where the bytes are too many, a sixteenth of the sessions goes at once: that is seldom then.
const SHARE: usize = 16;

/// Sessions in memory.
///
/// # Examples
/// ```
/// use kirsch::sessions::stores::MemoryStore;
///
/// let store = MemoryStore::new().max_sessions(10_000).max_total_bytes(16 * 1024 * 1024);
/// assert_eq!(store.len(), 0);
/// ```
#[derive(Debug)]
pub struct MemoryStore {
    sessions: ShardedExpiringLruCache<[u8; 32], Entry>,
    stripes: [Mutex<()>; STRIPES],
    total: Arc<AtomicUsize>,
    most_bytes: usize,
    most_of_one: usize,
    versions: AtomicU64,
}

/// A session as it is kept. A copy shares everything.
#[derive(Debug, Clone)]
struct Entry {
    stored: Arc<Stored>,
    begun: Instant,
    expires: Instant,
    /// No two writes have the same.
    version: u64,
}

/// What is counted for as long as it is kept.
#[derive(Debug)]
struct Stored {
    data: Data,
    bytes: usize,
    total: Arc<AtomicUsize>,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Expires for Entry {
    fn is_expired(&self) -> bool {
        self.expires <= Instant::now()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// Room for 100,000 sessions of at most 64 KiB each, and 256 MiB together.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sessions: ShardedExpiringLruCache::new(MOST),
            stripes: std::array::from_fn(|_| Mutex::new(())),
            total: Arc::default(),
            most_bytes: MOST_BYTES,
            most_of_one: MOST_OF_ONE,
            versions: AtomicU64::new(0),
        }
    }

    /// How many sessions are kept; at least one. Few are kept to the number only roughly: each of the parts that the memory is divided into keeps 16.
    #[must_use]
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.sessions = ShardedExpiringLruCache::new(sessions.max(1));
        self
    }

    /// How many bytes they have together, as JSON.
    #[must_use]
    pub fn max_total_bytes(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// How many bytes one session has, as JSON. A larger one is refused: [`StoreError::TooLarge`].
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.most_of_one = bytes;
        self
    }

    /// How many sessions are kept, expired ones included that have not been swept yet.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// None is kept.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    fn stripe(&self, key: &Key) -> MutexGuard<'_, ()> {
        let stripe = &self.stripes[stripe(key)];
        stripe.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stripes of two keys, always in the same order.
    fn both(&self, one: &Key, other: &Key) -> (MutexGuard<'_, ()>, Option<MutexGuard<'_, ()>>) {
        match stripe(one).cmp(&stripe(other)) {
            std::cmp::Ordering::Less => {
                let first = self.stripe(one);
                (first, Some(self.stripe(other)))
            }
            std::cmp::Ordering::Equal => (self.stripe(one), None),
            std::cmp::Ordering::Greater => {
                let first = self.stripe(other);
                (first, Some(self.stripe(one)))
            }
        }
    }

    fn stored(&self, data: Data) -> Result<Arc<Stored>, StoreError> {
        let bytes = data.size();
        if bytes > self.most_of_one {
            return Err(StoreError::TooLarge {
                bytes,
                limit: self.most_of_one,
            });
        }
        let total = self.total.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let stored = Stored {
            data,
            bytes,
            total: Arc::clone(&self.total),
        };
        if total > self.most_bytes {
            self.make_room();
        }
        Ok(Arc::new(stored))
    }

    /// Removes what has expired, and a share of those that end first.
    fn make_room(&self) {
        let mut ends = Vec::with_capacity(self.sessions.len());
        self.sessions.retain(|_, entry| {
            ends.push(entry.expires);
            true
        });
        if ends.is_empty() || self.total.load(Ordering::Relaxed) <= self.most_bytes {
            return;
        }
        let share = ends.len() / SHARE;
        let (_, &mut end, _) = ends.select_nth_unstable(share);
        self.sessions.retain(|_, entry| entry.expires > end);
    }

    fn put(&self, key: &Key, stored: Arc<Stored>, begun: Instant, life: Life) {
        let entry = Entry {
            stored,
            begun,
            expires: end(begun, life),
            version: self.versions.fetch_add(1, Ordering::Relaxed),
        };
        drop(self.sessions.set(*key.hash(), entry));
    }

    /// The session, if it is still as it was when it was opened.
    fn unchanged(&self, key: &Key, version: u64) -> Option<Entry> {
        let entry = self.sessions.peek(key.hash())?;
        (entry.version == version).then_some(entry)
    }

    fn read_now(&self, key: &Key, life: Life) -> Option<Data> {
        let entry = self.sessions.get(key.hash())?;
        if entry.expires.saturating_duration_since(Instant::now()) < life.idle / 10 * 9 {
            let _stripe = self.stripe(key);
            if let Some(same) = self.unchanged(key, entry.version) {
                let expires = end(same.begun, life);
                drop(self.sessions.set(*key.hash(), Entry { expires, ..same }));
            }
        }
        Some(entry.stored.data.clone())
    }
}

fn stripe(key: &Key) -> usize {
    usize::from(key.hash()[0]) % STRIPES
}

fn end(begun: Instant, life: Life) -> Instant {
    let now = Instant::now();
    let idle = now.checked_add(life.idle);
    let last = life
        .absolute
        .and_then(|absolute| begun.checked_add(absolute));
    match (idle, last) {
        (Some(idle), Some(last)) => idle.min(last),
        (Some(end), None) | (None, Some(end)) => end,
        // Longer than the clock counts is as good as for ever: as long as a century.
        (None, None) => now + Duration::from_secs(100 * 365 * 24 * 60 * 60),
    }
}

fn ready<'a, T: 'a>(answer: Result<T, StoreError>) -> Pending<'a, T> {
    Box::pin(std::future::ready(answer))
}

impl Store for MemoryStore {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        ready(Ok(self.read_now(key, life)))
    }

    fn open(self: Arc<Self>, key: Key, _: Duration) -> Pending<'static, Option<Opened>> {
        let entry = self.sessions.get(key.hash());
        ready(Ok(entry.map(|entry| Opened {
            data: entry.stored.data.clone(),
            lease: Box::new(Held {
                store: self,
                key,
                version: entry.version,
            }),
        })))
    }

    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        ready(self.stored(data).map(|stored| {
            let _stripe = self.stripe(key);
            self.put(key, stored, Instant::now(), life);
            None
        }))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        let _stripe = self.stripe(key);
        self.sessions.delete(key.hash());
        ready(Ok(()))
    }

    fn sweep(&self) -> Pending<'_, Swept> {
        let removed = u64::try_from(self.sessions.evict()).unwrap_or(u64::MAX);
        ready(Ok(Swept {
            removed,
            more: false,
        }))
    }
}

/// A session that was opened: it can be written as long as nobody else has.
#[derive(Debug)]
struct Held {
    store: Arc<MemoryStore>,
    key: Key,
    version: u64,
}

impl Held {
    fn save_now(&self, data: Data, life: Life) -> Result<Written, StoreError> {
        let stored = self.store.stored(data)?;
        let _stripe = self.store.stripe(&self.key);
        let Some(entry) = self.store.unchanged(&self.key, self.version) else {
            return Ok(Written::Gone);
        };
        self.store.put(&self.key, stored, entry.begun, life);
        Ok(Written::Done)
    }

    fn touch_now(&self, life: Life) -> Written {
        let _stripe = self.store.stripe(&self.key);
        let Some(entry) = self.store.unchanged(&self.key, self.version) else {
            return Written::Gone;
        };
        self.store.put(&self.key, entry.stored, entry.begun, life);
        Written::Done
    }

    fn rename_now(&self, to: &Key, data: Data, life: Life) -> Result<Renamed, StoreError> {
        let stored = self.store.stored(data)?;
        let _stripes = self.store.both(&self.key, to);
        let Some(entry) = self.store.unchanged(&self.key, self.version) else {
            return Ok(Renamed::Gone);
        };
        self.store.sessions.delete(self.key.hash());
        self.store.put(to, stored, entry.begun, life);
        Ok(Renamed::Done(None))
    }
}

impl Lease for Held {
    fn save(self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written> {
        ready(self.save_now(data, life))
    }

    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        ready(Ok(self.touch_now(life)))
    }

    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        ready(self.rename_now(&to, data, life))
    }

    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        let _stripe = self.store.stripe(&self.key);
        self.store.sessions.delete(self.key.hash());
        ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    const HOUR: Life = Life {
        idle: Duration::from_secs(3600),
        absolute: None,
    };

    fn data(bytes: usize) -> Data {
        let text = Value::String("x".repeat(bytes));
        Map::from_iter([("text".to_owned(), text)]).into()
    }

    async fn fill(store: &MemoryStore, sessions: usize, bytes: usize) {
        for number in 0..sessions {
            let key = Key::of(&number.to_string());
            store.create(&key, data(bytes), HOUR).await.unwrap();
        }
    }

    #[actix_rt::test]
    async fn sessions_are_bounded() {
        let store = MemoryStore::new().max_sessions(1_000);
        fill(&store, 5_000, 1).await;
        assert!(store.len() <= 1_000 + 16 * 64, "{}", store.len());
        let last = store.read(&Key::of("4999"), HOUR).await.unwrap();
        assert_eq!(last, Some(data(1)));
    }

    #[actix_rt::test]
    async fn bytes_are_bounded_and_counted() {
        let store = MemoryStore::new().max_total_bytes(100_000);
        fill(&store, 1_000, 1_000).await;
        let total = store.total.load(Ordering::Relaxed);
        assert!((50_000..=100_000).contains(&total), "{total}");
        let last = store.read(&Key::of("999"), HOUR).await.unwrap();
        assert_eq!(last, Some(data(1_000)));
        for number in 0..1_000 {
            store.delete(&Key::of(&number.to_string())).await.unwrap();
        }
        assert_eq!((store.total.load(Ordering::Relaxed), store.len()), (0, 0));
    }

    #[actix_rt::test]
    async fn one_that_is_too_large_is_refused_and_the_old_one_stays() {
        let store = Arc::new(MemoryStore::new());
        let key = Key::of("a");
        store.create(&key, data(10), HOUR).await.unwrap();
        let opened = Arc::clone(&store).open(key.clone(), HOUR.idle).await;
        let lease = opened.unwrap().unwrap().lease;
        let refused = lease.save(data(70_000), HOUR).await.unwrap_err();
        assert!(matches!(
            refused,
            StoreError::TooLarge { limit: 65_536, .. }
        ));
        assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(10)));
    }
}
