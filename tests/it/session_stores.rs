//! Every store keeps every promise: the suite that is public, asked of all of ours, and of Redis through the adapter.

use std::future::Future;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use kirsch::prelude::*;
use kirsch::sessions::stores::{FileStore, ForActix, MemoryStore, PostgresStore, RedisStore};
use kirsch::sessions::{Data, Key, Life, Store, StoreError};
use kirsch::testing::Client;
use kirsch::testing::sessions::Trial;
use kirsch_tests::postgres::{Cluster, Database};
use kirsch_tests::redis::Redis;

fn on(trial: impl Future<Output = ()>) {
    actix_web::rt::System::new().block_on(trial);
}

#[test]
fn memory_keeps_its_promises() {
    on(Trial::of(Arc::new(MemoryStore::new())).run());
}

#[test]
fn files_keep_their_promises() {
    for fsync in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = [(); 2].map(|()| {
            let store = FileStore::new(folder.path().join("sessions"));
            Arc::new(store.fsync(fsync))
        });
        on(Trial::of(one).and(other).run());
    }
}

#[test]
fn postgres_keeps_its_promises() {
    let database = Database::fresh();
    let lease = Duration::from_secs(3);
    let store = || PostgresStore::new(&database.url()).unwrap().lease(lease);
    let [one, other] = [(); 2].map(|()| Arc::new(store()));
    on(Trial::of(one).and(other).leases_end(lease).run());
}

#[test]
fn redis_keeps_what_the_adapter_promises() {
    let redis = Redis::start();
    let store = Arc::new(RedisStore::new(redis.url()));
    on(Trial::of(store).without_fences().without_sweeps().run());
}

/// An hour, and no end but that.
const LIFE: Life = Life {
    idle: Duration::from_hours(1),
    absolute: None,
};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

fn text(error: &StoreError) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", cause.unwrap_or_default())
}

/// Asks until SQL answers this.
async fn until(database: &Database, sql: &str, expected: &str) {
    let begun = Instant::now();
    while database.execute(sql).trim() != expected {
        assert!(begun.elapsed() < PATIENCE, "{sql}");
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

/// SQL in another connection, which takes its time.
fn meanwhile(url: &str, sql: &str) -> std::process::Child {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "-q", url, "-c", sql]);
    psql.stdout(std::process::Stdio::null());
    psql.spawn().unwrap()
}

/// Another process makes the table, and takes longer than a request may.
#[test]
fn the_table_of_another_process_is_waited_for() {
    let database = Database::fresh();
    let sql = "SELECT pg_advisory_lock(20829, hashtext('\"kirsch_sessions\"')); SELECT pg_sleep(3)";
    let mut other = meanwhile(database.base_url(), sql);
    on(async {
        let held = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE locktype = 'advisory' AND datname = current_database()";
        until(&database, held, "1").await;
        let store = PostgresStore::new(&database.url()).unwrap();
        store.start().await.unwrap();
    });
    assert!(other.wait().unwrap().success());
}

/// The database takes the session for those who have gone away, after it was given back for them; and for one of two after it was given back for the other.
#[test]
fn leases_that_are_taken_late_are_given_back() {
    let cluster = Cluster::start_new();
    let database = cluster.database();
    on(async {
        let store = PostgresStore::new(&database.url()).unwrap().pool_size(2);
        let store = Arc::new(store.statement_timeout(Duration::from_secs(4)));
        let key = Key::of("a");
        store.create(&key, Data::default(), LIFE).await.unwrap();
        let open = |key: &Key| Arc::clone(&store).open(key.clone(), LIFE, PATIENCE);
        // The statement is known to both connections then.
        drop(join(open(&key), open(&Key::of("b"))).await);
        let free = "SELECT lock_until IS NULL FROM kirsch_sessions";
        until(&database, free, "t").await;
        let name = database.name();
        let servers = database.execute(&format!(
            "SELECT pid FROM pg_stat_activity WHERE application_name = '{name}'"
        ));
        let servers: Vec<_> = servers.split_whitespace().collect();
        assert_eq!(servers.len(), 2);
        let signal = |server: &str, signal: &str| {
            let told = Command::new("kill").args([signal, server]).status();
            assert!(told.unwrap().success());
        };
        for server in &servers {
            signal(server, "-STOP");
        }
        let (one, other) = join(open(&key), open(&key)).await;
        for late in [one, other] {
            assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
        }
        // They are given back on another connection, in vain.
        let others = format!(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = '{name}' AND pid NOT IN ({}) AND query LIKE '%unnest%'",
            servers.join(", ")
        );
        until(&database, &others, "t").await;
        for server in servers {
            let before = database.execute("SELECT lock_token FROM kirsch_sessions");
            signal(server, "-CONT");
            let gone = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {server}");
            until(&database, &gone, "0").await;
            let after = database.execute("SELECT lock_token FROM kirsch_sessions");
            assert_ne!(before, after, "the statement was not carried out");
            until(&database, free, "t").await;
        }
    });
}

