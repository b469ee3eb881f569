//! A server that stops, crashes or hangs, and comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kirsch::sessions::stores::PostgresStore;
use kirsch::sessions::{Key, Opened, Pending, Store as _, Written};
use kirsch_tests::postgres::Cluster;

use super::{
    LIFE, MOMENT, PATIENCE, ask_open, data, is_unavailable, lease, number, on, open, started,
    stored,
};

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
