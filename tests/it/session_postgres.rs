//! Sessions in a real PostgreSQL: every promise of a store, and what becomes of them when the database fails.

use std::future::Future;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use kirsch::sessions::stores::PostgresStore;
use kirsch::sessions::{
    Data, Key, Lease, Life, Opened, Pending, Renamed, Store, StoreError, Written,
};
use kirsch_tests::postgres::{Cluster, Database, PASSWORD};

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
    store.open(key.clone(), wait)
}

async fn lease(store: &Arc<PostgresStore>, key: &Key) -> Box<dyn Lease> {
    open(store, key, PATIENCE).await.unwrap().lease
}

async fn stored(store: &Arc<PostgresStore>, key: &Key) -> Option<u64> {
    let data = store.read(key, LIFE).await.unwrap();
    data.map(|data| number(&data))
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

#[test]
fn a_session_is_stored_read_written_moved_and_deleted() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let (key, other) = (Key::of("a"), Key::of("b"));
        assert_eq!(stored(&store, &key).await, None);
        assert!(open(&store, &key, MOMENT).await.is_none());
        store.create(&key, data(1), LIFE).await.unwrap();
        assert_eq!(stored(&store, &key).await, Some(1));

        let opened = open(&store, &key, MOMENT).await.unwrap();
        assert_eq!(number(&opened.data), 1);
        let written = opened.lease.save(data(2), LIFE).await;
        assert_eq!(written.unwrap(), Written::Done);
        let touched = lease(&store, &key).await.touch(LIFE).await;
        assert_eq!(touched.unwrap(), Written::Done);
        assert_eq!(stored(&store, &key).await, Some(2));

        let to = other.clone();
        let renamed = lease(&store, &key).await.rename(to, data(3), LIFE).await;
        assert_eq!(renamed.unwrap(), Renamed::Done(None));
        assert_eq!(stored(&store, &key).await, None);
        assert_eq!(stored(&store, &other).await, Some(3));

        lease(&store, &other).await.delete().await.unwrap();
        assert_eq!(stored(&store, &other).await, None);
        store.delete(&other).await.unwrap();
    });
}

#[test]
fn what_goes_in_comes_out() {
    let database = Database::fresh();
    let json = r#"{"":"\u0000","zz":1,"a":[1.5,-0.0,1e300,18446744073709551615,-9223372036854775808,null,true],"é\n":{"\"":"\\u0000 😀"}}"#;
    let odd = Data::from_json(json.as_bytes()).unwrap();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, odd.clone(), LIFE).await.unwrap();
        assert_eq!(store.read(&key, LIFE).await.unwrap(), Some(odd.clone()));
        let opened = open(&store, &key, MOMENT).await.unwrap();
        assert_eq!(opened.data, odd);
        let plain = Data::from_json(br#"{"b":{"c":[1,"d"]}}"#).unwrap();
        opened.lease.save(plain.clone(), LIFE).await.unwrap();
        assert_eq!(store.read(&key, LIFE).await.unwrap(), Some(plain));
        assert_eq!(
            database.execute("SELECT data->'b'->'c'->>1 FROM kirsch_sessions"),
            "d"
        );
    });
}

#[test]
fn a_writing_request_costs_two_round_trips_and_a_reading_one_costs_one() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        let before = store.statements();
        let save = lease(&store, &key).await.save(data(2), LIFE);
        save.await.unwrap();
        assert_eq!(store.statements() - before, 2);
        stored(&store, &key).await;
        assert_eq!(store.statements() - before, 3);
        // Somebody whose session is gone is rare, and costs one more.
        assert!(open(&store, &Key::of("b"), MOMENT).await.is_none());
        assert_eq!(store.statements() - before, 5);
    });
}

#[test]
fn nothing_of_the_database_is_held_while_a_page_runs() {
    let database = Database::fresh();
    on(async {
        let store = Arc::new(store(&database).pool_size(1));
        let keys: Vec<_> = (0..5).map(|at| Key::of(&at.to_string())).collect();
        for key in &keys {
            store.create(key, data(1), LIFE).await.unwrap();
        }
        let mut leases = Vec::new();
        for key in &keys {
            leases.push(lease(&store, key).await);
        }
        let busy = of_connections(&database, "count(*) FILTER (WHERE state <> 'idle')");
        assert_eq!(busy, "0");
        for lease in leases {
            assert_eq!(lease.save(data(2), LIFE).await.unwrap(), Written::Done);
        }
    });
}