#[test]
fn where_no_connection_becomes_free_only_a_few_wait() {
    let database = Database::fresh();
    on(async {
        let store = PostgresStore::new(&database.url()).unwrap().pool_size(1);
        let store = Arc::new(store);
        let keys: Vec<_> = (0..100).map(|n| Key::of(&n.to_string())).collect();
        // A burst is served: all the time somebody gets the connection.
        let created = keys
            .iter()
            .map(|key| store.create(key, Data::default(), LIFE));
        assert!(join_all(created).await.iter().all(Result::is_ok));
        let sql = "BEGIN; LOCK TABLE kirsch_sessions; SELECT pg_sleep(1.5); COMMIT";
        let mut other = meanwhile(database.base_url(), sql);
        let held = "SELECT count(*) FROM pg_locks WHERE relation = 'kirsch_sessions'::regclass AND mode = 'AccessExclusiveLock' AND granted";
        until(&database, held, "1").await;
        let first = join_all(keys[..10].iter().map(|key| store.read(key, LIFE)));
        let second = async {
            actix_web::rt::time::sleep(Duration::from_millis(300)).await;
            let begun = Instant::now();
            let read = join_all(keys[..10].iter().map(|key| store.read(key, LIFE))).await;
            (read, begun.elapsed())
        };
        let (_, (refused, time)) = join(first, second).await;
        for refused in refused {
            let words = text(&refused.unwrap_err());
            assert!(words.contains("none becomes free"), "{words}");
        }
        assert!(time < Duration::from_millis(300), "{time:?}");
        assert!(other.wait().unwrap().success());
        assert!(store.read(&keys[0], LIFE).await.is_ok());
    });
}

/// Removing a session takes so long that no slice of the usual size is ever done.
#[test]
fn a_slow_database_is_swept_all_the_same() {
    let database = Database::fresh();
    on(async {
        let store = PostgresStore::new(&database.url()).unwrap();
        let store = store.statement_timeout(Duration::from_millis(300));
        store.start().await.unwrap();
        database.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN OLD; END $$;
             CREATE TRIGGER slow BEFORE DELETE ON kirsch_sessions FOR EACH ROW EXECUTE FUNCTION slow();
             INSERT INTO kirsch_sessions (key, data, created_at, expires_at)
               SELECT sha256(number::text::bytea), '{}', now(), now() FROM generate_series(1, 100) AS number",
        );
        let mut removed = 0;
        for _ in 0..200 {
            let swept = store.sweep().await.unwrap();
            removed += swept.removed;
            if !swept.more {
                break;
            }
        }
        assert_eq!(removed, 100);
    });
}

#[test]
fn who_may_not_write_the_table_is_told_so_at_the_start() {
    let cluster = Cluster::start_new();
    let database = cluster.database();
    on(async {
        let store = PostgresStore::new(&database.url()).unwrap();
        store.start().await.unwrap();
        database.execute(
            "CREATE ROLE reader LOGIN PASSWORD 'r'; GRANT SELECT ON kirsch_sessions TO reader",
        );
        let (_, place) = database.base_url().split_once('@').unwrap();
        let store = || PostgresStore::new(&format!("postgres://reader:r@{place}")).unwrap();
        let refused = store().start().await.unwrap_err();
        assert!(
            text(&refused).contains("GRANT SELECT, INSERT"),
            "{refused:?}"
        );
        database.execute("GRANT INSERT, UPDATE, DELETE ON kirsch_sessions TO reader");
        store().start().await.unwrap();
    });
}

