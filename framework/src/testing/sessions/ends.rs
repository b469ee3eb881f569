//! What is asked about sessions that are deleted, or go elsewhere.

use futures_util::future::join_all;

use super::{LONG, Trial, data};
use crate::sessions::{Data, Key, Lease, Renamed, StoreError, Written};

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
        let read = self.read(&key, LONG).await;
        assert_eq!(read, None, "what somebody else deleted is not read");
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
        let to = moved(lease, self.key()).await;
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

    pub(super) async fn a_rename_ends_every_other_lease(&mut self) {
        let mut held = Vec::new();
        for write in [Write::Save, Write::Touch, Write::Rename] {
            let from = self.begun(&data(1), LONG).await;
            let lease = self.lease(&from).await;
            held.push((write, from, lease, [self.key(), self.key()]));
        }
        // All at once: where leases end by themselves, that is waited for.
        let trial = &*self;
        let asked = held
            .into_iter()
            .map(|(write, from, lease, keys)| async move {
                trial.a_rename_ends(write, from, lease, keys).await;
            });
        join_all(asked).await;
    }

    async fn a_rename_ends(
        &self,
        write: Write,
        from: Key,
        lease: Box<dyn Lease>,
        [to, elsewhere]: [Key; 2],
    ) {
        let Some(second) = self.overtaking(&from).await else {
            return;
        };
        let to = moved(second.lease, to).await;
        let gone = write.with(lease, elsewhere.clone()).await;
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

    pub(super) async fn a_rename_to_the_same_key_is_a_save(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let to = moved(self.lease(&key).await, key).await;
        let read = self.read(&to, LONG).await;
        assert_eq!(read, Some(data(2)), "what is renamed to itself is there");
        let saved = self.lease(&to).await.save(data(3), LONG).await;
        let saved = saved.expect("what is renamed to itself can be saved");
        assert_eq!(saved, Written::Done, "what is renamed to itself is there");
    }

    /// Where a store gives names itself, no key can be in the way of another.
    pub(super) async fn no_session_takes_the_place_of_another(&mut self) {
        let (one, other) = (self.begun(&data(1), LONG).await, self.key());
        let key = self.begun(&data(2), LONG).await;
        let created = self.store.create(&key, data(3), LONG).await;
        match created {
            Ok(Some(name)) => {
                let deleted = self.store.delete(&other.named(Some(name))).await;
                deleted.expect("a session can be deleted");
            }
            Err(StoreError::Failed(_)) => {
                let renamed = self.lease(&one).await;
                let renamed = renamed.rename(key.clone(), data(3), LONG).await;
                assert!(
                    matches!(renamed, Err(StoreError::Failed(_))),
                    "no session is renamed to one that is there: {renamed:?}"
                );
            }
            created => panic!("what is there is not created again: {created:?}"),
        }
        for (key, expected) in [(&one, data(1)), (&key, data(2))] {
            let read = self.read(key, LONG).await;
            assert_eq!(
                read.as_ref().map(Data::values),
                Some(expected.values()),
                "what is there stays as it is, also when something is to be created or renamed in its place, and is refused"
            );
        }
    }
}

/// Where the session is now, with `data(2)`.
async fn moved(lease: Box<dyn Lease>, to: Key) -> Key {
    let renamed = lease.rename(to.clone(), data(2), LONG).await;
    match renamed.expect("a session can be renamed") {
        Renamed::Done(None) => to,
        Renamed::Done(name) => to.named(name),
        Renamed::Gone => panic!("a session that is there can be renamed"),
    }
}
