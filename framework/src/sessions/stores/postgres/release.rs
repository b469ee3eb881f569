//! Leases that nobody gave back by a write: they are given back behind everybody's back, also after the database was away for a while.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::database::Database;
use super::lease::Token;
use super::wire::Bytes;
use crate::sessions::Key;

/// How many are given back by one statement.
const BATCH: usize = 1_000;

/// For so long after the database answers again, one of its processes may stand still with a statement that it has not read.
const LATEST: Duration = Duration::from_secs(90);

/// How long after a failure it is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// Leases to give back.
#[derive(Debug, Default)]
pub(super) struct Releases {
    waiting: Mutex<Waiting>,
    /// Told when the last has been given back.
    all_given: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    leases: Vec<Held>,
    /// Somebody is at it.
    is_served: bool,
}

/// A lease that the database may think somebody has.
#[derive(Debug)]
struct Held {
    key: Key,
    token: Token,
    /// The session ends with it: it has another key by now.
    is_over: bool,
    /// The statement that takes it was carried out. Otherwise a server that stood still may carry it out yet, after it was told to give it back.
    is_certain: bool,
    /// Then it has ended by itself. Of one that is not certain: then nobody has its statement any more; known as soon as the database answers.
    ends: Option<Instant>,
}

impl Releases {
    /// Adds one. Whether somebody has to be sent for them.
    fn add(&self, held: Held) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.leases.push(held);
        !std::mem::replace(&mut waiting.is_served, true)
    }

    /// The next ones, without those that have ended. None: whoever asks may go.
    fn next(&self) -> Vec<Held> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        waiting
            .leases
            .retain(|held| held.ends.is_none_or(|ends| ends > now));
        let rest = waiting.leases.len().saturating_sub(BATCH);
        let batch = waiting.leases.split_off(rest);
        waiting.is_served = !batch.is_empty();
        if batch.is_empty() {
            self.all_given.notify_all();
        }
        batch
    }

    /// Waits until all have been given back, for so long at most.
    pub(super) fn wait(&self, most: Duration) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_served = |waiting: &mut Waiting| waiting.is_served;
        drop(self.all_given.wait_timeout_while(waiting, most, is_served));
    }

    fn put_back(&self, batch: Vec<Held>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.leases.extend(batch);
    }
}

/// Gives a lease back without a change, some time soon.
pub(super) fn release(database: &Arc<Database>, key: Key, token: Token, is_certain: bool) {
    let ends = Instant::now().checked_add(database.options.lease);
    send(
        database,
        Held {
            key,
            token,
            is_over: false,
            is_certain,
            ends: ends.filter(|_| is_certain),
        },
    );
}

/// Ends a session that has another key by now, as soon as the database answers.
pub(super) fn retire(database: &Arc<Database>, key: Key, token: Token) {
    send(
        database,
        Held {
            key,
            token,
            is_over: true,
            is_certain: true,
            ends: None,
        },
    );
}

fn send(database: &Arc<Database>, held: Held) {
    if database.releases.add(held) {
        let _detached = database
            .backstage
            .handle()
            .spawn(serve(Arc::clone(database)));
    }
}

async fn serve(database: Arc<Database>) {
    loop {
        let batch = database.releases.next();
        if batch.is_empty() {
            return;
        }
        let again = give_back(&database, batch).await;
        if !again.is_empty() {
            database.releases.put_back(again);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Answers those that have to be given back again.
async fn give_back(database: &Database, batch: Vec<Held>) -> Vec<Held> {
    let (over, rest): (Vec<_>, Vec<_>) = batch.into_iter().partition(|held| held.is_over);
    let mut again = settle(database, &database.statements.retire, over).await;
    again.extend(settle(database, &database.statements.release, rest).await);
    again
}

async fn settle(database: &Database, sql: &str, mut batch: Vec<Held>) -> Vec<Held> {
    if batch.is_empty() {
        return batch;
    }
    let keys: Vec<_> = batch.iter().map(|held| Bytes(held.key.hash())).collect();
    let tokens: Vec<_> = batch.iter().map(|held| held.token.bytes()).collect();
    let answer = match database.ask(sql, &[&keys, &tokens]).await {
        Ok(answer) => answer,
        Err(failure) => {
            tracing::debug!("{} leases are not given back yet: {failure:?}", batch.len());
            return batch;
        }
    };
    let given: HashSet<&[u8]> = answer
        .rows
        .iter()
        .filter_map(|row| row.try_get(0).ok())
        .collect();
    batch.retain(|held| !held.is_certain && !given.contains(held.token.bytes().0));
    let over = Instant::now().checked_add(LATEST);
    for held in &mut batch {
        held.ends = held.ends.or(over);
    }
    batch
}
