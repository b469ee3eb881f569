//! The pool, and how a statement is asked: within a bounded time, once more where a connection was dead.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, Runtime};
use futures_util::TryStreamExt as _;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::error::{Error, SqlState};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row};

use super::backstage::Backstage;
use super::connect::{Connector, with_limits};
use super::failure::{Failure, unreachable};
use super::options::{Options, place};
use super::release::Releases;
use super::schema;
use super::statements::{SLICE, Statements};
use super::tls::Protection;
use crate::sessions::StoreError;

/// The database cancels a statement in time by itself, and the connection stays good. So much longer is waited for it to say so.
const GRACE: Duration = Duration::from_millis(250);

/// How long making the table may take at the start, where others may be making it too.
const SCHEMA_TIMEOUT: Duration = Duration::from_mins(1);

/// So many may wait for each connection, where none becomes free. The next is refused at once: it would only wait until it is too late.
const WAITERS: usize = 4;

/// As long as somebody gets a connection this often, the queue moves, and waiting is short however many there are: a burst is served, and not refused.
const STILL: Duration = Duration::from_millis(100);

/// What takes the place of a limit that no clock can count.
const FOREVER: Duration = Duration::from_hours(24 * 365);

/// Where connections come from.
#[derive(Clone)]
pub(super) enum Origin {
    Url(Box<(Config, Protection)>),
    Pool(Pool),
}

impl Origin {
    pub(super) fn place(&self) -> String {
        match self {
            Self::Url(url) => place(&url.0),
            Self::Pool(_) => "the database".to_owned(),
        }
    }
}

/// One database, with all that belongs to it.
pub(super) struct Database {
    pool: Pool,
    place: String,
    pub(super) options: Options,
    pub(super) statements: Statements,
    pub(super) backstage: Backstage,
    pub(super) releases: Releases,
    begun: Instant,
    /// How many milliseconds after that somebody got a connection last, or nobody waited for one.
    moved: AtomicU64,
    /// How many sessions the next sweep removes at most.
    pub(super) slice: AtomicI64,
    /// The table was there when it was looked for last.
    is_ready: AtomicBool,
    starting: Mutex<()>,
    asked: AtomicU64,
}

/// What the database answered, how many rows that concerns, and whether it was asked again since a connection had ended.
pub(super) struct Answer {
    pub(super) rows: Vec<Row>,
    pub(super) count: u64,
    pub(super) is_second: bool,
}

impl Database {
    /// Starts the thread. Nothing is asked of the network.
    pub(super) fn new(origin: &Origin, options: &Options) -> Result<Self, StoreError> {
        let backstage = Backstage::open().map_err(StoreError::unavailable)?;
        let pool = match origin {
            Origin::Pool(pool) => pool.clone(),
            Origin::Url(url) => pool(url, options, &backstage)?,
        };
        Ok(Self {
            pool,
            begun: Instant::now(),
            moved: AtomicU64::new(0),
            slice: AtomicI64::new(SLICE),
            place: origin.place(),
            statements: Statements::of(&options.table.quoted()),
            options: options.clone(),
            backstage,
            releases: Releases::default(),
            is_ready: AtomicBool::new(false),
            starting: Mutex::new(()),
            asked: AtomicU64::new(0),
        })
    }

    /// How many statements were sent.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Finds or makes the table, once. Another may be at it.
    pub(super) async fn start(&self) -> Result<(), Failure> {
        let start = async {
            let _alone = self.starting.lock().await;
            if !self.is_ready.load(Ordering::Acquire) {
                self.prepare().await?;
                self.is_ready.store(true, Ordering::Release);
            }
            Ok(())
        };
        let started = timeout(SCHEMA_TIMEOUT, start).await;
        started.unwrap_or_else(|_| Err(self.late()))
    }

    async fn prepare(&self) -> Result<(), Failure> {
        let deadline = self.deadline();
        let client = Borrowed(Some(self.client(deadline).await?));
        let (table, create) = (&self.options.table, self.options.create_schema);
        let found = timeout_at(deadline, schema::find(client.get()?, table, create)).await;
        if !found.unwrap_or_else(|_| Err(self.late()))? {
            schema::make(client.get()?, table, SCHEMA_TIMEOUT).await?;
        }
        client.give_back();
        Ok(())
    }

    /// When what begins now has to be done.
    pub(super) fn deadline(&self) -> Instant {
        after(self.options.patience())
    }

