//! Connections to PostgreSQL, for an application's own tables. Feature `postgres`.
//!
//! What a request asks of a database must not stall the other requests of its worker: so these connections live on a thread of their own, as those of the
//! [sessions](crate::sessions::stores::PostgresStore) do, whose URLs and TLS they share.
//!
//! [`Pool`] is that of `deadpool-postgres`, [`Row`] and [`ToSql`] are those of `tokio-postgres`: for their other types, add these crates.

pub use deadpool_postgres::Pool;
pub use tokio_postgres::Row;
pub use tokio_postgres::types::ToSql;

pub use crate::sessions::stores::postgres::Invalid;
use crate::sessions::stores::{postgres, usual};

/// Connections to the database at this URL, 8 at most. Nothing is asked of the network yet, and no runtime is needed.
///
/// A connection is made within 2 seconds, or waited for within 1. The database ends a statement after 2 seconds, waiting for locks included, and a connection whose
/// transaction nobody goes on with after 5; transactions read what is committed. A database that stands still keeps none of its limits: then the page is
/// ended by its own (`request_timeout`), or by a `timeout` of yours. What the URL may say of TLS is told [there](crate::sessions::stores::postgres).
///
/// An error of [`Pool::get`] is a 500 where a page passes it on by `?`. For a database that is away, `Error::new(StatusCode::SERVICE_UNAVAILABLE, "…")` may be better.
///
/// # Examples
/// ```no_run
/// use kirsch::postgres::{Pool, pool};
/// use kirsch::prelude::*;
///
/// #[expose]
/// struct Shop {
///     pool: Pool,
/// }
///
/// #[expose]
/// impl Shop {
///     async fn price(&self, article: String) -> Result<String> {
///         let client = self.pool.get().await?;
///         let sql = "SELECT price::text FROM article WHERE name = $1";
///         let statement = client.prepare_cached(sql).await?;
///         let row = client.query_opt(&statement, &[&article]).await?;
///         row.map(|row| row.get(0)).ok_or_else(Error::not_found)
///     }
/// }
///
/// fn main() -> kirsch::Result<()> {
///     kirsch::quickstart_with(|| {
///         let pool = pool("postgres://shop:secret@db.example/shop")?;
///         Ok(Shop { pool })
///     })
/// }
/// ```
///
/// # Errors
/// The URL is not understood (the message does not repeat it), or the system gives no thread.
pub fn pool(url: &str) -> Result<Pool, Invalid> {
    postgres::pool(url, usual::POOL_SIZE)
}