#[test]
fn no_limit_is_too_long() {
    let database = Database::fresh();
    on(async {
        let store = PostgresStore::new(&database.url()).unwrap();
        let store = store.statement_timeout(Duration::MAX).lease(Duration::MAX);
        let (store, key) = (Arc::new(store), Key::of("a"));
        store.start().await.unwrap();
        store.create(&key, Data::default(), LIFE).await.unwrap();
        for _ in 0..2 {
            let opened = Arc::clone(&store).open(key.clone(), LIFE, PATIENCE).await;
            assert!(opened.unwrap().is_some(), "what is dropped is given back");
        }
    });
}

#[expose]
#[tools(sessions)]
struct Root;

#[expose]
impl Root {
    fn inc(&self, session: Session) -> Result<String> {
        let count = session.update("count", |count: &mut u32| {
            *count += 1;
            *count
        })?;
        Ok(count.to_string())
    }

    fn renew(&self, session: Session) -> Result<&'static str> {
        session.renew()?;
        Ok("renewed")
    }

    fn purge(&self, session: Session) -> Result<&'static str> {
        session.purge()?;
        Ok("purged")
    }
}

/// What can be known to be wrong before the start is said before it, with a storage that is waited for as well.
#[test]
fn a_wrong_address_and_a_lease_of_zero_are_refused() {
    let cases = [
        (
            "storage = \"redis\"\ntools.sessions.start = \"lazy\"\ntools.sessions.redis_url = \"redsi://:hush@localhost\"",
            "the URL of Redis is not understood",
        ),
        ("lease = \"0s\"", "with a `lease` of zero"),
        (
            "storage = \"fil\"",
            "expected `\"file\"`, `\"memory\"`, `\"postgres\"` or `\"redis\"`, found `\"fil\"`",
        ),
        ("storage_type = \"file\"", "write `tools.sessions.storage`"),
        (
            "statement_timeout = \"0s\"",
            "with a `statement_timeout` of zero",
        ),
        (
            "storage = \"postgres\"\ntools.sessions.table = \"Odd\"\ntools.sessions.database_url = \"postgres://ann:hush@localhost/shop\"",
            "`Odd` is no name for a table",
        ),
    ];
    for (line, words) in cases {
        let text = format!("[\"/\"]\ntools.sessions.{line}\n");
        let refused = Site::new(Root).config_text("site.toml", &text).ready();
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
        assert!(!refused.contains("hush"), "{refused}");
    }
}

/// Two places of the site have their sessions there: it is waited for once, and said once.
#[test]
fn a_storage_that_is_absent_is_one_mistake() {
    let text = "[\"/\"]\ntools.sessions.storage = \"postgres\"\ntools.sessions.database_url = \"postgres://me:hush@127.0.0.1:1/none\"\n\
                [\"/inc\"]\ntools.sessions.locking = \"explicit\"\n";
    let ready = Site::new(Root).config_text("site.toml", text).ready();
    let ready = ready.unwrap();
    let refused = actix_web::rt::System::new().block_on(ready.start());
    let words = refused.unwrap_err().to_string();
    assert_eq!(
        words.matches("`sessions` cannot start").count(),
        1,
        "{words}"
    );
    for place in ["site.toml:2:1", "site.toml:3:1"] {
        assert!(words.contains(place), "{words}");
    }
}

/// Whoever may create tables does it, with what the application prints; the application only uses them.
#[test]
fn a_table_of_another_name_is_made_by_hand() {
    let database = Database::fresh();
    let text = format!(
        "[\"/\"]\ntools.sessions.storage = \"postgres\"\ntools.sessions.database_url = \"{}\"\ntools.sessions.table = \"visits\"\ntools.sessions.create_schema = false\ntools.sessions.secret = \"{}\"\n",
        database.url(),
        "s".repeat(32),
    );
    let mut schema = Command::new(env!("CARGO_BIN_EXE_kirsch-visits"));
    let printed = schema
        .args(["sessions", "schema", "--table", "visits"])
        .output()
        .unwrap();
    assert!(printed.status.success());
    database.execute(std::str::from_utf8(&printed.stdout).unwrap());
    let site = Site::new(Root).config_text("site.toml", &text);
    Client::of(site).get("/inc").assert_body("1");
    let count = database.execute("SELECT count(*) FROM visits");
    assert_eq!(count, "1");
}