#[test]
fn one_lease_at_a_time_across_processes() {
    let database = Database::fresh();
    on(async {
        let (here, there) = (started(&database).await, started(&database).await);
        let key = Key::of("a");
        here.create(&key, data(1), LIFE).await.unwrap();
        let held = lease(&here, &key).await;
        let refused = ask_open(&there, &key, MOMENT).await;
        assert!(matches!(refused, Err(StoreError::Busy)));
        // Reading needs no lock.
        assert_eq!(stored(&there, &key).await, Some(1));
        let mut waiting = ask_open(&there, &key, PATIENCE);
        assert!((&mut waiting).now_or_never().is_none());
        held.save(data(2), LIFE).await.unwrap();
        assert_eq!(number(&waiting.await.unwrap().unwrap().data), 2);
    });
}

#[test]
fn a_lease_that_is_dropped_is_given_back() {
    let database = Database::fresh();
    on(async {
        let (here, there) = (started(&database).await, started(&database).await);
        let key = Key::of("a");
        here.create(&key, data(1), LIFE).await.unwrap();
        drop(lease(&here, &key).await);
        let opened = open(&there, &key, Duration::from_secs(5)).await;
        assert_eq!(number(&opened.unwrap().data), 1);
    });
}

#[test]
fn a_request_that_is_cancelled_while_it_opens_leaves_no_lock() {
    let database = Database::fresh();
    on(async {
        let (here, there) = (started(&database).await, started(&database).await);
        let key = Key::of("a");
        here.create(&key, data(1), LIFE).await.unwrap();
        for _ in 0..20 {
            let mut opening = ask_open(&here, &key, PATIENCE);
            assert!((&mut opening).now_or_never().is_none());
            drop(opening);
        }
        assert!(open(&there, &key, Duration::from_secs(5)).await.is_some());
    });
}

#[test]
fn the_lease_of_a_process_that_was_killed_ends() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        let mut holder = Command::new(env!("CARGO_BIN_EXE_kirsch-holder"))
            .args([&database.url(), "a", "1500"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(holder.stdout.take().unwrap()).lines();
        assert_eq!(said.next().unwrap().unwrap(), "held");
        holder.kill().unwrap();
        holder.wait().unwrap();
        let early = ask_open(&store, &key, Duration::from_millis(100)).await;
        assert!(matches!(early, Err(StoreError::Busy)));
        assert!(open(&store, &key, Duration::from_secs(5)).await.is_some());
    });
}

#[test]
fn whoever_lost_a_lease_cannot_write() {
    let database = Database::fresh();
    on(async {
        let short = || Arc::new(store(&database).lease(Duration::from_millis(50)));
        let (here, there) = (short(), short());
        let key = Key::of("a");
        here.create(&key, data(1), LIFE).await.unwrap();
        let mut lost = Vec::new();
        for _ in 0..3 {
            lost.push(lease(&here, &key).await);
        }
        let held = lease(&there, &key).await;
        let [save, touch, rename] = <[_; 3]>::try_from(lost).unwrap();
        let saved = save.save(data(9), LIFE).await;
        assert!(matches!(saved, Err(StoreError::Lost)));
        let touched = touch.touch(LIFE).await;
        assert!(matches!(touched, Err(StoreError::Lost)));
        let renamed = rename.rename(Key::of("b"), data(9), LIFE).await;
        assert!(matches!(renamed, Err(StoreError::Lost)));
        // Ended, but nobody has taken it since.
        assert_eq!(held.save(data(2), LIFE).await.unwrap(), Written::Done);
        assert_eq!(stored(&here, &key).await, Some(2));
    });
}

#[test]
fn a_lost_lease_that_is_dropped_is_not_the_next_ones() {
    let database = Database::fresh();
    on(async {
        let short = Arc::new(store(&database).lease(Duration::from_millis(50)));
        let (here, there) = (short, started(&database).await);
        let key = Key::of("a");
        here.create(&key, data(1), LIFE).await.unwrap();
        let lost = lease(&here, &key).await;
        let _held = lease(&there, &key).await;
        drop(lost);
        let busy = ask_open(&here, &key, MOMENT).await;
        assert!(matches!(busy, Err(StoreError::Busy)));
    });
}

