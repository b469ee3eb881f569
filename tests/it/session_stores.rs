//! Every store keeps every promise: the suite that is public, asked of all of ours, and of Redis through the adapter.

use std::future::Future;
use std::sync::Arc;

use kirsch::prelude::*;
use kirsch::sessions::stores::{FileStore, ForActix, MemoryStore, PostgresStore, RedisStore};
use kirsch::testing::Client;
use kirsch::testing::sessions::Trial;
use kirsch_tests::postgres::Database;
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
    let [one, other] = [(); 2].map(|()| Arc::new(PostgresStore::new(&database.url()).unwrap()));
    on(Trial::of(one).and(other).run());
}

#[test]
fn redis_keeps_what_the_adapter_promises() {
    let redis = Redis::start();
    let store = Arc::new(RedisStore::new(redis.url()));
    on(Trial::of(store).without_fences().without_sweeps().run());
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
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::fresh());
    let stores = [
        ForActix::from(MemoryStore::new()),
        ForActix::from(FileStore::new(folder.path().join("sessions"))),
        ForActix::from(PostgresStore::new(&database.url()).unwrap()),
    ];
    for store in stores {
        on(counts(store));
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
