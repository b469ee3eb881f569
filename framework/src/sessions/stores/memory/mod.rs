//! Sessions in the memory of the process: the fastest storage, and gone with the process.
//!
//! All workers share it. It is bounded by sessions and by bytes: where there are too many, those that have not been used for longest go first.

mod lease;
mod session;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cached::ShardedExpiringLruCache;

use self::lease::Held;
use self::session::{Entry, Session, Stored, version};
use crate::sessions::{Data, Key, Life, Opened, Pending, Store, StoreError, Swept};

/// How many sessions are kept. More are the memory of a process that should have another storage.
const MOST: usize = 100_000;
/// How many bytes they have together, as JSON.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// How many bytes one has, as JSON.
const MOST_OF_ONE: usize = 64 * 1024;
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
    sessions: Sessions,
    total: Arc<AtomicUsize>,
    most_bytes: usize,
    most_of_one: usize,
}

type Sessions = ShardedExpiringLruCache<[u8; 32], Entry>;

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
        let bytes = data.size()?;
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

    /// The session, if it is not older than it may be.
    fn find(&self, key: &Key, life: Life) -> Option<(Arc<Session>, Duration)> {
        let Entry(session) = self.sessions.get(key.hash())?;
        let age = session.begun.elapsed();
        let is_old = life.absolute.is_some_and(|absolute| age >= absolute);
        (!is_old).then_some((session, age))
    }

    fn read_now(&self, key: &Key, life: Life) -> Option<Data> {
        let (session, age) = self.find(key, life)?;
        if session.left_at(age) < life.idle / 10 * 9 {
            session.live_on(age, life);
        }
        let stored = session.stored();
        stored.as_ref().map(|stored| stored.data.clone())
    }

    fn open_now(self: Arc<Self>, key: Key, life: Life) -> Option<Opened> {
        let (session, _) = self.find(&key, life)?;
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

    fn open(
        self: Arc<Self>,
        key: Key,
        life: Life,
        _: Duration,
    ) -> Pending<'static, Option<Opened>> {
        Pending::now(Ok(self.open_now(key, life)))
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