#[test]
fn what_is_gone_stays_gone() {
    let database = Database::fresh();
    on(async {
        let (here, there) = (started(&database).await, started(&database).await);
        let (key, moved) = (Key::of("a"), Key::of("b"));
        here.create(&key, data(1), LIFE).await.unwrap();
        let held = lease(&here, &key).await;
        there.delete(&key).await.unwrap();
        assert_eq!(held.save(data(2), LIFE).await.unwrap(), Written::Gone);
        assert_eq!(stored(&there, &key).await, None);

        here.create(&key, data(1), LIFE).await.unwrap();
        let held = lease(&here, &key).await;
        let waiting = ask_open(&there, &key, PATIENCE);
        let to = moved.clone();
        held.rename(to, data(2), LIFE).await.unwrap();
        assert!(waiting.await.unwrap().is_none());
        assert_eq!(stored(&there, &moved).await, Some(2));
    });
}

#[test]
fn what_has_expired_is_never_seen_nor_written() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        let held = lease(&store, &key).await;
        database.execute("UPDATE kirsch_sessions SET expires_at = now()");
        assert_eq!(stored(&store, &key).await, None);
        assert!(open(&store, &key, MOMENT).await.is_none());
        assert_eq!(held.save(data(2), LIFE).await.unwrap(), Written::Gone);
        // It is no obstacle for another one.
        store.create(&key, data(3), LIFE).await.unwrap();
        assert_eq!(stored(&store, &key).await, Some(3));
        let again = store.create(&key, data(4), LIFE).await;
        assert!(matches!(again, Err(StoreError::Failed(_))));
        assert_eq!(stored(&store, &key).await, Some(3));
    });
}

#[test]
fn lives_are_counted_by_the_clock_of_the_database() {
    let database = Database::fresh();
    let left = |about: f64| {
        let sql = "SELECT extract(epoch FROM expires_at - now()) FROM kirsch_sessions";
        let left: f64 = database.execute(sql).parse().unwrap();
        // A test may take its time.
        assert!(
            (about - 8.0..=about).contains(&left),
            "{left} and not {about}"
        );
    };
    let used = |ago: u32| {
        database.execute(&format!(
            "UPDATE kirsch_sessions SET expires_at = expires_at - interval '{ago} s', created_at = created_at - interval '{ago} s'"
        ));
    };
    let life = Life {
        idle: Duration::from_secs(1000),
        absolute: Some(Duration::from_secs(2500)),
    };
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), life).await.unwrap();
        left(1000.0);
        // A reader leaves a life of which nine tenths are left.
        used(80);
        store.read(&key, life).await.unwrap();
        left(920.0);
        used(40);
        store.read(&key, life).await.unwrap();
        left(1000.0);
        // 1500 of its 2500 seconds are left, then 600.
        used(880);
        lease(&store, &key).await.touch(life).await.unwrap();
        left(1000.0);
        used(900);
        lease(&store, &key).await.save(data(2), life).await.unwrap();
        left(600.0);
        let to = Key::of("b");
        let moved = lease(&store, &key).await.rename(to.clone(), data(3), life);
        assert_eq!(moved.await.unwrap(), Renamed::Done(None));
        left(600.0);
        used(550);
        store.read(&to, life).await.unwrap();
        left(50.0);
        used(50);
        assert_eq!(store.read(&to, life).await.unwrap(), None);
    });
}

#[test]
fn an_absolute_life_that_was_made_shorter_holds_at_once() {
    let database = Database::fresh();
    let short = Life {
        absolute: Some(Duration::from_mins(1)),
        ..LIFE
    };
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        let held = lease(&store, &key).await;
        database.execute("UPDATE kirsch_sessions SET created_at = now() - interval '61 s'");
        assert_eq!(store.read(&key, short).await.unwrap(), None);
        assert_eq!(held.save(data(2), short).await.unwrap(), Written::Gone);
    });
}

#[test]
fn the_expired_are_swept_in_slices() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        store.create(&Key::of("live"), data(1), LIFE).await.unwrap();
        database.execute(
            "INSERT INTO kirsch_sessions (key, data, created_at, expires_at) \
             SELECT sha256(int4send(n)), '{}', now(), now() - interval '1 s' FROM generate_series(1, 2500) AS n",
        );
        for (removed, more) in [(1000, true), (1000, true), (500, false), (0, false)] {
            let swept = store.sweep().await.unwrap();
            assert_eq!((swept.removed, swept.more), (removed, more));
        }
        assert_eq!(stored(&store, &Key::of("live")).await, Some(1));
    });
}

