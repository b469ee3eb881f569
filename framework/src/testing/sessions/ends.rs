//! What is asked about sessions that are deleted, or go elsewhere.

use std::time::Duration;

use super::{LONG, Trial, data};
use crate::sessions::{Key, Lease, Renamed, StoreError, Written};

/// What may be done with a lease.
#[derive(Debug, Clone, Copy)]
enum Write {
    Save,
    Touch,
    Rename,
    Delete,
}

impl Write {
    /// Does it, and answers whether the session is said to be gone.
    async fn with(self, lease: Box<dyn Lease>, to: Key) -> Result<bool, StoreError> {
        match self {
            Self::Save => Ok(lease.save(data(2), LONG).await? == Written::Gone),
            Self::Touch => Ok(lease.touch(LONG).await? == Written::Gone),
            Self::Rename => Ok(lease.rename(to, data(2), LONG).await? == Renamed::Gone),
            Self::Delete => lease.delete().await.map(|()| true),
        }
    }
}

impl Trial {
    pub(super) async fn what_is_deleted_stays_deleted(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let deleted = self.lease(&key).await.delete().await;
        deleted.expect("a session can be deleted");
        let read = self.read(&key, LONG).await;
        assert_eq!(read, None, "a deleted session is gone");
        for write in [Write::Save, Write::Touch, Write::Rename, Write::Delete] {
            self.no_write_brings_back(write).await;
        }
    }

    async fn no_write_brings_back(&mut self, write: Write) {
        let (key, to) = (self.begun(&data(1), LONG).await, self.key());
        let lease = self.lease(&key).await;
        for _ in 0..2 {
            let deleted = self.neighbour().delete(&key).await;
            deleted.expect("a session can be deleted by its key, whoever holds it, and again");
        }
        let gone = write.with(lease, to.clone()).await;
        let gone = gone.expect("a write to what is gone is no failure");
        assert!(
            gone || !self.fences,
            "a {write:?} of a deleted session says that it is gone"
        );
        for key in [&key, &to] {
            let read = self.read(key, LONG).await;
            assert_eq!(read, None, "no {write:?} brings a deleted session back");
        }
    }

    pub(super) async fn what_is_renamed_is_somewhere_else(&mut self) {
        let from = self.begun(&data(1), LONG).await;
        let lease = self.lease(&from).await;
        let to = self.renamed(lease).await;
        let read = self.read(&from, LONG).await;
        assert_eq!(read, None, "the old key is nobody's");
        let opened = self.opened(&from).await;
        assert!(opened.is_none(), "the old key is nobody's");
        let read = self.read(&to, LONG).await;
        assert_eq!(read, Some(data(2)), "the new key has the session");
        let saved = self.lease(&to).await.save(data(3), LONG).await;
        let saved = saved.expect("a renamed session can be saved");
        assert_eq!(saved, Written::Done, "a renamed session can be saved");
    }

    /// Where a store leaves it to Kirsch's queue that there is one lease in a process, there can be two.
    pub(super) async fn a_rename_ends_every_other_lease(&mut self) {
        for write in [Write::Save, Write::Touch, Write::Rename] {
            let from = self.begun(&data(1), LONG).await;
            let lease = self.lease(&from).await;
            let second = self
                .neighbour()
                .open(from.clone(), LONG, Duration::ZERO)
                .await;
            let second = match second {
                Ok(Some(opened)) => opened.lease,
                Err(StoreError::Busy) => return,
                other => panic!("what is held is there, or busy: {other:?}"),
            };
            let (to, elsewhere) = (self.renamed(lease).await, self.key());
            let gone = write.with(second, elsewhere.clone()).await;
            let gone = gone.expect("a write to what was renamed is no failure");
            assert!(
                gone || !self.fences,
                "a {write:?} under the old key says that it is gone"
            );
            for (key, expected) in [(&from, None), (&elsewhere, None), (&to, Some(data(2)))] {
                let read = self.read(key, LONG).await;
                assert_eq!(read, expected, "a {write:?} under the old key does nothing");
            }
        }
    }

    /// Where the session is now, with `data(2)`.
    async fn renamed(&mut self, lease: Box<dyn Lease>) -> Key {
        let to = self.key();
        let renamed = lease.rename(to.clone(), data(2), LONG).await;
        let Renamed::Done(name) = renamed.expect("a session can be renamed") else {
            panic!("a session that is there can be renamed");
        };
        to.named(name)
    }
}
