//! The right to write one session.

use std::sync::{Arc, MutexGuard};

use super::MemoryStore;
use super::session::{Session, Stored};
use crate::sessions::{Data, Key, Lease, Life, Pending, Renamed, StoreError, Written};

/// A session that was opened: it can be written as long as nobody else has.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) store: Arc<MemoryStore>,
    pub(super) key: Key,
    pub(super) session: Arc<Session>,
    pub(super) version: u64,
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