#[test]
fn a_row_that_holds_no_session_is_passed_over() {
    let database = Database::fresh();
    on(async {
        let store = Arc::new(store(&database).max_bytes(1_000));
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        let large = Data::from_json(format!(r#"{{"a":"{}"}}"#, "x".repeat(1_000)).as_bytes());
        let refused = lease(&store, &key).await.save(large.unwrap(), LIFE).await;
        assert!(matches!(
            refused,
            Err(StoreError::TooLarge {
                bytes: 1_008,
                limit: 1_000
            })
        ));
        assert_eq!(stored(&store, &key).await, Some(1));
        for bad in [
            "'[1]'",
            "'\"{\"'",
            "'null'",
            "to_jsonb(repeat('x', 10000000))",
            "(SELECT jsonb_object_agg(n, n) FROM generate_series(1, 100000) AS n)",
        ] {
            database.execute(&format!("UPDATE kirsch_sessions SET data = {bad}"));
            assert_eq!(store.read(&key, LIFE).await.unwrap(), None, "{bad}");
            assert!(open(&store, &key, PATIENCE).await.is_none(), "{bad}");
        }
    });
}

#[test]
fn no_increment_is_lost() {
    const EACH: u64 = 15;
    let database = Database::fresh();
    on(async {
        let stores = [started(&database).await, started(&database).await];
        let key = Key::of("a");
        stores[0].create(&key, data(0), LIFE).await.unwrap();
        let clients = (0..8).map(|at| count_up(&stores[at % 2], &key, EACH));
        join_all(clients).await;
        assert_eq!(stored(&stores[0], &key).await, Some(8 * EACH));
    });
}

async fn count_up(store: &Arc<PostgresStore>, key: &Key, times: u64) {
    for _ in 0..times {
        let opened = open(store, key, Duration::from_mins(1)).await.unwrap();
        let next = data(number(&opened.data) + 1);
        let written = opened.lease.save(next, LIFE).await;
        assert_eq!(written.unwrap(), Written::Done);
    }
}

#[test]
fn several_may_start_at_once() {
    let database = Database::fresh();
    on(async {
        let stores: Vec<_> = (0..8).map(|_| store(&database)).collect();
        for started in join_all(stores.iter().map(Store::start)).await {
            started.unwrap();
        }
    });
    // Whoever runs the SQL by hand may do so again.
    database.execute(&PostgresStore::schema("kirsch_sessions").unwrap());
    let apart = format!("{}_apart", database.name());
    let table = format!("{apart}.sessions");
    database.execute(&format!("CREATE SCHEMA {apart}"));
    database.execute(&PostgresStore::schema(&table).unwrap());
    on(async {
        let apart = store(&database).create_schema(false);
        let apart = apart.table(&table).unwrap();
        apart.start().await.unwrap();
        apart.create(&Key::of("a"), data(1), LIFE).await.unwrap();
    });
    let count = database.execute(&format!("SELECT count(*) FROM {table}"));
    assert_eq!(count, "1");
    database.execute(&format!("DROP SCHEMA {apart} CASCADE"));
}

#[test]
fn what_is_not_started_starts_with_its_first_use() {
    let database = Database::fresh();
    on(async {
        let store = Arc::new(store(&database));
        assert_eq!(stored(&store, &Key::of("a")).await, None);
    });
}

#[test]
fn a_start_that_fails_says_why() {
    let database = Database::fresh();
    let table = |sql: &str| database.execute(&format!("CREATE TABLE odd (); {sql}"));
    on(async {
        let absent = store(&database).create_schema(false);
        let said = refusal(&absent).await;
        assert!(
            said.contains("there is no table `kirsch_sessions`"),
            "{said}"
        );

        table("COMMENT ON TABLE odd IS 'sessions of Kirsch, version 7'");
        let odd = || store(&database).table("odd").unwrap();
        let said = refusal(&odd()).await;
        assert!(said.contains("has version 7"), "{said}");
        // A file that is out of date is no database that is away: it does not pass.
        assert!(odd().lazy(true).start().await.is_err());

        database.execute("COMMENT ON TABLE odd IS NULL");
        let said = refusal(&odd()).await;
        assert!(said.contains("is no table for sessions"), "{said}");
    });
}

#[test]
fn a_database_that_is_absent_is_reported_without_the_secret() {
    let cluster = Cluster::start_new();
    let url = cluster.url_of("nowhere");
    on(async {
        let said = refusal(&PostgresStore::new(&url).unwrap()).await;
        assert!(
            said.contains("database \"nowhere\" does not exist"),
            "{said}"
        );

        let wrong = cluster.url_of("postgres").replace(PASSWORD, "wrong");
        let said = refusal(&PostgresStore::new(&wrong).unwrap()).await;
        assert!(said.contains("password authentication failed"), "{said}");
        assert!(!said.contains("wrong"), "{said}");

        let local = PostgresStore::new(&cluster.local_url_of("postgres")).unwrap();
        local.start().await.unwrap();
    });
    assert!(!cluster.log().contains(PASSWORD));
}

#[test]
fn tls_is_as_the_url_says() {
    let (cluster, authority) = Cluster::start_with_tls();
    let database = cluster.database();
    let named = database.url().replace("127.0.0.1", "localhost");
    let start = async |url: &str, words: &str| {
        let store = PostgresStore::new(&format!("{url}&{words}")).unwrap();
        store
            .start()
            .await
            .map(|()| of_connections(&database, "bool_and(ssl)") == "t")
    };
    let file = format!("sslrootcert={}", authority.display());
    on(async {
        let is_protected = start(&named, "sslmode=disable").await.unwrap();
        assert!(!is_protected);
        for words in ["", "sslmode=prefer", "sslmode=require"] {
            kill_connections(&database);
            assert!(start(&named, words).await.unwrap(), "{words}");
        }
        for mode in ["require", "verify-full"] {
            let words = format!("sslmode={mode}&{file}");
            assert!(start(&named, &words).await.unwrap());
            let said = words_of(start(&database.url(), &words).await);
            assert!(said.contains("not valid for name"), "{said}");
        }
        let said = words_of(start(&named, "sslmode=verify-full").await);
        assert!(
            said.contains("UnknownIssuer") || said.contains("no certificates"),
            "{said}"
        );
        let said = words_of(start(&named, "sslmode=verify-full&sslrootcert=/nowhere").await);
        assert!(
            said.contains("`/nowhere` (sslrootcert) cannot be read"),
            "{said}"
        );
    });
}

fn words_of<T>(answer: Result<T, StoreError>) -> String {
    answer.err().map_or_else(String::new, |error| words(&error))
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    // The server of `DATABASE_URL` may have it.
    let cluster = Cluster::start_new();
    let database = cluster.database();
    let url = format!("{}&sslmode=require", database.url());
    on(async {
        let said = refusal(&PostgresStore::new(&url).unwrap()).await;
        assert!(said.contains("server does not support TLS"), "{said}");
    });
}

#[test]
fn a_port_that_is_closed_or_silent_is_reported_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("postgres://ann:{PASSWORD}@127.0.0.1:{port}/shop");
    let store = || PostgresStore::new(&url).unwrap();
    let begun = Instant::now();
    on(async {
        let silent = store().connect_timeout(MOMENT);
        let said = refusal(&silent).await;
        assert!(said.contains("does not answer (connect_timeout)"), "{said}");
        drop(listener);
        let said = refusal(&store()).await;
        assert!(said.contains("Connection refused"), "{said}");
        assert!(
            said.contains(&format!("`shop` at 127.0.0.1:{port}")),
            "{said}"
        );
        let lazy = store().lazy(true);
        lazy.start().await.unwrap();
        assert!(is_unavailable(&lazy.read(&Key::of("a"), LIFE).await));
    });
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_lazy_store_is_there_when_its_database_is() {
    let mut cluster = Cluster::start_new();
    let database = cluster.database();
    cluster.stop();
    on(async {
        let store = Arc::new(store(&database).lazy(true));
        store.start().await.unwrap();
        assert!(is_unavailable(&store.read(&Key::of("a"), LIFE).await));
        cluster.start();
        store.create(&Key::of("a"), data(1), LIFE).await.unwrap();
        assert_eq!(stored(&store, &Key::of("a")).await, Some(1));
    });
}

#[test]
fn a_database_that_was_away_is_used_again() {
    let mut cluster = Cluster::start_new();
    let database = cluster.database();
    on(async {
        let (here, there) = (started(&database).await, started(&database).await);
        let key = Key::of("a");
        here.create(&key, data(1), LIFE).await.unwrap();
        let held = lease(&here, &key).await;
        cluster.stop();
        assert!(is_unavailable(&here.read(&key, LIFE).await));
        assert!(is_unavailable(&ask_open(&there, &key, MOMENT).await));
        assert!(is_unavailable(
            &here.create(&Key::of("b"), data(1), LIFE).await
        ));
        assert!(is_unavailable(&held.save(data(2), LIFE).await));
        cluster.start();
        // The lease that could not be given back is not waited for: its holder gives it back now.
        let begun = Instant::now();
        let opened = open(&there, &key, Duration::from_secs(5)).await.unwrap();
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(number(&opened.data), 1);
        opened.lease.save(data(3), LIFE).await.unwrap();
        assert_eq!(stored(&here, &key).await, Some(3));
        assert_eq!(stored(&here, &Key::of("b")).await, None);
    });
}

/// The server crashes three times under load. Every value that was acknowledged was given once, and is not lost.
#[test]
fn no_acknowledged_write_is_lost_when_the_server_crashes() {
    const ENOUGH: usize = 800;
    let mut cluster = Cluster::start_new();
    let database = cluster.database();
    let (acknowledged, progress) = std::sync::mpsc::channel();
    let crashes = std::thread::spawn(move || {
        for number in 1..=ENOUGH {
            progress.recv().unwrap();
            if number % (ENOUGH / 4) == 0 && number < ENOUGH {
                cluster.stop();
                cluster.start();
            }
        }
        cluster
    });
    let mut lost = 0;
    on(async {
        let stores = [started(&database).await, started(&database).await];
        let keys: Vec<_> = (0..4).map(|at| Key::of(&at.to_string())).collect();
        for key in &keys {
            stores[0].create(key, data(0), LIFE).await.unwrap();
        }
        let clients = (0..16).map(|at| {
            let (store, key) = (&stores[at % 2], &keys[at / 2 % 4]);
            hammer(store, key, acknowledged.clone())
        });
        let all = join_all(clients).await;
        for (at, key) in keys.iter().enumerate() {
            let of_key = all
                .iter()
                .enumerate()
                .filter(|(client, _)| client / 2 % 4 == at);
            let runs: Vec<_> = of_key.map(|(_, run)| run).collect();
            let mut values: Vec<_> = runs.iter().flat_map(|run| &run.values).collect();
            let attempts: usize = runs.iter().map(|run| run.attempts).sum();
            let reached = stored(&stores[0], key).await.unwrap();
            let given = values.len();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), given, "a value was given twice");
            assert!(values.last().is_some_and(|value| **value <= reached));
            assert!((given as u64..=attempts as u64).contains(&reached));
            lost += attempts - given;
        }
    });
    assert!(lost > 0, "no crash was noticed");
    drop(crashes.join().unwrap());
}

