//! Sessions in the memory of the process: the fastest storage, and gone with the process.
//!
//! All workers share it. It is bounded by sessions and by bytes: where there are too many, those that have not been used for longest go first.

mod lease;
mod session;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use cached::ShardedExpiringLruCache;

use self::lease::MemoryLease;
use self::session::{Entry, Session, Stored, version};
use super::{is_there, usual};
use crate::sessions::{Data, Key, Life, Opened, Pending, Store, StoreError, Swept};

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
    /// Made with the first use, or at the start: the room for all of them is reserved then.
    sessions: OnceLock<Sessions>,
    most: usize,
    total: Arc<AtomicUsize>,
    most_bytes: usize,
    most_of_one: usize,
    /// Held by whoever puts a session under a key of its own, so that none takes the place of another.
    putting: Mutex<()>,
    /// Held by whoever makes room, so that no two remove a share each.
    making_room: Mutex<()>,
}

type Sessions = ShardedExpiringLruCache<[u8; 32], Entry>;

/// So many at most. What has to make room is gone for those who hold it as well.
fn sessions(most: usize) -> Result<Sessions, StoreError> {
    let gone = |_: &[u8; 32], entry: &Entry| *entry.0.stored() = None;
    let built = ShardedExpiringLruCache::builder()
        .max_size(most)
        .on_evict(gone)
        .build();
    built.map_err(|error| {
        StoreError::failed(format!(
            "no room for {most} sessions in memory (max_sessions): {error}"
        ))
    })
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
            sessions: OnceLock::new(),
            most: usual::MAX_SESSIONS,
            total: Arc::default(),
            most_bytes: usual::MAX_TOTAL_BYTES,
            most_of_one: usual::MAX_BYTES,
            putting: Mutex::default(),
            making_room: Mutex::default(),
        }
    }

    /// How many sessions are kept; at least one. Default: 100,000. Few are kept to the number only roughly: each of the parts that the memory is divided into keeps
    /// 16. A number that there is no memory for is an error at the start.
    #[must_use]
    pub fn max_sessions(mut self, most: usize) -> Self {
        self.most = most.max(1);
        self
    }

    /// How many bytes they have together, as JSON. Default: 256 MiB. Where there are more, those that end first go, but never the one that is being written.
    #[must_use]
    pub fn max_total_bytes(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// How many bytes one session has, as JSON. Default: 64 KiB. A larger one is refused: [`StoreError::TooLarge`].
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.most_of_one = bytes;
        self
    }

    /// How many sessions are kept, expired ones included that have not been swept yet.
    pub fn len(&self) -> usize {
        self.sessions.get().map_or(0, Sessions::len)
    }

    /// None is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn sessions(&self) -> Result<&Sessions, StoreError> {
        if let Some(sessions) = self.sessions.get() {
            return Ok(sessions);
        }
        let sessions = sessions(self.most)?;
        Ok(self.sessions.get_or_init(|| sessions))
    }

    fn stored(&self, data: Data) -> Result<Stored, StoreError> {
        let bytes = data.size()?;
        if bytes > self.most_of_one {
            return Err(StoreError::TooLarge {
                bytes,
                limit: self.most_of_one,
            });
        }
        self.total.fetch_add(bytes, Ordering::Relaxed);
        Ok(Stored {
            data,
            version: version(),
            bytes,
            total: Arc::clone(&self.total),
        })
    }

    /// After a write: if the bytes are too many now, others go.
    fn keep_to_the_limit(&self, written: &Key) {
        if self.is_too_full() {
            self.make_room(written);
        }
    }

    fn is_too_full(&self) -> bool {
        self.total.load(Ordering::Relaxed) > self.most_bytes
    }

    /// Removes what has expired, and shares of those that end first, until there is room.
    #[cold]
    fn make_room(&self, written: &Key) {
        // Whoever is at it does it for us as well.
        let (Ok(sessions), Ok(_alone)) = (self.sessions(), self.making_room.try_lock()) else {
            return;
        };
        while self.is_too_full() {
            let mut ends = Vec::with_capacity(sessions.len());
            let expired = sessions.retain(|key, Entry(session)| {
                let is_other = key != written.hash();
                ends.extend(is_other.then(|| session.end()));
                true
            });
            if !self.is_too_full() {
                return;
            }
            let share = ends.len() / SHARE;
            if ends.is_empty() {
                // The one that was written is alone, and larger than all may be.
                return;
            }
            let (_, &mut last, _) = ends.select_nth_unstable(share);
            let mut left = share + 1;
            let removed = sessions.retain(|key, Entry(session)| {
                let goes = left > 0 && key != written.hash() && session.end() <= last;
                left -= usize::from(goes);
                !goes
            });
            if expired + removed == 0 {
                // All that was to go was used meanwhile.
                return;
            }
        }
    }

    fn putting(&self) -> MutexGuard<'_, ()> {
        // What is put is there or not: a panic leaves nothing half done.
        self.putting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, key: &Key) {
        // Gone for those who hold it, too: whatever is removed is told so.
        if let Some(sessions) = self.sessions.get() {
            sessions.delete(key.hash());
        }
    }

    /// The session, if it is not older than it may be.
    fn find(&self, key: &Key, life: Life) -> Result<Option<Arc<Session>>, StoreError> {
        let Some(Entry(session)) = self.sessions()?.get(key.hash()) else {
            return Ok(None);
        };
        Ok((!session.is_too_old(life)).then_some(session))
    }

    fn read_now(&self, key: &Key, life: Life) -> Result<Option<Data>, StoreError> {
        let Some(session) = self.find(key, life)? else {
            return Ok(None);
        };
        let age = session.begun.elapsed();
        let is_fresh = session.left_at(age) >= life.fresh();
        if !is_fresh && !session.live_on(age, life) {
            return Ok(None);
        }
        let stored = session.stored();
        Ok(stored.as_ref().map(|stored| stored.data.clone()))
    }

    fn open_now(self: Arc<Self>, key: Key, life: Life) -> Result<Option<Opened>, StoreError> {
        let Some(session) = self.find(&key, life)? else {
            return Ok(None);
        };
        let known = session
            .stored()
            .as_ref()
            .map(|stored| (stored.data.clone(), stored.version));
        Ok(known.map(|(data, version)| {
            let lease = Box::new(MemoryLease {
                store: self,
                key,
                session,
                version,
            });
            Opened { data, lease }
        }))
    }

    fn create_now(&self, key: &Key, data: Data, life: Life) -> Result<(), StoreError> {
        let (sessions, stored) = (self.sessions()?, self.stored(data)?);
        let putting = self.putting();
        if sessions.contains(key.hash()) {
            return Err(is_there());
        }
        let session = Session::new(Instant::now(), stored, life);
        drop(sessions.set(*key.hash(), Entry(Arc::new(session))));
        drop(putting);
        self.keep_to_the_limit(key);
        Ok(())
    }
}

impl Store for MemoryStore {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        Pending::now(self.read_now(key, life))
    }

    fn open(
        self: Arc<Self>,
        key: Key,
        life: Life,
        _: Duration,
    ) -> Pending<'static, Option<Opened>> {
        Pending::now(self.open_now(key, life))
    }

    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::now(self.create_now(key, data, life).map(|()| None))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        self.remove(key);
        Pending::now(Ok(()))
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn sweep(&self) -> Pending<'_, Swept> {
        let removed = self.sessions.get().map_or(0, Sessions::evict);
        Pending::now(Ok(Swept {
            removed: u64::try_from(removed).unwrap_or(u64::MAX),
            more: false,
        }))
    }

    /// Reserves the room.
    fn start(&self) -> Pending<'_, ()> {
        Pending::now(self.sessions().map(drop))
    }
}
