//! The right to write one session.

use std::sync::{Arc, MutexGuard};

use super::session::{Entry, Session, Stored};
use super::{MemoryStore, is_there};
use crate::sessions::{Data, Key, Lease, Life, Pending, Renamed, StoreError, Written};

/// A session that was opened: it can be written as long as nobody else has.
#[derive(Debug)]
pub(super) struct MemoryLease {
    pub(super) store: Arc<MemoryStore>,
    pub(super) key: Key,
    pub(super) session: Arc<Session>,
    pub(super) version: u64,
}

/// The session under its lock, for as long as it is written.
type Own<'a> = MutexGuard<'a, Option<Stored>>;

impl MemoryLease {
    /// What is stored, as it was when it was opened. It lives on then. `None`: it is gone.
    ///
    /// # Errors
    /// [`StoreError::Lost`]: somebody else has written it since.
    fn own(&self, life: Life) -> Result<Option<Own<'_>>, StoreError> {
        let stored = self.session.stored();
        let Some(version) = stored.as_ref().map(|stored| stored.version) else {
            return Ok(None);
        };
        let age = self.session.begun.elapsed();
        if version == self.version {
            return Ok(self.session.live_on(age, life).then_some(stored));
        }
        if self.session.left_at(age).is_zero() {
            return Ok(None);
        }
        Err(StoreError::Lost)
    }

    fn save_now(&self, data: Data, life: Life) -> Result<Written, StoreError> {
        let fresh = self.store.stored(data)?;
        let Some(mut stored) = self.own(life)? else {
            return Ok(Written::Gone);
        };
        *stored = Some(fresh);
        drop(stored);
        self.store.keep_to_the_limit(&self.key);
        Ok(Written::Done)
    }

    fn touch_now(&self, life: Life) -> Result<Written, StoreError> {
        Ok(match self.own(life)? {
            Some(_) => Written::Done,
            None => Written::Gone,
        })
    }

    fn rename_now(&self, to: &Key, data: Data, life: Life) -> Result<Renamed, StoreError> {
        if to.hash() == self.key.hash() {
            return Ok(match self.save_now(data, life)? {
                Written::Done => Renamed::Done(None),
                Written::Gone => Renamed::Gone,
            });
        }
        let (sessions, fresh) = (self.store.sessions()?, self.store.stored(data)?);
        let putting = self.store.putting();
        if sessions.contains(to.hash()) {
            return Err(is_there());
        }
        let Some(mut stored) = self.own(life)? else {
            return Ok(Renamed::Gone);
        };
        // From here on, nobody who holds the old one can write it.
        *stored = None;
        drop(stored);
        let session = Session::new(self.session.begun, fresh, life);
        drop(sessions.set(*to.hash(), Entry(Arc::new(session))));
        drop(putting);
        self.store.remove(&self.key);
        self.store.keep_to_the_limit(to);
        Ok(Renamed::Done(None))
    }
}

impl Lease for MemoryLease {
    fn save(self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written> {
        Pending::now(self.save_now(data, life))
    }

    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        Pending::now(self.touch_now(life))
    }

    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        Pending::now(self.rename_now(&to, data, life))
    }

    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        self.store.remove(&self.key);
        Pending::now(Ok(()))
    }
}
