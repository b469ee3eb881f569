//! Whose turn it is: requests of one session are served one after the other, in the order in which they came.
//!
//! This holds within a process. What keeps other processes out is the store's lease, which only the one whose turn it is asks for.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::sessions::Key;

/// How many requests of one session may wait. The next is refused at once.
pub(crate) const MOST_WAITING: usize = 32;

/// So many locks stand before the table, so that requests of different sessions seldom meet.
const SHARDS: usize = 32;

type Waiting = VecDeque<oneshot::Sender<Turn>>;
type Shard = Mutex<HashMap<[u8; 32], Waiting, BuildHasherDefault<Prefix>>>;

/// The queues of all sessions that are being served. One that nobody is served of takes no room.
#[derive(Debug)]
pub(crate) struct Queues {
    shards: [Shard; SHARDS],
}

/// Why nobody's turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// Too many wait already.
    Full,
    /// Too long.
    Late,
}

/// It is one's turn, until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    queues: Arc<Queues>,
    key: [u8; 32],
}

impl Queues {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            shards: std::array::from_fn(|_| Shard::default()),
        })
    }

    /// The turn, if there is nobody to wait for.
    pub(crate) fn turn_now(self: &Arc<Self>, key: &Key) -> Option<Turn> {
        let mut shard = self.shard(key.hash());
        let Entry::Vacant(vacant) = shard.entry(*key.hash()) else {
            return None;
        };
        vacant.insert(Waiting::new());
        Some(Turn {
            queues: Arc::clone(self),
            key: *key.hash(),
        })
    }

    /// Waits for one's turn, for at most `limit`. Answers how long, if there was somebody to wait for.
    pub(crate) async fn turn(
        self: &Arc<Self>,
        key: &Key,
        limit: Duration,
    ) -> Result<(Turn, Option<Duration>), NoTurn> {
        let receiver = match self.enter(*key.hash())? {
            Entered::Turn(turn) => return Ok((turn, None)),
            Entered::Waits(receiver) => receiver,
        };
        let since = Instant::now();
        match timeout(limit, receiver).await {
            Ok(Ok(turn)) => Ok((turn, Some(since.elapsed()))),
            // Nobody drops a sender without sending; should it happen, it is no reason to wait for ever.
            Ok(Err(_)) | Err(_) => Err(NoTurn::Late),
        }
    }

    fn enter(self: &Arc<Self>, key: [u8; 32]) -> Result<Entered, NoTurn> {
        let mut shard = self.shard(&key);
        let Some(waiting) = shard.get_mut(&key) else {
            shard.insert(key, Waiting::new());
            return Ok(Entered::Turn(Turn {
                queues: Arc::clone(self),
                key,
            }));
        };
        if waiting.len() >= MOST_WAITING {
            waiting.retain(|sender| !sender.is_closed());
        }
        if waiting.len() >= MOST_WAITING {
            return Err(NoTurn::Full);
        }
        let (sender, receiver) = oneshot::channel();
        waiting.push_back(sender);
        Ok(Entered::Waits(receiver))
    }

    fn shard(
        &self,
        key: &[u8; 32],
    ) -> MutexGuard<'_, HashMap<[u8; 32], Waiting, BuildHasherDefault<Prefix>>> {
        let shard = &self.shards[usize::from(key[31]) % SHARDS];
        // Nothing that is done under the lock can panic half-way.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let shards = self.shards.iter();
        shards.map(|shard| shard.lock().unwrap().len()).sum()
    }
}

enum Entered {
    Turn(Turn),
    Waits(oneshot::Receiver<Turn>),
}

impl Drop for Turn {
    /// The next one's turn. Whoever has gone away meanwhile gives it back at once: it comes here again.
    fn drop(&mut self) {
        let next = {
            let mut shard = self.queues.shard(&self.key);
            let next = shard.get_mut(&self.key).and_then(VecDeque::pop_front);
            if next.is_none() {
                shard.remove(&self.key);
            }
            next
        };
        if let Some(sender) = next {
            let turn = Self {
                queues: Arc::clone(&self.queues),
                key: self.key,
            };
            drop(sender.send(turn));
        }
    }
}

/// A key is a hash already: its first bytes are as good as any hash of it.
#[derive(Default)]
struct Prefix(u64);

impl Hasher for Prefix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(prefix) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*prefix);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[actix_rt::test]
    async fn turns_come_in_order() {
        let queues = Queues::new();
        let key = Key::of("a");
        let (first, waited) = queues.turn(&key, LONG).await.unwrap();
        assert_eq!(waited, None);
        let mut second = pin!(queues.turn(&key, LONG));
        let mut third = pin!(queues.turn(&key, LONG));
        assert!(poll(second.as_mut()).is_pending());
        assert!(poll(third.as_mut()).is_pending());
        drop(first);
        assert!(poll(third.as_mut()).is_pending());
        let Poll::Ready(Ok((second, Some(_)))) = poll(second.as_mut()) else {
            unreachable!("the second has waited longest");
        };
        assert!(poll(third.as_mut()).is_pending());
        drop(second);
        assert!(poll(third.as_mut()).is_ready());
    }

    #[actix_rt::test]
    async fn others_do_not_wait() {
        let queues = Queues::new();
        let (_one, _) = queues.turn(&Key::of("a"), LONG).await.unwrap();
        let (_other, waited) = queues.turn(&Key::of("b"), LONG).await.unwrap();
        assert_eq!(waited, None);
    }

    #[actix_rt::test]
    async fn who_goes_away_is_passed_by() {
        let queues = Queues::new();
        let key = Key::of("a");
        let (first, _) = queues.turn(&key, LONG).await.unwrap();
        let mut last = {
            let mut gone = Box::pin(queues.turn(&key, LONG));
            assert!(poll(gone.as_mut()).is_pending());
            let mut last = Box::pin(queues.turn(&key, LONG));
            assert!(poll(last.as_mut()).is_pending());
            drop(gone);
            last
        };
        drop(first);
        assert!(poll(last.as_mut()).is_ready());
        drop(last);
        assert_eq!(queues.len(), 0);
    }

    /// The turn has been given, and nobody has taken it yet.
    #[actix_rt::test]
    async fn a_turn_that_was_given_to_somebody_gone_goes_on() {
        let queues = Queues::new();
        let key = Key::of("a");
        let (first, _) = queues.turn(&key, LONG).await.unwrap();
        let mut second = Box::pin(queues.turn(&key, LONG));
        assert!(poll(second.as_mut()).is_pending());
        drop(first);
        drop(second);
        let (_third, waited) = queues.turn(&key, LONG).await.unwrap();
        assert_eq!(waited, None);
    }

    #[actix_rt::test]
    async fn too_many_and_too_long_are_refused() {
        let queues = Queues::new();
        let key = Key::of("a");
        let (_first, _) = queues.turn(&key, LONG).await.unwrap();
        let late = queues.turn(&key, Duration::from_millis(5)).await;
        assert_eq!(late.unwrap_err(), NoTurn::Late);
        let mut waiting: Vec<_> = (0..MOST_WAITING)
            .map(|_| Box::pin(queues.turn(&key, LONG)))
            .collect();
        for one in &mut waiting {
            assert!(poll(one.as_mut()).is_pending());
        }
        assert_eq!(queues.turn(&key, LONG).await.unwrap_err(), NoTurn::Full);
        // Those that have gone away make room.
        drop(waiting.pop());
        assert!(poll(pin!(queues.turn(&key, LONG))).is_pending());
    }
}
