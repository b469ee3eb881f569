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
/// Where the bytes are too many, a sixteenth of the sessions goes at once: that is seldom then.
const SHARE: usize = 16;
/// As good as for ever: a century.
const FOR_EVER: Duration = Duration::from_hours(100 * 365 * 24);

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
    sessions: Sessions,
    total: Arc<AtomicUsize>,
    most_bytes: usize,
    most_of_one: usize,
}

type Sessions = ShardedExpiringLruCache<[u8; 32], Entry>;

/// A session as it is kept. A copy is the same session.
#[derive(Debug, Clone)]
struct Entry(Arc<Session>);

#[derive(Debug)]
struct Session {
    begun: Instant,
    /// Nanoseconds after `begun`: looked at without the lock.
    ends: AtomicU64,
    /// `None`: it is gone, whoever may still hold it.
    stored: Mutex<Option<Stored>>,
}

/// What is counted for as long as it is kept.
#[derive(Debug)]
struct Stored {
    data: Data,
    /// No two writes have the same.
    version: u64,
    bytes: usize,
    total: Arc<AtomicUsize>,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Session {
    fn new(begun: Instant, stored: Stored, life: Life) -> Self {
        Self {
            begun,
            ends: AtomicU64::new(ends(begun.elapsed(), life)),
            stored: Mutex::new(Some(stored)),
        }
    }

    fn stored(&self) -> MutexGuard<'_, Option<Stored>> {
        // Nothing that is done under the lock can panic half-way.
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is left of its life.
    fn left(&self) -> Duration {
        self.left_at(self.begun.elapsed())
    }

    fn left_at(&self, age: Duration) -> Duration {
        let life = Duration::from_nanos(self.ends.load(Ordering::Relaxed));
        life.saturating_sub(age)
    }

    /// It was used at this age.
    fn live_on(&self, age: Duration, life: Life) {
        self.ends.store(ends(age, life), Ordering::Relaxed);
    }
}

impl Expires for Entry {
    fn is_expired(&self) -> bool {
        self.0.left().is_zero()
    }
}

/// At how many nanoseconds a session ends that is used at this age.
fn ends(age: Duration, life: Life) -> u64 {
    let idle = age.saturating_add(life.idle);
    let ends = idle.min(life.absolute.unwrap_or(FOR_EVER)).min(FOR_EVER);
    u64::try_from(ends.as_nanos()).unwrap_or(u64::MAX)
}

/// A number that no write has had.
fn version() -> u64 {
    static VERSIONS: AtomicU64 = AtomicU64::new(0);
    VERSIONS.fetch_add(1, Ordering::Relaxed)
}

/// So many at most. What has to make room is gone for those who hold it as well.
fn sessions(most: usize) -> Sessions {
    let gone = |_: &[u8; 32], entry: &Entry| *entry.0.stored() = None;
    let built = ShardedExpiringLruCache::builder()
        .max_size(most.max(1))
        .on_evict(gone)
        .build();
    // Refused are only sizes of zero.
    built.unwrap_or_else(|_| ShardedExpiringLruCache::new(most.max(1)))
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
            sessions: sessions(MOST),
            total: Arc::default(),
            most_bytes: MOST_BYTES,
            most_of_one: MOST_OF_ONE,
        }
    }

    /// How many sessions are kept; at least one. Few are kept to the number only roughly: each of the parts that the memory is divided into keeps 16.
    #[must_use]
    pub fn max_sessions(mut self, most: usize) -> Self {
        self.sessions = sessions(most);
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

    fn stored(&self, data: Data) -> Result<Stored, StoreError> {
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
            version: version(),
            bytes,
            total: Arc::clone(&self.total),
        };
        if total > self.most_bytes {
            self.make_room();
        }
        Ok(stored)
    }

    /// Removes what has expired, and a share of those that end first.
    fn make_room(&self) {
        let mut ends = Vec::with_capacity(self.sessions.len());
        self.sessions.retain(|_, entry| {
            ends.push(entry.0.left());
            true
        });
        if ends.is_empty() || self.total.load(Ordering::Relaxed) <= self.most_bytes {
            return;
        }
        let share = ends.len() / SHARE;
        let (_, &mut end, _) = ends.select_nth_unstable(share);
        self.sessions.retain(|_, entry| entry.0.left() > end);
    }

    fn put(&self, key: &Key, session: Session) {
        drop(self.sessions.set(*key.hash(), Entry(Arc::new(session))));
    }

    fn remove(&self, key: &Key) {
        // Gone for those who hold it, too: whatever is removed is told so.
        self.sessions.delete(key.hash());
    }

    fn read_now(&self, key: &Key, life: Life) -> Option<Data> {
        let Entry(session) = self.sessions.get(key.hash())?;
        let age = session.begun.elapsed();
        if session.left_at(age) < life.idle / 10 * 9 {
            session.live_on(age, life);
        }
        let stored = session.stored();
        stored.as_ref().map(|stored| stored.data.clone())
    }

    fn open_now(self: Arc<Self>, key: Key) -> Option<Opened> {
        let Entry(session) = self.sessions.get(key.hash())?;
        let known = session
            .stored()
            .as_ref()
            .map(|stored| (stored.data.clone(), stored.version));
        let (data, version) = known?;
        let lease = Box::new(Held {
            store: self,
            key,
            session,
            version,
        });
        Some(Opened { data, lease })
    }
}

