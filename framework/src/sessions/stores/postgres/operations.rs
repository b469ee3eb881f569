//! What a store does that needs no lease, or gets one. All of it runs on the thread backstage.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};

use super::content::{largest, widest};
use super::database::Database;
use super::failure::Failure;
use super::lease::{Hold, PostgresLease, Token, fresh};
use super::statements::SLICE;
use super::wire::{Json, Moment, Span};
use crate::sessions::stores::is_there;
use crate::sessions::{Key, Life, StoreError, Swept};

/// A session that is there. Without a text, it is larger than a session may be.
pub(super) struct Found {
    pub(super) text: Option<String>,
}

impl Found {
    /// Its data is the first column.
    fn of(row: &Row, database: &Database) -> Result<Self, Failure> {
        let widest = widest(database.options.max_bytes);
        let text = column::<Option<Json<&str>>>(row, 0)?;
        let text = text.filter(|text| text.0.len() <= widest);
        Ok(Self {
            text: text.map(|text| text.0.to_owned()),
        })
    }
}

/// How soon a held session is asked for again: at first, and at most.
const SOON: Duration = Duration::from_millis(10);
const SELDOM: Duration = Duration::from_millis(200);

pub(super) async fn read(
    database: Arc<Database>,
    key: Key,
    life: Life,
) -> Result<Option<Found>, StoreError> {
    let (key, limit) = (&key.hash()[..], largest(database.options.max_bytes));
    let (absolute, idle) = (life.absolute.map(Span), Span(life.idle));
    let fresh = Span(fresh(life.idle));
    let values: [&(dyn ToSql + Sync); 5] = [&key, &limit, &absolute, &fresh, &idle];
    let answer = database.ask(&database.statements.read, &values).await?;
    let row = answer.rows.first();
    Ok(row.map(|row| Found::of(row, &database)).transpose()?)
}

/// Asks until the session is free, gone, or `wait` is over; and no longer than one statement may take after that.
pub(super) async fn open(
    database: Arc<Database>,
    key: Key,
    life: Life,
    wait: Duration,
) -> Result<Option<(Found, PostgresLease)>, StoreError> {
    let begun = Instant::now();
    let token = Token::new()?;
    let mut lease = PostgresLease::new(Arc::clone(&database), key.clone(), token);
    for time in 0.. {
        // For both questions: so the last turn ends in time too.
        let deadline = database.deadline();
        if let Some(row) = take(&database, &key, life, &mut lease, deadline).await? {
            let (expires_at, now) = (column::<Moment>(&row, 1)?, column(&row, 2)?);
            lease.left = expires_at.since(now);
            return Ok(Some((Found::of(&row, &database)?, lease)));
        }
        // In a box, since it is rare.
        if !Box::pin(exists(&database, &key, life, deadline)).await? {
            return Ok(None);
        }
        let left = wait.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(StoreError::Busy);
        }
        sleep(pause(time, token).min(left)).await;
    }
    Err(StoreError::Busy)
}

/// One attempt. Where nobody knows whether it was carried out, the lease is given back; also where nobody waits for the answer any more.
async fn take(
    database: &Database,
    key: &Key,
    life: Life,
    lease: &mut PostgresLease,
    deadline: Instant,
) -> Result<Option<Row>, Failure> {
    let (key, token) = (&key.hash()[..], lease.token);
    let absolute = life.absolute.map(Span);
    let limit = largest(database.options.max_bytes);
    let length = Span(database.options.lease);
    let values: [&(dyn ToSql + Sync); 5] = [&key, &token.bytes(), &absolute, &limit, &length];
    let sql = &database.statements.open;
    lease.hold = Hold::Perhaps;
    let answer = database.ask_before(deadline, sql, &values).await;
    lease.hold = match &answer {
        Ok(answer) if !answer.rows.is_empty() => Hold::Yes,
        Ok(answer) if answer.is_second => Hold::Perhaps,
        Err(failure) if failure.is_uncertain() => Hold::Perhaps,
        Ok(_) | Err(_) => Hold::No,
    };
    Ok(answer?.rows.into_iter().next())
}

async fn exists(
    database: &Database,
    key: &Key,
    life: Life,
    deadline: Instant,
) -> Result<bool, Failure> {
    let (key, absolute) = (&key.hash()[..], life.absolute.map(Span));
    let sql = &database.statements.exists;
    let values: [&(dyn ToSql + Sync); 2] = [&key, &absolute];
    let answer = database.ask_before(deadline, sql, &values).await?;
    Ok(answer.count > 0)
}

/// Twice as long each time, and between half of that and all of it: whoever began to wait together does not ask together.
fn pause(time: usize, token: Token) -> Duration {
    let doubled = SOON.saturating_mul(1 << time.min(5));
    let half = doubled.min(SELDOM) / 2;
    half + half * u32::from(token.chance(time)) / 255
}

pub(super) async fn create(
    database: Arc<Database>,
    key: Key,
    text: String,
    life: Life,
) -> Result<(), StoreError> {
    let (key, text) = (&key.hash()[..], Json(text));
    let (idle, absolute) = (Span(life.idle), life.absolute.map(Span));
    let sql = &database.statements.create;
    let answer = database.ask(sql, &[&key, &text, &idle, &absolute]).await?;
    // No row with the second statement: the first has stored it. Keys are random, nobody else has this one.
    if answer.count == 0 && !answer.is_second {
        return Err(is_there());
    }
    Ok(())
}

pub(super) async fn delete(database: Arc<Database>, key: Key) -> Result<(), StoreError> {
    let key = &key.hash()[..];
    let sql = &database.statements.delete;
    Ok(database.ask(sql, &[&key]).await.map(drop)?)
}

/// A slice that takes the database too long is asked for again, half as large; the next after one that does not, twice as large.
pub(super) async fn sweep(database: Arc<Database>) -> Result<Swept, StoreError> {
    let slice = database.slice.load(Ordering::Relaxed);
    let sql = &database.statements.sweep;
    let answer = match database.ask(sql, &[&slice]).await {
        Err(Failure::Deferred(words)) if slice > 1 => {
            tracing::debug!("a sweep of {slice} sessions is given up: {words}");
            database.slice.store(slice / 2, Ordering::Relaxed);
            return Ok(Swept {
                removed: 0,
                more: true,
            });
        }
        other => other?,
    };
    let row = answer.rows.first();
    let count: i64 = row.map_or(Ok(0), |row| column(row, 0))?;
    let next = slice.saturating_mul(2).min(SLICE);
    database.slice.store(next, Ordering::Relaxed);
    Ok(Swept {
        removed: u64::try_from(count).unwrap_or(0),
        more: count >= slice,
    })
}

fn column<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, Failure> {
    row.try_get(at).map_err(|error| Failure::of(&error))
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