/// What became of one client's increments.
#[derive(Default)]
struct Run {
    values: Vec<u64>,
    attempts: usize,
}

/// Counts up until nobody wants to hear of it.
async fn hammer(
    store: &Arc<PostgresStore>,
    key: &Key,
    acknowledged: std::sync::mpsc::Sender<()>,
) -> Run {
    let mut run = Run::default();
    loop {
        let answer = ask_open(store, key, PATIENCE).await;
        let Ok(opened) = answer else {
            // A visitor who is answered 503 tries again a little later.
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let opened = opened.expect("a session that is there is never said to be absent");
        let value = number(&opened.data) + 1;
        run.attempts += 1;
        if let Ok(written) = opened.lease.save(data(value), LIFE).await {
            assert_eq!(written, Written::Done);
            run.values.push(value);
            if acknowledged.send(()).is_err() {
                return run;
            }
        }
    }
}

#[test]
fn connections_that_are_killed_are_replaced_unnoticed() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        assert!(kill_connections(&database) > 0);
        let held = lease(&store, &key).await;
        assert!(kill_connections(&database) > 0);
        assert_eq!(held.save(data(2), LIFE).await.unwrap(), Written::Done);
        assert!(kill_connections(&database) > 0);
        assert_eq!(stored(&store, &key).await, Some(2));
    });
}

