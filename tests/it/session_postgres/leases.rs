//! One at a time has a session, wherever it is.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use kirsch::sessions::stores::PostgresStore;
use kirsch::sessions::{Key, Store as _, StoreError, Written};
use kirsch_tests::postgres::Database;

use super::{
    LIFE, MOMENT, PATIENCE, ask_open, data, lease, number, of_connections, on, open, started,
    store, stored,
};

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
fn who_goes_away_while_he_waits_does_not_ask_on() {
    let database = Database::fresh();
    on(async {
        let (here, there) = (started(&database).await, started(&database).await);
        let key = Key::of("a");
        here.create(&key, data(1), LIFE).await.unwrap();
        let _held = lease(&here, &key).await;
        let before = there.statements();
        for _ in 0..20 {
            let mut waiting = ask_open(&there, &key, PATIENCE);
            assert!((&mut waiting).now_or_never().is_none());
        }
        // Each asks twice at most: whether it is free, and whether it is there.
        let mut asked = before;
        loop {
            actix_web::rt::time::sleep(MOMENT).await;
            if std::mem::replace(&mut asked, there.statements()) == asked {
                break;
            }
        }
        assert!(asked - before <= 40, "{}", asked - before);
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
