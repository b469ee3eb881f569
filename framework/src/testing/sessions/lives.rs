//! What is asked about time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{LONG, Trial, data};
use crate::sessions::{Key, Lease, Life, Renamed, Written};

/// Stores may count in whole seconds, up or down: what lives for two is there for one, and gone after three.
const SHORT: Duration = Duration::from_secs(2);
/// When all that is not used is gone: a second later than it should, and a little.
const SLACK: Duration = Duration::from_millis(1_200);
/// A machine on which two uses are further apart than half of this is none to test on.
const SLOWEST: Duration = Duration::from_mins(1);

/// Sessions that all begin at once.
struct Lives {
    idle: Life,
    absolute: Life,
    /// Nobody looks at them before they are swept.
    unseen: [Key; 3],
    unused: Key,
    held: [(Key, Box<dyn Lease>); 2],
    /// Used for as long as it takes, in each way.
    used: [Key; 3],
    /// Used as much, and nevertheless over: by reading, by writing, and by giving them other keys.
    over: [Key; 3],
    kept: Key,
}

impl Trial {
    /// All that has to wait for the clock waits at once. Where the machine stands still for so long that what is used ends all the same, no store is
    /// to blame: it is asked again, with more time.
    pub(super) async fn lives_end(&mut self) {
        let mut short = SHORT;
        while !self.lives_of(short).await {
            short *= 2;
            assert!(
                short < SLOWEST,
                "this machine is too slow to ask about time"
            );
        }
    }

    /// Who is older than is allowed today is gone, whatever was allowed when it was written.
    pub(super) async fn a_shorter_life_holds_at_once(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let over = Life {
            absolute: Some(Duration::ZERO),
            ..LONG
        };
        let opened = Arc::clone(&self.store).open(key.clone(), over, self.patience);
        let opened = opened.await.expect("a session can be opened");
        assert!(opened.is_none(), "what is too old today is not opened");
        let read = self.read(&key, over).await;
        assert_eq!(read, None, "what is too old today is not read");
    }

    /// Whether it could be asked.
    async fn lives_of(&mut self, short: Duration) -> bool {
        let begun = Instant::now();
        let mut lives = self.lives(short).await;
        let mut last = begun;
        while begun.elapsed() < short + SLACK {
            tokio::time::sleep(short / 8).await;
            let now = Instant::now();
            let alive = self.use_all(&lives).await;
            // A store that counts in whole seconds may take off one.
            if last.elapsed() >= short / 2 {
                return false;
            }
            assert_eq!(alive, [true; 3], "who is read, touched or saved lives on");
            last = now;
            lives.over[2] = self.moved(&lives.over[2], lives.absolute).await;
        }
        self.all_is_over(lives).await;
        true
    }

    async fn lives(&mut self, short: Duration) -> Lives {
        let (idle, absolute) = (
            Life {
                idle: short,
                absolute: None,
            },
            Life {
                absolute: Some(short),
                ..LONG
            },
        );
        let one = &data(1);
        let held = [self.begun(one, idle).await, self.begun(one, absolute).await];
        let leases = [self.lease(&held[0]).await, self.lease(&held[1]).await];
        let ([key, other], [lease, others]) = (held, leases);
        Lives {
            idle,
            absolute,
            unseen: [
                self.begun(one, idle).await,
                self.begun(one, idle).await,
                self.begun(one, absolute).await,
            ],
            unused: self.begun(one, idle).await,
            held: [(key, lease), (other, others)],
            used: [
                self.begun(one, idle).await,
                self.begun(one, idle).await,
                self.begun(one, idle).await,
            ],
            over: [
                self.begun(one, absolute).await,
                self.begun(one, absolute).await,
                self.begun(one, absolute).await,
            ],
            kept: self.begun(one, LONG).await,
        }
    }

    /// Uses whatever is used. Answers what of it is still there.
    async fn use_all(&self, lives: &Lives) -> [bool; 3] {
        let (idle, absolute) = (lives.idle, lives.absolute);
        drop(self.read(&lives.over[0], absolute).await);
        self.saved(&lives.over[1], absolute).await;
        let [read, touched, saved] = &lives.used;
        let touched = match self.opened(touched).await {
            Some(opened) => opened.lease.touch(idle).await,
            None => Ok(Written::Gone),
        };
        [
            self.read(read, idle).await.is_some(),
            touched.expect("a session can be touched") == Written::Done,
            self.saved(saved, idle).await,
        ]
    }

    /// Whether it is still there to be saved.
    async fn saved(&self, key: &Key, life: Life) -> bool {
        let Some(opened) = self.opened(key).await else {
            return false;
        };
        let saved = opened.lease.save(data(1), life).await;
        saved.expect("a session can be saved") == Written::Done
    }

    /// The same session under another key: it is no younger there.
    async fn moved(&mut self, from: &Key, life: Life) -> Key {
        let to = self.key();
        let Some(opened) = self.opened(from).await else {
            return to;
        };
        let renamed = opened.lease.rename(to.clone(), data(1), life).await;
        match renamed.expect("a session can be renamed") {
            Renamed::Done(name) => to.named(name),
            Renamed::Gone => to,
        }
    }

    async fn all_is_over(&self, lives: Lives) {
        let (idle, absolute) = (lives.idle, lives.absolute);
        self.is_over(&lives.unused, idle, "has expired").await;
        for (key, words) in lives.over.iter().zip([
            "is old, however much it is read,",
            "is old, however much it is written,",
            "is old, whatever its key is,",
        ]) {
            self.is_over(key, absolute, words).await;
        }
        for ((key, lease), life) in lives.held.into_iter().zip([idle, absolute]) {
            let saved = lease.save(data(2), life).await;
            assert!(
                matches!(saved, Ok(Written::Gone)) || !self.fences,
                "nothing is written that has expired, whoever holds it: {saved:?}"
            );
            self.is_over(&key, life, "has expired under a lease").await;
        }
        let removed = self.sweep().await;
        assert!(
            removed >= 3 || !self.sweeps,
            "a sweep removes what has expired: {removed} of {}",
            lives.unseen.len()
        );
        for key in lives.used.iter().chain([&lives.kept]) {
            let read = self.read(key, LONG).await;
            assert_eq!(read, Some(data(1)), "no live session is swept");
        }
    }

    async fn is_over(&self, key: &Key, life: Life, words: &str) {
        let opened = self.opened(key).await;
        assert!(opened.is_none(), "what {words} is never opened again");
        let read = self.read(key, life).await;
        assert_eq!(read, None, "what {words} is never read again");
    }

    async fn sweep(&self) -> u64 {
        let mut removed = 0;
        // An honest store has not that many slices.
        for _ in 0..10_000 {
            let swept = self.store.sweep().await;
            let swept = swept.expect("what has expired can be swept");
            removed += swept.removed;
            if !swept.more {
                return removed;
            }
        }
        panic!("a sweep comes to an end");
    }
}
