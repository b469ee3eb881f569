//! Connections that are few, busy or killed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use kirsch::sessions::{Key, Store as _, Written};
use kirsch_tests::postgres::Database;

use super::{
    LIFE, Locker, data, is_unavailable, kill_connections, lease, of_connections, on, started,
    store, stored,
};

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
