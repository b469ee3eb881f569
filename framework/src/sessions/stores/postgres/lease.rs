//! The right to write one row.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::types::ToSql;

use super::content::{Found, column, pack, widest};
use super::database::{Answer, Database};
use super::failure::Failure;
use super::operations;
use super::release::{release, retire};
use super::wire::{Bytes, Json, Moment, Span};
use crate::sessions::stores::is_there;
use crate::sessions::{Data, Key, Lease, Life, Pending, Renamed, StoreError, Written};

/// Whose a lease is: nobody takes two with the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Token([u8; 16]);

impl Token {
    fn new() -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::failed(error.to_string()))?;
        Ok(Self(bytes))
    }

    pub(super) fn bytes(&self) -> Bytes<'_> {
        Bytes(&self.0)
    }

    /// A number that is different for everybody who waits, and each time.
    fn chance(&self, time: usize) -> u8 {
        self.0[time % self.0.len()]
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A row that is ours, or may be.
pub(super) struct PostgresLease {
    database: Arc<Database>,
    key: Key,
    token: Token,
    hold: Hold,
    /// When it was asked for.
    since: Instant,
    /// How much of its life the session had left then.
    left: Duration,
}

/// What the database thinks: if it may think that the row is ours, it has to be told when the lease is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// The row is not ours.
    No,
    /// We asked for it, and nobody knows whether that was, or will be, carried out.
    Perhaps,
    /// It is, or was until the session ended.
    Yes,
}

/// What a statement under a lease has done.
enum Outcome {
    Done,
    /// Nothing, though the session is there, and ours.
    Ours,
    /// Nothing: the session is gone.
    Gone,
}

/// How soon a held session is asked for again: at first, and at most.
const SOON: Duration = Duration::from_millis(10);
const SELDOM: Duration = Duration::from_millis(200);

/// Asks until the session is free, gone, or `wait` is over; and no longer than one statement may take after that. Nor when nobody has `asker` any more.
pub(super) async fn open(
    database: Arc<Database>,
    key: Key,
    life: Life,
    wait: Duration,
    asker: Weak<()>,
) -> Result<Option<(Found, PostgresLease)>, StoreError> {
    let begun = Instant::now();
    let mut lease = PostgresLease::none_yet(Arc::clone(&database), key.clone())?;
    let mut is_again = false;
    for time in 0.. {
        // For both questions: so the last turn ends in time too.
        let deadline = database.deadline();
        match lease.take(life, deadline).await {
            Ok(Some(found)) => return Ok(Some((found, lease))),
            // In a box, since it is rare.
            Ok(None) if !Box::pin(lease.exists(life, deadline)).await? => return Ok(None),
            Ok(None) => {}
            // With another token: what was sent first may be carried out when all is over, and somebody has to be there to give it back.
            Err(Failure::Broken(_)) if !is_again => {
                is_again = true;
                lease = PostgresLease::none_yet(Arc::clone(&database), key.clone())?;
                continue;
            }
            Err(failure) => return Err(failure.into()),
        }
        let left = wait.saturating_sub(begun.elapsed());
        if left.is_zero() || asker.strong_count() == 0 {
            return Err(StoreError::Busy);
        }
        sleep(pause(time, lease.token).min(left)).await;
    }
    Err(StoreError::Busy)
}

/// Twice as long each time, and between half of that and all of it: whoever began to wait together does not ask together.
fn pause(time: usize, token: Token) -> Duration {
    let doubled = SOON.saturating_mul(1 << time.min(5));
    let half = doubled.min(SELDOM) / 2;
    half + half * u32::from(token.chance(time)) / 255
}

impl PostgresLease {
    fn none_yet(database: Arc<Database>, key: Key) -> Result<Self, StoreError> {
        Ok(Self {
            database,
            key,
            token: Token::new()?,
            hold: Hold::No,
            since: Instant::now(),
            left: Duration::ZERO,
        })
    }

