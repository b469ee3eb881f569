//! A session that gets another key is never lost on the way, and the old one ends.

use std::time::Duration;

use kirsch::sessions::{Key, Renamed, Store as _};
use kirsch_tests::postgres::Database;

use super::{LIFE, Locker, data, kill_connections, lease, on, started, stored, until_gone};

/// The visitor has what he was told last: the new key if it was said that it is so, else the old one.
#[test]
fn a_connection_that_dies_under_a_renewal_loses_no_session() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let mut at = Key::of("0");
        store.create(&at, data(0), LIFE).await.unwrap();
        let (mut known, mut failed) = (0, 0);
        for round in 1..40 {
            let to = Key::of(&round.to_string());
            let renaming = lease(&store, &at)
                .await
                .rename(to.clone(), data(round), LIFE);
            let renaming = actix_web::rt::spawn(renaming);
            // Somewhere between its first statement and its last.
            for _ in 0..round % 4 {
                actix_web::rt::task::yield_now().await;
            }
            kill_connections(&database);
            kill_connections(&database);
            match renaming.await.unwrap() {
                Ok(Renamed::Done(_)) => {
                    let old = std::mem::replace(&mut at, to);
                    known = round;
                    until_gone(&store, &old).await;
                }
                Ok(Renamed::Gone) => panic!("nobody has ended it"),
                Err(_) => failed += 1,
            }
            assert_eq!(stored(&store, &at).await, Some(known), "round {round}");
        }
        assert!(known > 0, "each of {failed} failed");
    });
}

/// The new one is there, and nobody can say what became of the old one: that is found out behind the page's back.
#[test]
fn an_old_session_that_cannot_be_ended_at_once_is_ended_later() {
    let database = Database::fresh();
    on(async {
        let store = super::store(&database).statement_timeout(Duration::from_millis(300));
        let store = std::sync::Arc::new(store);
        let (old, new) = (Key::of("a"), Key::of("b"));
        store.create(&old, data(1), LIFE).await.unwrap();
        let held = lease(&store, &old).await;
        let mut locker = Locker::new(&database).await;
        locker
            .run("BEGIN; SELECT FROM kirsch_sessions FOR UPDATE")
            .await;
        let renamed = held.rename(new.clone(), data(2), LIFE).await.unwrap();
        assert_eq!(renamed, Renamed::Done(None));
        assert_eq!(stored(&store, &new).await, Some(2));
        locker.run("COMMIT").await;
        until_gone(&store, &old).await;
        assert_eq!(stored(&store, &new).await, Some(2));
    });
}