    /// Asks one statement that may be sent twice without harm.
    pub(super) async fn ask(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Answer, Failure> {
        self.ask_before(self.deadline(), sql, values).await
    }

    /// The same, as one of several that have to be done by then.
    pub(super) async fn ask_before(
        &self,
        deadline: Instant,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Answer, Failure> {
        let first = self.ask_once(deadline, sql, values).await;
        let Err(Failure::Broken(_)) = first else {
            return first;
        };
        // In a box, since it is rare: this is moved to another thread, and would be large.
        match Box::pin(self.ask_once(deadline, sql, values)).await {
            Ok(answer) => Ok(Answer {
                is_second: true,
                ..answer
            }),
            Err(Failure::Late(words)) => Err(Failure::Late(words)),
            // Whatever became of the second, the first may have been carried out.
            Err(other) => Err(Failure::Broken(other.into_words())),
        }
    }

    /// Asks once: also what may not be sent twice.
    pub(super) async fn ask_once(
        &self,
        deadline: Instant,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Answer, Failure> {
        // What was not started starts here.
        if !self.is_ready.load(Ordering::Acquire) {
            let started = timeout_at(deadline, Box::pin(self.start())).await;
            started.unwrap_or_else(|_| Err(self.late()))?;
        }
        let client = Borrowed(Some(self.client(deadline).await?));
        let full = after(self.options.statement_timeout.saturating_add(GRACE));
        let limit = full.min(deadline);
        let Ok(answer) = timeout_at(limit, self.send(client.get()?, sql, values)).await else {
            // The others are no better: their server hangs, or is gone without a word.
            if limit == full {
                self.forget_connections();
            }
            return Err(self.late());
        };
        let answer = answer.map_err(|error| self.failure(&error));
        if !answer.as_ref().is_err_and(Failure::spoils_the_connection) {
            client.give_back();
        }
        answer
    }

    /// What an error means, for this statement and the next.
    fn failure(&self, error: &Error) -> Failure {
        if error.code() == Some(&SqlState::UNDEFINED_TABLE) {
            // Somebody has dropped it: it is looked for, or made, again.
            self.is_ready.store(false, Ordering::Release);
        }
        let failure = Failure::of(error);
        if let Failure::Broken(words) = &failure {
            tracing::debug!("a connection to {} was dead: {words}", self.place);
            self.forget_connections();
        }
        failure
    }

    /// One round trip; two when the connection has not seen the statement before.
    async fn send(
        &self,
        client: &Object,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Answer, Error> {
        let statement = client.prepare_cached(sql).await?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        let values = values.iter().copied();
        let mut stream = pin!(client.query_raw(&statement, values).await?);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(row);
        }
        let count = stream.rows_affected().unwrap_or(0);
        let is_second = false;
        Ok(Answer {
            rows,
            count,
            is_second,
        })
    }

    async fn client(&self, deadline: Instant) -> Result<Object, Failure> {
        let status = self.pool.status();
        let (size, waiting) = (status.max_size, status.waiting);
        if waiting == 0 {
            self.moved.store(self.now(), Ordering::Relaxed);
        }
        if waiting >= size.saturating_mul(WAITERS) && self.stands_still() {
            return Err(Failure::Unsent(format!(
                "{waiting} wait for one of the {size} connections to {} already, and none becomes free (pool_size)",
                self.place
            )));
        }
        // A pool of the application's may have no limits of its own.
        let limit = after(self.options.connection()).min(deadline);
        let Ok(client) = timeout_at(limit, self.pool.get()).await else {
            return Err(Failure::Unsent(format!(
                "no connection to {} is to be had in time (acquire_timeout, connect_timeout)",
                self.place
            )));
        };
        let client = client.map_err(|error| unreachable(&error, &self.place, size))?;
        self.moved.store(self.now(), Ordering::Relaxed);
        Ok(client)
    }

    /// Nobody has got a connection for a while.
    fn stands_still(&self) -> bool {
        let moved = Duration::from_millis(self.moved.load(Ordering::Relaxed));
        Duration::from_millis(self.now()).saturating_sub(moved) > STILL
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Connections that nobody uses are closed.
    fn forget_connections(&self) {
        drop(self.pool.retain(|_, _| false));
    }

    pub(super) fn late(&self) -> Failure {
        Failure::Late(format!(
            "{} did not answer in time (statement_timeout is {:?})",
            self.place, self.options.statement_timeout
        ))
    }
}

fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or_else(|| now + FOREVER)
}

/// Connections to the database at a URL. Nothing is asked of the network.
pub(super) fn pool(
    (config, protection): &(Config, Protection),
    options: &Options,
    backstage: &Backstage,
) -> Result<Pool, StoreError> {
    let config = with_limits(config.clone(), options);
    let connector = Connector::new(backstage, options, protection.connector()?);
    let manager = Manager::from_connect(config, connector, ManagerConfig::default());
    Pool::builder(manager)
        .max_size(options.pool_size.max(1))
        .wait_timeout(Some(options.acquire_timeout))
        .create_timeout(Some(options.connect_timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(StoreError::failed)
}

/// A connection out of the pool. One that is not given back is closed: something may still be under way on it.
struct Borrowed(Option<Object>);

impl Borrowed {
    fn get(&self) -> Result<&Object, Failure> {
        let gone = || Failure::Unsent("the connection was given back".to_owned());
        self.0.as_ref().ok_or_else(gone)
    }

    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}