#[test]
fn a_server_that_hangs_is_given_up_in_time() {
    let cluster = Cluster::start_new();
    let database = cluster.database();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        cluster.freeze();
        let timed = |work: Pending<'static, Option<Opened>>| async {
            let begun = Instant::now();
            assert!(is_unavailable(&work.await));
            assert!(
                begun.elapsed() < Duration::from_secs(3),
                "{:?}",
                begun.elapsed()
            );
        };
        // More than there are connections: some wait for one, some for an answer, some for a new connection.
        join_all((0..20).map(|_| timed(ask_open(&store, &key, PATIENCE)))).await;
        timed(ask_open(&store, &key, PATIENCE)).await;
        cluster.thaw();
        let begun = Instant::now();
        let opened = open(&store, &key, Duration::from_secs(5)).await.unwrap();
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(
            opened.lease.save(data(2), LIFE).await.unwrap(),
            Written::Done
        );
    });
}

#[test]
fn one_connection_serves_many_and_nobody_waits_for_ever() {
    let database = Database::fresh();
    on(async {
        let store = store(&database)
            .pool_size(1)
            .statement_timeout(Duration::from_secs(1));
        let store = Arc::new(store);
        let keys: Vec<_> = (0..100).map(|at| Key::of(&at.to_string())).collect();
        let created = keys.iter().map(|key| store.create(key, data(1), LIFE));
        assert!(join_all(created).await.iter().all(Result::is_ok));
        assert_eq!(of_connections(&database, "count(*)"), "1");

        let mut locker = Locker::new(&database).await;
        locker
            .run("BEGIN; LOCK TABLE kirsch_sessions IN ACCESS EXCLUSIVE MODE")
            .await;
        let begun = Instant::now();
        let read = keys.iter().map(|key| store.read(key, LIFE));
        assert!(join_all(read).await.iter().all(is_unavailable));
        assert!(
            begun.elapsed() < Duration::from_millis(2_500),
            "{:?}",
            begun.elapsed()
        );
        locker.run("ROLLBACK").await;
        assert_eq!(stored(&store, &keys[0]).await, Some(1));
    });
}