impl Store for MemoryStore {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        Pending::now(Ok(self.read_now(key, life)))
    }

    fn open(self: Arc<Self>, key: Key, _: Duration) -> Pending<'static, Option<Opened>> {
        Pending::now(Ok(self.open_now(key)))
    }

    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::now(self.stored(data).map(|stored| {
            self.put(key, Session::new(Instant::now(), stored, life));
            None
        }))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        self.remove(key);
        Pending::now(Ok(()))
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn sweep(&self) -> Pending<'_, Swept> {
        let removed = u64::try_from(self.sessions.evict()).unwrap_or(u64::MAX);
        Pending::now(Ok(Swept {
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
    session: Arc<Session>,
    version: u64,
}

impl Held {
    /// What is stored, if it is still as it was when it was opened. It lives on then.
    fn unchanged(&self, life: Life) -> Option<MutexGuard<'_, Option<Stored>>> {
        let stored = self.session.stored();
        let is_same = |stored: &Stored| stored.version == self.version;
        let age = self.session.begun.elapsed();
        if !stored.as_ref().is_some_and(is_same) || self.session.left_at(age).is_zero() {
            return None;
        }
        self.session.live_on(age, life);
        Some(stored)
    }

    fn save_now(&self, data: Data, life: Life) -> Result<Written, StoreError> {
        let fresh = self.store.stored(data)?;
        Ok(match self.unchanged(life) {
            Some(mut stored) => {
                *stored = Some(fresh);
                Written::Done
            }
            None => Written::Gone,
        })
    }

    fn touch_now(&self, life: Life) -> Written {
        match self.unchanged(life) {
            Some(_) => Written::Done,
            None => Written::Gone,
        }
    }

    fn rename_now(&self, to: &Key, data: Data, life: Life) -> Result<Renamed, StoreError> {
        let fresh = self.store.stored(data)?;
        let Some(mut stored) = self.unchanged(life) else {
            return Ok(Renamed::Gone);
        };
        // From here on, nobody who holds the old one can write it.
        *stored = None;
        drop(stored);
        self.store
            .put(to, Session::new(self.session.begun, fresh, life));
        self.store.remove(&self.key);
        Ok(Renamed::Done(None))
    }
}

impl Lease for Held {
    fn save(self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written> {
        Pending::now(self.save_now(data, life))
    }

    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        Pending::now(Ok(self.touch_now(life)))
    }

    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        Pending::now(self.rename_now(&to, data, life))
    }

    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        self.store.remove(&self.key);
        Pending::now(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    const HOUR: Life = Life {
        idle: Duration::from_hours(1),
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