/// The same application, on each storage by one word.
#[test]
fn one_word_changes_the_storage() {
    let (folder, database, redis) = (
        tempfile::tempdir().unwrap(),
        Database::fresh(),
        Redis::start(),
    );
    let secret = "s".repeat(32);
    for word in ["memory", "file", "postgres", "redis"] {
        let text = format!(
            "[\"/\"]\ntools.sessions.storage = \"{word}\"\ntools.sessions.storage_path = \"{}/sessions\"\ntools.sessions.database_url = \"{}\"\ntools.sessions.redis_url = \"{}\"\ntools.sessions.secret = \"{secret}\"\n",
            folder.path().display(),
            database.url(),
            redis.url(),
        );
        let mut client = Client::of(Site::new(Root).config_text("site.toml", &text));
        client.get("/inc").assert_body("1");
        let old = client.cookie("session_id").unwrap().to_owned();
        client.get("/inc").assert_body("2");
        client.get("/renew").assert_status(200);
        let new = client.cookie("session_id").unwrap().to_owned();
        assert_ne!(old, new, "{word}");
        client.get("/inc").assert_body("3");
        client.set_cookie("session_id", old);
        client.get("/inc").assert_body("1");
        client.set_cookie("session_id", &*new);
        client.get("/purge").assert_status(200);
        client.set_cookie("session_id", new);
        client.get("/inc").assert_body("1");
    }
}

/// A plain application of actix-web on each of our stores.
#[test]
fn actix_session_uses_our_stores() {
    let (folder, database, redis) = (
        tempfile::tempdir().unwrap(),
        Database::fresh(),
        Redis::start(),
    );
    let stores = [
        ForActix::from(MemoryStore::new()),
        ForActix::from(FileStore::new(folder.path().join("sessions"))),
        ForActix::from(PostgresStore::new(&database.url()).unwrap()),
        ForActix::from(RedisStore::new(redis.url())),
    ];
    for store in stores {
        on(async { counts(ForActix::start(store, PATIENCE).await.unwrap()).await });
    }
}

async fn counts(store: ForActix) {
    use actix_session::{Session, SessionMiddleware};
    use actix_web::cookie::Key;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    async fn inc(session: Session) -> Result<String> {
        let count = session.get::<u32>("count")?.unwrap_or_default() + 1;
        session.insert("count", count)?;
        Ok(count.to_string())
    }

    let told = format!("{store:?}").chars().take(40).collect::<String>();
    let middleware = SessionMiddleware::new(store, Key::generate());
    let app = actix_web::App::new().wrap(middleware);
    let app = init_service(app.route("/", actix_web::web::get().to(inc))).await;
    let mut cookie = String::new();
    for expected in ["1", "2", "3"] {
        let request = TestRequest::get().insert_header(("cookie", cookie.as_str()));
        let answer = call_service(&app, request.to_request()).await;
        if let Some(set) = answer.headers().get("set-cookie") {
            let set = set.to_str().unwrap().split(';').next();
            cookie = set.unwrap().to_owned();
        }
        assert_eq!(read_body(answer).await, expected, "{told}");
    }
}

/// Redis is away for a while, and asked meanwhile: as soon as it is back, so are sessions.
#[test]
fn a_redis_that_was_away_is_used_again_at_once() {
    let mut redis = Redis::start_new();
    let store = Arc::new(RedisStore::new(redis.url()));
    let runtime = actix_web::rt::Runtime::new().unwrap();
    let life = Life {
        idle: Duration::from_mins(1),
        absolute: None,
    };
    let ask = || runtime.block_on(store.create(&Key::of("a visitor"), Data::default(), life));
    ask().unwrap();
    redis.stop();
    for _ in 0..5 {
        let refused = ask().unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    }
    redis.start_again();
    ask().unwrap();
}
