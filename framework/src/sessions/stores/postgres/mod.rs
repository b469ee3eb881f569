//! Sessions in PostgreSQL: for a site that several machines serve, and for sessions that outlive all of them.
//!
//! # What is promised
//!
//! - A session is a row. It is read and locked in one round trip, written and unlocked in another, and renewed in two; nothing of the database is held while a page
//!   runs, neither a connection nor a transaction.
//! - A session that is renewed is never lost on the way: the new row is stored before the old one ends. What is ended stays as an empty row for a minute, then it is swept.
//! - The lock is a lease: a token and a time in the row. Whoever lost it cannot write. That of a process that died ends by itself
//!   ([`PostgresStore::lease`]); a page that takes longer than that may lose it.
//! - Only the database's clock counts.
//! - Connections and everything that is asked of them live on a thread of their own, so that no page stalls the sessions of others.
//! - Nothing takes longer than the longer one of `acquire_timeout` and `connect_timeout`, and `statement_timeout`, together; waiting for a session that somebody else holds, for so much longer than one was
//!   ready to wait. Then it fails, and the visitor is answered 503; as soon as the database is back, so are the sessions. Where none of the connections becomes free
//!   for a tenth of a second, and four times as many wait as there are, the next fails at once.
//! - Who waits for a session that another process holds asks again and again, every 5 to 200 ms: whose turn it is next is chance. Within a process, turns come in order.
//! - A life may end a tenth of `timeout` early: uses that follow soon upon each other are not all written down.
//! - A write that was acknowledged is stored as safely as the database stores anything. One that failed may have been stored: when a connection
//!   ends between the statement and its answer, nobody knows.
//!
//! # The database
//!
//! PostgreSQL 13 or newer, encoded in UTF-8. A table with one index, which [`PostgresStore`] makes when it starts, or [`PostgresStore::schema`]
//! prints. What its URL may say of TLS:
//!
//! | `sslmode=` | means |
//! |---|---|
//! | `disable` | no TLS |
//! | `prefer` (default) | TLS where the server has it, without asking who it is: no help against whoever can change packets |
//! | `require` | TLS or nothing, without asking who it is; with `sslrootcert=FILE`, as `verify-full` |
//! | `verify-full` | TLS, and a certificate for the host of the URL, signed by an authority in `sslrootcert=FILE`, else by one that this machine trusts |
//!
//! `sslmode=verify-ca` is understood as `verify-full`. Without TLS, the password is still no use to a listener (SCRAM), but all data is.
//!
//! A proxy such as pgbouncer must pool *sessions* (`pool_mode = session`): the limits of each connection are told to it once, when it is made, and statements are
//! prepared on it. Where a proxy pools transactions, both would be on connections that others use, and not on ours.

mod options;
mod table;

mod schema;
mod statements;
mod wire;

mod content;
mod lease;
mod operations;
mod release;

mod backstage;
mod connect;
mod database;
mod failure;
mod tls;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deadpool_postgres::Pool;

pub use options::Invalid;

use self::backstage::Backstage;
use self::content::{pack, unpack};
use self::database::{Database, Origin};
use self::options::Options;
use self::table::Table;
use super::may_wait;
use crate::sessions::{Data, Key, Life, Opened, Pending, Store, StoreError, Swept};

/// How long the end of a store waits at most, when leases have to be given back.
const FAREWELL: Duration = Duration::from_secs(1);

/// Connections for an application's own tables: see [`kirsch::postgres::pool`](crate::postgres::pool).
pub(crate) fn pool(url: &str, size: usize) -> Result<Pool, Invalid> {
    let options = Options {
        pool_size: size,
        ..Options::default()
    };
    let no_thread = |error: &dyn fmt::Display| Invalid::new(error.to_string());
    let backstage = Backstage::open().map_err(|error| no_thread(&error))?;
    let pool = database::pool(&options::parse(url)?, &options, &backstage);
    pool.map_err(|error| no_thread(&error))
}

/// Sessions in a table of PostgreSQL.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use kirsch::sessions::stores::PostgresStore;
///
/// let store = PostgresStore::new("postgres://shop:secret@db.example/shop")?
///     .pool_size(16)
///     .table("shop.sessions")?
///     .lease(Duration::from_secs(60));
/// assert!(!format!("{store:?}").contains("secret"));
/// # Ok::<(), kirsch::sessions::stores::postgres::Invalid>(())
/// ```
pub struct PostgresStore {
    origin: Origin,
    options: Options,
    /// Made with the first use: whoever only checks a configuration needs no thread.
    database: OnceLock<Arc<Database>>,
}

impl PostgresStore {
    /// The database at a URL. Nothing is asked of it yet.
    ///
    /// # Errors
    /// The URL is not understood. The message does not repeat it.
    pub fn new(url: &str) -> Result<Self, Invalid> {
        Ok(Self::of(Origin::Url(Box::new(options::parse(url)?))))
    }

    /// The database that a pool is connected to. What is said here of connections (`pool_size`, `connect_timeout`, the limits within the database) is
    /// then the pool's affair; so is where their tasks run.
    #[must_use]
    pub fn with_pool(pool: Pool) -> Self {
        Self::of(Origin::Pool(pool))
    }

