//! What a store says at its start.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kirsch::sessions::stores::PostgresStore;
use kirsch::sessions::{Key, Store};
use kirsch_tests::postgres::{Cluster, Database, PASSWORD};

use super::{LIFE, MOMENT, data, is_unavailable, on, refusal, store, stored};

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
fn a_table_that_was_dropped_is_made_again() {
    let database = Database::fresh();
    on(async {
        let (store, key) = (Arc::new(store(&database)), Key::of("a"));
        store.create(&key, data(1), LIFE).await.unwrap();
        database.execute("DROP TABLE kirsch_sessions");
        drop(store.read(&key, LIFE).await);
        assert_eq!(stored(&store, &key).await, None);
        store.create(&key, data(2), LIFE).await.unwrap();
        assert_eq!(stored(&store, &key).await, Some(2));
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
