//! Sessions in a real PostgreSQL: every promise of a store, and what becomes of them when the database fails.

mod rows;

mod leases;
mod lives;
mod renewals;

mod start;
mod tls;

mod connections;
mod outages;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use kirsch::sessions::stores::PostgresStore;
use kirsch::sessions::{Data, Key, Lease, Life, Opened, Pending, Store, StoreError};
use kirsch_tests::postgres::{Database, PASSWORD};

/// An hour, and no end but that.
const LIFE: Life = Life {
    idle: Duration::from_hours(1),
    absolute: None,
};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Short, for what must not happen.
const MOMENT: Duration = Duration::from_millis(300);

fn on<T>(work: impl Future<Output = T>) -> T {
    System::new().block_on(work)
}

fn store(database: &Database) -> PostgresStore {
    PostgresStore::new(&database.url()).unwrap()
}

async fn started(database: &Database) -> Arc<PostgresStore> {
    let store = store(database);
    store.start().await.unwrap();
    Arc::new(store)
}

fn data(number: u64) -> Data {
    Data::from_json(format!(r#"{{"n":{number}}}"#).as_bytes()).unwrap()
}

fn number(data: &Data) -> u64 {
    data.values()["n"].as_u64().unwrap()
}

async fn open(store: &Arc<PostgresStore>, key: &Key, wait: Duration) -> Option<Opened> {
    ask_open(store, key, wait).await.unwrap()
}

fn ask_open(
    store: &Arc<PostgresStore>,
    key: &Key,
    wait: Duration,
) -> Pending<'static, Option<Opened>> {
    let store = Arc::clone(store) as Arc<dyn Store>;
    store.open(key.clone(), LIFE, wait)
}

async fn lease(store: &Arc<PostgresStore>, key: &Key) -> Box<dyn Lease> {
    open(store, key, PATIENCE).await.unwrap().lease
}

async fn stored(store: &Arc<PostgresStore>, key: &Key) -> Option<u64> {
    let data = store.read(key, LIFE).await.unwrap();
    data.map(|data| number(&data))
}

async fn until_gone(store: &Arc<PostgresStore>, key: &Key) {
    let begun = Instant::now();
    while stored(store, key).await.is_some() {
        assert!(begun.elapsed() < PATIENCE, "it is still there");
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What it says at the start, with all that is behind it.
async fn refusal(store: &PostgresStore) -> String {
    words(&store.start().await.unwrap_err())
}

fn words(error: &StoreError) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let words = format!("{error}: {}", cause.unwrap_or_default());
    assert!(!words.contains(PASSWORD), "{words}");
    assert!(!format!("{error:?}").contains(PASSWORD));
    words
}

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

/// What SQL says of the connections of all stores of a test.
fn of_connections(database: &Database, what: &str) -> String {
    let name = database.name();
    database.execute(&format!(
        "SELECT {what} FROM pg_stat_activity LEFT JOIN pg_stat_ssl USING (pid) WHERE application_name = '{name}'"
    ))
}

fn kill_connections(database: &Database) -> u32 {
    of_connections(database, "count(pg_terminate_backend(pid))")
        .parse()
        .unwrap()
}

/// Somebody else on the same database, who keeps a transaction open.
struct Locker {
    client: tokio_postgres::Client,
    /// What the stores of the test are called.
    name: String,
}

impl Locker {
    async fn new(database: &Database) -> Self {
        let connected = tokio_postgres::connect(database.base_url(), tokio_postgres::NoTls).await;
        let (client, connection) = connected.unwrap();
        let _detached = actix_web::rt::spawn(connection);
        let name = database.name().to_owned();
        Self { client, name }
    }

    async fn run(&mut self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    async fn until_somebody_waits(&mut self) {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'";
        let begun = Instant::now();
        while self
            .client
            .query_one(sql, &[&self.name])
            .await
            .unwrap()
            .get::<_, i64>(0)
            == 0
        {
            assert!(begun.elapsed() < PATIENCE, "nobody waits");
        }
    }

    async fn kill_those_who_wait(&mut self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'";
        self.client.query(sql, &[&self.name]).await.unwrap();
    }
}