#[test]
fn a_reader_waits_for_no_writer() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        let mut locker = Locker::new(&database).await;
        locker
            .run("UPDATE kirsch_sessions SET expires_at = now() + interval '10 s'; BEGIN; SELECT FROM kirsch_sessions FOR UPDATE")
            .await;
        let begun = Instant::now();
        assert_eq!(stored(&store, &key).await, Some(1));
        assert!(begun.elapsed() < Duration::from_secs(1));
    });
}

#[test]
fn a_write_whose_connection_dies_is_sent_again_or_its_fate_is_said_to_be_unknown() {
    let database = Database::fresh();
    on(async {
        let (here, there) = (started(&database).await, started(&database).await);
        let key = Key::of("a");
        here.create(&key, data(1), LIFE).await.unwrap();
        let mut locker = Locker::new(&database).await;

        // The first is killed while it waits for the row; the second finds its own token.
        let held = lease(&here, &key).await;
        locker
            .run("BEGIN; SELECT FROM kirsch_sessions FOR UPDATE")
            .await;
        let mut saving = held.save(data(2), LIFE);
        assert!((&mut saving).now_or_never().is_none());
        locker.until_somebody_waits().await;
        locker.kill_those_who_wait().await;
        locker.run("COMMIT").await;
        assert_eq!(saving.await.unwrap(), Written::Done);

        // Somebody else has the session when the second comes.
        let held = lease(&here, &key).await;
        locker
            .run("BEGIN; UPDATE kirsch_sessions SET lock_token = '\\x01'")
            .await;
        let mut saving = held.save(data(3), LIFE);
        assert!((&mut saving).now_or_never().is_none());
        locker.until_somebody_waits().await;
        locker.kill_those_who_wait().await;
        locker.run("COMMIT").await;
        assert!(is_unavailable(&saving.await));
        assert_eq!(stored(&there, &key).await, Some(2));
    });
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
        let waiting = async |client: &tokio_postgres::Client| {
            let row = client.query_one(sql, &[&self.name]).await.unwrap();
            row.get::<_, i64>(0) > 0
        };
        while !waiting(&self.client).await {}
    }

    async fn kill_those_who_wait(&mut self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'";
        self.client.query(sql, &[&self.name]).await.unwrap();
    }
}