    /// One attempt. Where nobody knows whether it was carried out, the lease is given back; also where nobody waits for the answer any more.
    async fn take(&mut self, life: Life, deadline: Instant) -> Result<Option<Found>, Failure> {
        let options = &self.database.options;
        let (key, token) = (Bytes(self.key.hash()), self.token.bytes());
        let (absolute, length) = (life.absolute.map(Span), Span(options.lease));
        let limit = widest(options.max_bytes);
        let values: [&(dyn ToSql + Sync); 5] = [&key, &token, &absolute, &limit, &length];
        let sql = &self.database.statements.open;
        // An earlier attempt may be carried out yet.
        let before = std::mem::replace(&mut self.hold, Hold::Perhaps);
        self.since = Instant::now();
        let answer = self.database.ask_once(deadline, sql, &values).await;
        self.hold = match &answer {
            Ok(answer) if !answer.rows.is_empty() => Hold::Yes,
            Err(failure) if failure.is_uncertain() => Hold::Perhaps,
            Ok(_) | Err(_) => before,
        };
        let answer = answer?;
        let Some(row) = answer.rows.first() else {
            return Ok(None);
        };
        let (expires_at, now) = (column::<Moment>(row, 1)?, column(row, 2)?);
        self.left = expires_at.since(now);
        Ok(Some(Found::of(row)?))
    }

    async fn exists(&self, life: Life, deadline: Instant) -> Result<bool, Failure> {
        let (key, absolute) = (Bytes(self.key.hash()), life.absolute.map(Span));
        let values: [&(dyn ToSql + Sync); 2] = [&key, &absolute];
        let sql = &self.database.statements.exists;
        let answer = self.database.ask_before(deadline, sql, &values).await?;
        Ok(answer.count > 0)
    }

    /// The life may stay as it is. That spares the database a change of its index, which costs as much as the rest of a write.
    fn is_fresh(&self, life: Life) -> bool {
        let left = self.left.saturating_sub(self.since.elapsed());
        (life.fresh()..=life.idle).contains(&left)
    }

    /// What came of a statement that gives the lease back.
    async fn written(
        mut self,
        answer: Result<Answer, Failure>,
        deadline: Instant,
    ) -> Result<Written, StoreError> {
        match self.outcome(answer, deadline).await? {
            Outcome::Done => {
                self.hold = Hold::No;
                Ok(Written::Done)
            }
            // It has ended for this place of a site alone, by its absolute life: it is given back with the lease.
            Outcome::Ours | Outcome::Gone => Ok(Written::Gone),
        }
    }

    /// What comes of an answer. With the first statement, no row means that nothing was written: the session is gone, or somebody else has taken it.
    /// With the second, the first may have been carried out, and somebody else may have taken the session since: nobody knows.
    async fn outcome(
        &mut self,
        answer: Result<Answer, Failure>,
        deadline: Instant,
    ) -> Result<Outcome, StoreError> {
        let answer = answer?;
        if answer.count > 0 {
            return Ok(Outcome::Done);
        }
        if answer.is_second {
            let words = "a connection ended under a write, and whether it was stored is not known";
            return Err(StoreError::unavailable(words));
        }
        match Box::pin(self.is_mine(deadline)).await? {
            Some(true) => Ok(Outcome::Ours),
            Some(false) => {
                self.hold = Hold::No;
                Err(StoreError::Lost)
            }
            None => Ok(Outcome::Gone),
        }
    }

    /// Whether we are the last who took the session. `None`: it is gone.
    async fn is_mine(&self, deadline: Instant) -> Result<Option<bool>, Failure> {
        let (key, token) = (Bytes(self.key.hash()), self.token.bytes());
        let values: [&(dyn ToSql + Sync); 2] = [&key, &token];
        let sql = &self.database.statements.is_mine;
        let answer = self.database.ask_before(deadline, sql, &values).await?;
        answer.rows.first().map(|row| column(row, 0)).transpose()
    }

    async fn save(self, text: String, life: Life) -> Result<Written, StoreError> {
        let (key, token) = (Bytes(self.key.hash()), self.token.bytes());
        let (absolute, idle) = (life.absolute.map(Span), Span(life.idle));
        let (text, deadline) = (Json(text), self.database.deadline());
        let values: [&(dyn ToSql + Sync); 5] = [&key, &token, &absolute, &text, &idle];
        let statements = &self.database.statements;
        let (sql, values) = if self.is_fresh(life) {
            (&statements.save, &values[..4])
        } else {
            (&statements.save_anew, &values[..])
        };
        let answer = self.database.ask_before(deadline, sql, values).await;
        self.written(answer, deadline).await
    }

