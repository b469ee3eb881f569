//! The right to write one row.

use std::fmt;
use std::sync::Arc;

use super::content::pack;
use super::database::{Answer, Database, run};
use super::failure::Failure;
use super::options::millis;
use super::release::release;
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
    token: Token,
    pub(super) hold: Hold,
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
        }
    }

    /// What comes of an answer. With the first statement, no row means that nothing was written: the session is gone, or somebody else has taken it.
    /// With the second, the first may have been carried out, and somebody else may have taken the session since: nobody knows.
    async fn outcome(&mut self, answer: Result<Answer, Failure>) -> Result<Written, StoreError> {
        let answer = answer?;
        if !answer.rows.is_empty() {
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
        let others = self.database.ask(sql, &[&key, &token]).await?;
        if others.rows.is_empty() {
            Ok(Written::Gone)
        } else {
            Err(StoreError::Lost)
        }
    }

    async fn save(mut self, text: String, life: Life) -> Result<Written, StoreError> {
        let (key, token) = (&self.key.hash()[..], self.token.bytes());
        let (idle, absolute) = (millis(life.idle), life.absolute.map(millis));
        let sql = &self.database.statements.save;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&key, &token, &idle, &absolute, &text];
        let answer = self.database.ask(sql, &values).await;
        self.outcome(answer).await
    }

    async fn touch(mut self, life: Life) -> Result<Written, StoreError> {
        let (key, token) = (&self.key.hash()[..], self.token.bytes());
        let (idle, absolute) = (millis(life.idle), life.absolute.map(millis));
        let sql = &self.database.statements.touch;
        let answer = self
            .database
            .ask(sql, &[&key, &token, &idle, &absolute])
            .await;
        self.outcome(answer).await
    }

    async fn rename(mut self, to: Key, text: String, life: Life) -> Result<Renamed, StoreError> {
        let (key, token, to) = (&self.key.hash()[..], self.token.bytes(), &to.hash()[..]);
        let (idle, absolute) = (millis(life.idle), life.absolute.map(millis));
        let sql = &self.database.statements.rename;
        let answer = self
            .database
            .ask(sql, &[&key, &token, &idle, &absolute, &text, &to])
            .await;
        Ok(match self.outcome(answer).await? {
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
            run(&database, |database| async move {
                database.within((*self).save(text, life)).await
            })
            .await
        })
    }

    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        Pending::later(async move {
            let database = Arc::clone(&self.database);
            run(&database, |database| async move {
                database.within((*self).touch(life)).await
            })
            .await
        })
    }

    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        Pending::later(async move {
            let text = pack(&data, self.database.options.max_bytes)?;
            let database = Arc::clone(&self.database);
            run(&database, |database| async move {
                database.within((*self).rename(to, text, life)).await
            })
            .await
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