    fn of(origin: Origin) -> Self {
        Self {
            origin,
            options: Options::default(),
            database: OnceLock::new(),
        }
    }

    /// How many connections there are at most. Default: 8. A connection is only used while a statement runs, so few serve many.
    #[must_use]
    pub fn pool_size(mut self, size: usize) -> Self {
        self.options.pool_size = size;
        self
    }

    /// The table, with or without its schema. Default: `kirsch_sessions`.
    ///
    /// # Errors
    /// It is no name: lower-case letters, digits and `_`, up to 48.
    pub fn table(mut self, name: &str) -> Result<Self, Invalid> {
        self.options.table = Table::new(name)?;
        Ok(self)
    }

    /// Whether the table is made when it is not there. Default: yes. Otherwise somebody runs [`PostgresStore::schema`].
    #[must_use]
    pub fn create_schema(mut self, create: bool) -> Self {
        self.options.create_schema = create;
        self
    }

    /// How long it may take to connect. Default: 2 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How long to wait for a free connection. Default: 1 second.
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.options.acquire_timeout = timeout;
        self
    }

    /// How long a statement may take, waiting for a lock in the database included. Default: 2 seconds.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.options.statement_timeout = timeout;
        self
    }

    /// How long a session stays locked whose holder died. Default: 90 seconds. It must be longer than the slowest page, since that would lose its
    /// lease, and what it writes is refused once somebody else has taken the session. A lease of no time is none, and is taken for one of a millisecond.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.options.lease = lease.max(Duration::from_millis(1));
        self
    }

    /// Whether a server starts though the database is absent. Default: no. Otherwise its pages with sessions answer 503 until it is there.
    #[must_use]
    pub fn lazy(mut self, lazy: bool) -> Self {
        self.options.lazy = lazy;
        self
    }

    /// How large a session may be, as JSON. Default: 64 KiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.options.max_bytes = bytes;
        self
    }

    /// The SQL that makes a table. It may be run again, and by several at once.
    ///
    /// # Errors
    /// It is no name for a table, see [`Self::table`].
    pub fn schema(table: &str) -> Result<String, Invalid> {
        Table::new(table).map(|table| schema::schema(&table))
    }

    /// How many statements were sent: for tests that count round trips.
    #[doc(hidden)]
    pub fn statements(&self) -> u64 {
        self.database.get().map_or(0, |database| database.asked())
    }

    fn database(&self) -> Result<&Arc<Database>, StoreError> {
        if let Some(database) = self.database.get() {
            return Ok(database);
        }
        let database = Arc::new(Database::new(&self.origin, &self.options)?);
        Ok(self.database.get_or_init(|| database))
    }
}

impl Store for PostgresStore {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        Pending::later(async move {
            let database = self.database()?;
            let read = operations::read(Arc::clone(database), key.clone(), life);
            let found = database.backstage.run(read).await?;
            Ok(found.and_then(|found| unpack(found.text.as_deref(), key)))
        })
    }

    fn open(
        self: Arc<Self>,
        key: Key,
        life: Life,
        wait: Duration,
    ) -> Pending<'static, Option<Opened>> {
        Pending::later(async move {
            let database = self.database()?;
            // Whoever goes away drops it: then nobody asks for him any more.
            let asker = Arc::new(());
            let shared = Arc::clone(database);
            let open = lease::open(shared, key.clone(), life, wait, Arc::downgrade(&asker));
            let Some((found, lease)) = database.backstage.run(open).await? else {
                return Ok(None);
            };
            let data = unpack(found.text.as_deref(), &key);
            Ok(data.map(|data| Opened {
                data,
                lease: Box::new(lease),
            }))
        })
    }

    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::later(async move {
            let text = pack(&data, self.options.max_bytes)?;
            let database = self.database()?;
            let create = operations::create(Arc::clone(database), key.clone(), text, life);
            database.backstage.run(create).await?;
            Ok(None)
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Pending::later(async move {
            let database = self.database()?;
            let delete = operations::delete(Arc::clone(database), key.clone());
            database.backstage.run(delete).await
        })
    }

    fn sweep(&self) -> Pending<'_, Swept> {
        Pending::later(async move {
            let database = self.database()?;
            let sweep = operations::sweep(Arc::clone(database));
            database.backstage.run(sweep).await
        })
    }

    fn start(&self) -> Pending<'_, ()> {
        Pending::later(async move {
            let database = Arc::clone(self.database()?);
            let backstage = database.backstage.clone();
            let start = async move { Ok(database.start().await?) };
            let started = backstage.run(start).await;
            may_wait(started, self.options.lazy)
        })
    }
}

/// The end of a process waits a little for what gives its leases back: they would stay taken for as long as they last.
impl Drop for PostgresStore {
    fn drop(&mut self) {
        if let Some(database) = self.database.get() {
            database.releases.wait(FAREWELL);
        }
    }
}

/// Says where the database is, and nothing of who may enter.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("place", &self.origin.place())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