    async fn touch(self, life: Life) -> Result<Written, StoreError> {
        let (key, token) = (Bytes(self.key.hash()), self.token.bytes());
        let (absolute, idle) = (life.absolute.map(Span), Span(life.idle));
        let deadline = self.database.deadline();
        let values: [&(dyn ToSql + Sync); 4] = [&key, &token, &absolute, &idle];
        let statements = &self.database.statements;
        let (sql, values) = if self.is_fresh(life) {
            (&statements.touch, &values[..3])
        } else {
            (&statements.touch_anew, &values[..])
        };
        let answer = self.database.ask_before(deadline, sql, values).await;
        self.written(answer, deadline).await
    }

    /// The new one first: whatever interrupts it, what the visitor was told last is there. What he was told is the new one from when it is stored: should nobody
    /// know whether the old one has ended, it is ended behind everybody's back.
    async fn rename(mut self, to: Key, text: String, life: Life) -> Result<Renamed, StoreError> {
        if to.hash() == self.key.hash() {
            let saved = self.save(text, life).await?;
            return Ok(match saved {
                Written::Done => Renamed::Done(None),
                Written::Gone => Renamed::Gone,
            });
        }
        let deadline = self.database.deadline();
        let copied = self.copy(&to, text, life, deadline).await;
        match self.outcome(copied, deadline).await? {
            Outcome::Done => {}
            // A key that is there already is somebody's mistake.
            Outcome::Ours => return Err(is_there()),
            Outcome::Gone => return Ok(Renamed::Gone),
        }
        let (keys, tokens) = ([Bytes(self.key.hash())], [self.token.bytes()]);
        let (keys, tokens) = (&keys[..], &tokens[..]);
        let values: [&(dyn ToSql + Sync); 2] = [&keys, &tokens];
        let sql = &self.database.statements.retire;
        let retired = self.database.ask_before(deadline, sql, &values).await;
        self.hold = Hold::No;
        match retired {
            Ok(answer) if answer.count > 0 => Ok(Renamed::Done(None)),
            // Somebody has ended it or taken it in between: then it stays so.
            Ok(_) => {
                operations::delete(Arc::clone(&self.database), to).await?;
                match self.is_mine(deadline).await? {
                    Some(_) => Err(StoreError::Lost),
                    None => Ok(Renamed::Gone),
                }
            }
            Err(failure) => {
                tracing::debug!("a session that has another key is ended later: {failure:?}");
                retire(&self.database, self.key.clone(), self.token);
                Ok(Renamed::Done(None))
            }
        }
    }

    async fn copy(
        &self,
        to: &Key,
        text: String,
        life: Life,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let (key, token, to) = (Bytes(self.key.hash()), self.token.bytes(), Bytes(to.hash()));
        let (absolute, idle) = (life.absolute.map(Span), Span(life.idle));
        let text = Json(text);
        let values: [&(dyn ToSql + Sync); 6] = [&key, &token, &absolute, &text, &idle, &to];
        let sql = &self.database.statements.copy;
        self.database.ask_before(deadline, sql, &values).await
    }

    async fn delete(mut self) -> Result<(), StoreError> {
        let key = Bytes(self.key.hash());
        let sql = &self.database.statements.delete;
        self.database.ask(sql, &[&key]).await?;
        self.hold = Hold::No;
        Ok(())
    }
}

impl Lease for PostgresLease {
    fn save(self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written> {
        Pending::later(async move {
            let text = pack(&data, self.database.options.max_bytes)?;
            let database = Arc::clone(&self.database);
            database.backstage.run((*self).save(text, life)).await
        })
    }

    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        Pending::later(async move {
            let database = Arc::clone(&self.database);
            database.backstage.run((*self).touch(life)).await
        })
    }

    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        Pending::later(async move {
            let text = pack(&data, self.database.options.max_bytes)?;
            let database = Arc::clone(&self.database);
            database.backstage.run((*self).rename(to, text, life)).await
        })
    }

    /// A sign-out holds whoever has the session by now: the token is not asked for.
    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        Pending::later(async move {
            let database = Arc::clone(&self.database);
            database.backstage.run((*self).delete()).await
        })
    }
}

impl Drop for PostgresLease {
    fn drop(&mut self) {
        if self.hold != Hold::No {
            let is_certain = self.hold == Hold::Yes;
            release(&self.database, self.key.clone(), self.token, is_certain);
        }
    }
}

impl fmt::Debug for PostgresLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresLease").field(&self.key).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_never_short_nor_long() {
        let token = Token::new().unwrap();
        for time in 0..1_000 {
            let pause = pause(time, token);
            assert!((SOON / 2..=SELDOM).contains(&pause), "{pause:?}");
        }
    }
}
