//! What is asked about who may write.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::Value;

use super::{LONG, Trial, data};
use crate::sessions::{Key, Opened, Store, StoreError, Written};

impl Trial {
    pub(super) async fn a_lease_that_is_dropped_writes_nothing(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let opened = self.open(&key).await;
        let neighbour = self.neighbour();
        let read = tokio::time::timeout(self.patience, neighbour.read(&key, LONG)).await;
        let read = read.expect("whoever reads waits for no lease");
        let read = read.expect("a session that is held can be read");
        assert_eq!(read, Some(data(1)), "what is held is read as it was");
        drop(opened);
        let next = neighbour.open(key, LONG, self.patience).await;
        let next = next.expect("a dropped lease lets the next one in");
        let next = next.expect("a dropped lease deletes nothing");
        assert_eq!(next.data, data(1), "a dropped lease writes nothing");
    }

    /// Within a process Kirsch asks for one lease after the other. Whoever does not must be kept out or told.
    pub(super) async fn no_write_of_many_is_lost(&mut self) {
        let key = self.begun(&data(0), LONG).await;
        let stores = [Arc::clone(&self.store), self.neighbour()];
        for turn in 0..50_usize {
            self.increment(&stores[turn % 2], &key).await;
        }
        let mut expected = 50;
        if self.fences {
            let [one, two] = &stores;
            join(self.increments(one, &key), self.increments(two, &key)).await;
            expected += 50;
        }
        let read = self.read(&key, LONG).await;
        assert_eq!(read, Some(data(expected)), "no write of many is lost");
    }

    async fn increments(&self, store: &Arc<dyn Store>, key: &Key) {
        for _ in 0..25 {
            self.increment(store, key).await;
        }
    }

    /// Again, where somebody else was faster.
    async fn increment(&self, store: &Arc<dyn Store>, key: &Key) {
        for _ in 0..1_000 {
            let opened = Arc::clone(store).open(key.clone(), LONG, self.patience);
            let opened = opened.await.expect("a session can be opened");
            let Opened {
                data: before,
                lease,
            } = opened.expect("the session is there");
            // A page waits for something: even a store that waits for nothing is overtaken here, if it can be.
            tokio::task::yield_now().await;
            let count = before.values().get("count").and_then(Value::as_u64);
            let saved = lease.save(data(count.unwrap_or_default() + 1), LONG).await;
            if matches!(saved, Err(StoreError::Lost)) && self.fences {
                continue;
            }
            let saved = saved.expect("a session can be saved");
            assert_eq!(saved, Written::Done, "a session that is there can be saved");
            return;
        }
        panic!(
            "a write comes through some time: of two who have opened a session, the first that saves is not refused"
        );
    }

    /// Another lease on what is held: at once, where a store leaves it to Kirsch's queue that there is one in a process; else when the first has ended, if
    /// leases end.
    pub(super) async fn overtaking(&self, key: &Key) -> Option<Opened> {
        let neighbour = self.neighbour();
        let open = |wait| Arc::clone(&neighbour).open(key.clone(), LONG, wait);
        let opened = match open(Duration::ZERO).await {
            Err(StoreError::Busy) => {
                tokio::time::sleep(self.leases_end?).await;
                open(self.patience).await
            }
            opened => opened,
        };
        match opened {
            Ok(Some(opened)) => Some(opened),
            other => panic!("what is held is there, or busy: {other:?}"),
        }
    }

    pub(super) async fn a_lease_that_was_overtaken_is_lost(&mut self) {
        if !self.fences {
            return;
        }
        let mut held = Vec::new();
        for write in 0..3 {
            let key = self.begun(&data(1), LONG).await;
            held.push((write, self.lease(&key).await, key, self.key()));
        }
        let trial = &*self;
        let asked = held.into_iter().map(|(write, lease, key, to)| async move {
            let Some(second) = trial.overtaking(&key).await else {
                return;
            };
            let saved = second.lease.save(data(2), LONG).await;
            assert_eq!(saved.expect("whoever has it can save"), Written::Done);
            let late = match write {
                0 => lease.save(data(3), LONG).await.map(drop),
                1 => lease.touch(LONG).await.map(drop),
                _ => lease.rename(to, data(3), LONG).await.map(drop),
            };
            assert!(
                matches!(late, Err(StoreError::Lost)),
                "whoever lost his lease is told so, and not: {late:?}"
            );
            let read = trial.read(&key, LONG).await;
            assert_eq!(read, Some(data(2)), "a lost lease writes nothing");
        });
        join_all(asked).await;
    }

    pub(super) async fn another_process_waits(&mut self) {
        let Some(other) = self.other.clone().filter(|_| self.fences) else {
            return;
        };
        let key = self.begun(&data(1), LONG).await;
        let held = self.lease(&key).await;
        let short = Duration::from_millis(100);
        let busy = Arc::clone(&other).open(key.clone(), LONG, short).await;
        assert!(
            matches!(busy, Err(StoreError::Busy)),
            "whoever waits too long for a lease is told so"
        );
        let letting_go = async {
            tokio::time::sleep(short).await;
            held.save(data(2), LONG).await
        };
        let (opened, saved) = join(other.open(key, LONG, self.patience), letting_go).await;
        assert_eq!(saved.expect("the holder can save"), Written::Done);
        let opened = opened.expect("whoever waits gets the lease");
        let opened = opened.expect("and finds the session");
        assert_eq!(opened.data, data(2), "and what the holder has written");
    }
}
