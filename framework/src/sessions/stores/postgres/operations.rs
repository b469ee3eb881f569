//! What a store does that needs no lease. All of it runs on the thread backstage.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio_postgres::types::ToSql;

use super::content::{Found, column, widest};
use super::database::Database;
use super::failure::Failure;
use super::statements::SLICE;
use super::wire::{Bytes, Json, Span};
use crate::sessions::stores::is_there;
use crate::sessions::{Key, Life, StoreError, Swept};

pub(super) async fn read(
    database: Arc<Database>,
    key: Key,
    life: Life,
) -> Result<Option<Found>, StoreError> {
    let (key, limit) = (Bytes(key.hash()), widest(database.options.max_bytes));
    let (absolute, idle) = (life.absolute.map(Span), Span(life.idle));
    let fresh = Span(life.fresh());
    let values: [&(dyn ToSql + Sync); 5] = [&key, &limit, &absolute, &fresh, &idle];
    let answer = database.ask(&database.statements.read, &values).await?;
    let row = answer.rows.first();
    Ok(row.map(Found::of).transpose()?)
}

pub(super) async fn create(
    database: Arc<Database>,
    key: Key,
    text: String,
    life: Life,
) -> Result<(), StoreError> {
    let (key, text) = (Bytes(key.hash()), Json(text));
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
    let key = Bytes(key.hash());
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
