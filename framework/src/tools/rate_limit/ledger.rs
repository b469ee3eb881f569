//! What is remembered of those who ask: a number for each, in memory that never grows.
//!
//! A table of small sets, as a processor's cache has it. A key can stand in one set only, and looks at all of its places; when they are taken, it
//! gets the place of the one who will be forgotten soonest anyway. There is nothing to sweep, and nothing that many keys could make slow.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::http::rate::{Decision, Quota, decide};

/// How many places a set has.
const WAYS: usize = 16;

/// Places for each key that is to be remembered: with two, one set in 300 has more keys than places when all have come.
const ROOM: usize = 2;

/// So many workers at once do not wait for each other.
const SHARDS: usize = 64;

/// A key, and until when it must be remembered, in nanoseconds; zero is a free place.
type Place = [u64; 2];

#[derive(Debug)]
pub(super) struct Ledger {
    /// Each holds whole sets. Untouched pages of memory are not really there.
    shards: Box<[Mutex<Vec<Place>>]>,
    /// Keyed anew in each process: nobody can choose who falls into whose set.
    hasher: RandomState,
}

impl Ledger {
    /// Room for about so many.
    pub(super) fn new(keys: usize) -> Self {
        let sets = keys.saturating_mul(ROOM).div_ceil(WAYS).max(1);
        let shards = sets.min(SHARDS);
        let places = sets.div_ceil(shards) * WAYS;
        let shards = (0..shards).map(|_| Mutex::new(vec![[0; 2]; places]));
        Self {
            shards: shards.collect(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Decides for the key, and remembers it. Times are nanoseconds after any beginning.
    pub(super) fn decide(&self, quota: Quota, key: u64, now: u64) -> Decision {
        let (shard, rest) = split(key, self.shards.len());
        let places = &self.shards[shard];
        // Whoever panicked while holding it has left whole places behind.
        let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
        let (set, _) = split(rest, places.len() / WAYS);
        let set = &mut places[set * WAYS..][..WAYS];
        let known = set.iter().position(|place| place[1] > 0 && place[0] == key);
        let earlier = known.map(|at| set[at][1]);
        let decision = decide(quota, earlier, now);
        let soonest = || (0..WAYS).min_by_key(|at| set[*at][1]).unwrap_or(0);
        set[known.unwrap_or_else(soonest)] = [key, decision.new_tat];
        decision
    }

    /// How many places there are, and how many are taken.
    #[cfg(test)]
    fn measure(&self) -> (usize, usize) {
        let of = |shard: &Mutex<Vec<Place>>| {
            let places = shard.lock().unwrap();
            let taken = places.iter().filter(|place| place[1] > 0).count();
            (places.capacity(), taken)
        };
        let all = self.shards.iter().map(of);
        all.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }
}

/// Which of so many, and what of the number is left for further choices.
fn split(number: u64, among: usize) -> (usize, u64) {
    let among = (among as u64).max(1);
    let one = usize::try_from(number % among).expect("it is smaller than a `usize`");
    (one, number / among)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn quota(text: &str) -> Quota {
        text.parse().expect(text)
    }

    #[test]
    fn everybody_has_a_rate_of_their_own() {
        let ledger = Ledger::new(100);
        let (ann, eve) = (ledger.hash("ann"), ledger.hash("eve"));
        let two = quota("2/2s");
        let allowed = |key, now| ledger.decide(two, key, now).allowed;
        assert!(allowed(eve, 1) && allowed(eve, 1) && !allowed(eve, 1));
        assert!(allowed(ann, 1));
        assert!(!allowed(eve, SECOND) && allowed(eve, SECOND + 1));
        let denied = ledger.decide(two, eve, SECOND + 1);
        assert_eq!(
            (denied.allowed, denied.retry_after),
            (false, Duration::from_secs(1))
        );
    }

    #[test]
    fn memory_is_flat_under_a_million_keys() {
        let ledger = Ledger::new(1_000);
        let (places, _) = ledger.measure();
        let greedy = ledger.hash("greedy");
        let rate = quota("5/hour");
        for _ in 0..6 {
            ledger.decide(rate, greedy, 1);
        }
        for stranger in 0..1_000_000_u64 {
            ledger.decide(rate, ledger.hash(stranger), 2 + stranger);
        }
        let (now, taken) = ledger.measure();
        assert_eq!(now, places);
        assert!(places < 4_000 && taken <= places, "{taken} of {places}");
        // Who has used up his rate is remembered, whoever else comes.
        assert!(!ledger.decide(rate, greedy, SECOND).allowed);
    }

    #[test]
    fn as_many_as_were_promised_are_remembered() {
        let ledger = Ledger::new(10_000);
        let rate = quota("2/hour");
        let keys: Vec<_> = (0..10_000_u32).map(|client| ledger.hash(client)).collect();
        for key in &keys {
            ledger.decide(rate, *key, 1);
        }
        let known = keys
            .iter()
            .filter(|key| ledger.decide(rate, **key, 1).remaining == 0);
        let known = known.count();
        assert!(known > 9_900, "{known}");
    }

    #[test]
    fn any_number_of_clients_has_room() {
        for clients in [0, 1, 2, 17, 1_000] {
            let ledger = Ledger::new(clients);
            for key in [0, 1, u64::MAX] {
                assert!(
                    ledger.decide(quota("1/s"), key, 1).allowed,
                    "{clients} {key}"
                );
            }
        }
    }
}
