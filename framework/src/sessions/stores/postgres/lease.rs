//! The right to write one row.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::types::ToSql;

use super::content::pack;
use super::database::{Answer, Database, run};
use super::failure::Failure;
use super::release::release;
use super::wire::{Json, Span};
use crate::sessions::{Data, Key, Lease, Life, Pending, Renamed, StoreError, Written};

/// Whose a lease is: nobody takes two with the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Token([u8; 16]);

impl Token {
    pub(super) fn new() -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::failed(error.to_string()))?;
        Ok(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A number that is different for everybody who waits, and each time.
    pub(super) fn chance(&self, time: usize) -> u8 {
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
    pub(super) token: Token,
    pub(super) hold: Hold,
    taken: Instant,
    /// How much of its life the session had left when it was taken.
    pub(super) left: Duration,
}

/// A life of which so much is left need not begin anew: it would hardly be longer.
pub(super) fn fresh(idle: Duration) -> Duration {
    idle / 10 * 9
}

/// What the database thinks: if it may think that the row is ours, it has to be told when the lease is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// The row is not ours.
    No,
    /// We asked for it, and nobody knows whether that was, or will be, carried out.
    Perhaps,
    /// It is.
    Yes,
}

impl PostgresLease {
    pub(super) fn new(database: Arc<Database>, key: Key, token: Token) -> Self {
        Self {
            database,
            key,
            token,
            hold: Hold::No,
            taken: Instant::now(),
            left: Duration::ZERO,
        }
    }

    /// The life may stay as it is. That spares the database a change of its index, which costs as much as the rest of a write.
    fn is_fresh(&self, life: Life) -> bool {
        let left = self.left.saturating_sub(self.taken.elapsed());
        (fresh(life.idle)..=life.idle).contains(&left)
    }

    /// What comes of an answer. With the first statement, no row means that nothing was written: the session is gone, or somebody else has taken it.
    /// With the second, the first may have been carried out, and somebody else may have taken the session since: nobody knows.
    async fn outcome(
        &mut self,
        answer: Result<Answer, Failure>,
        deadline: Instant,
    ) -> Result<Written, StoreError> {
        let answer = answer?;
        if answer.count > 0 {
            self.hold = Hold::No;
            return Ok(Written::Done);
        }
        if answer.is_second {
            let words = "a connection ended under a write, and whether it was stored is not known";
            return Err(StoreError::unavailable(words));
        }
        self.hold = Hold::No;
        let (key, token) = (&self.key.hash()[..], self.token.bytes());
        let sql = &self.database.statements.taken;
        let values: [&(dyn ToSql + Sync); 2] = [&key, &token];
        let others = Box::pin(self.database.ask_before(deadline, sql, &values)).await?;
        if others.count == 0 {
            Ok(Written::Gone)
        } else {
            Err(StoreError::Lost)
        }
    }

    async fn save(mut self, text: String, life: Life) -> Result<Written, StoreError> {
        let (key, token) = (&self.key.hash()[..], self.token.bytes());
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
        self.outcome(answer, deadline).await
    }

    async fn touch(mut self, life: Life) -> Result<Written, StoreError> {
        let (key, token) = (&self.key.hash()[..], self.token.bytes());
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
        self.outcome(answer, deadline).await
    }

    async fn rename(mut self, to: Key, text: String, life: Life) -> Result<Renamed, StoreError> {
        let (key, token, to) = (&self.key.hash()[..], self.token.bytes(), &to.hash()[..]);
        let (absolute, idle) = (life.absolute.map(Span), Span(life.idle));
        let (text, deadline) = (Json(text), self.database.deadline());
        let values: [&(dyn ToSql + Sync); 6] = [&key, &token, &absolute, &text, &idle, &to];
        let sql = &self.database.statements.rename;
        let answer = self.database.ask_before(deadline, sql, &values).await;
        Ok(match self.outcome(answer, deadline).await? {
            Written::Done => Renamed::Done(None),
            Written::Gone => Renamed::Gone,
        })
    }

    async fn delete(mut self) -> Result<(), StoreError> {
        let key = &self.key.hash()[..];
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
            run(&database, |_| (*self).save(text, life)).await
        })
    }

    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        Pending::later(async move {
            let database = Arc::clone(&self.database);
            run(&database, |_| (*self).touch(life)).await
        })
    }

    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        Pending::later(async move {
            let text = pack(&data, self.database.options.max_bytes)?;
            let database = Arc::clone(&self.database);
            run(&database, |_| (*self).rename(to, text, life)).await
        })
    }

    /// A sign-out holds whoever has the session by now: the token is not asked for.
    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        Pending::later(async move {
            let database = Arc::clone(&self.database);
            run(&database, |_| (*self).delete()).await
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
