//! How long a session lives, and that what is over stays so.

use std::time::Duration;

use kirsch::sessions::{Key, Life, Renamed, Store as _, StoreError, Written};
use kirsch_tests::postgres::Database;

use super::{LIFE, MOMENT, PATIENCE, ask_open, data, lease, on, open, started, stored};

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
        // Nor does what was sent to begin it, and comes late, after it was sent again.
        let late = here.create(&key, data(1), LIFE).await;
        assert!(matches!(late, Err(StoreError::Failed(_))), "{late:?}");
        assert_eq!(stored(&there, &key).await, None);

        let key = Key::of("c");
        here.create(&key, data(1), LIFE).await.unwrap();
        let held = lease(&here, &key).await;
        let waiting = ask_open(&there, &key, PATIENCE);
        let to = moved.clone();
        held.rename(to, data(2), LIFE).await.unwrap();
        assert!(waiting.await.unwrap().is_none());
        assert_eq!(stored(&there, &moved).await, Some(2));
        assert!(here.create(&key, data(1), LIFE).await.is_err());
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
        let sql = "SELECT extract(epoch FROM expires_at - now()) FROM kirsch_sessions WHERE expires_at > '-infinity'";
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

/// A life that stays as it is leaves the index alone.
#[test]
fn a_write_prolongs_a_life_only_if_a_tenth_of_it_is_gone() {
    let database = Database::fresh();
    let left = || {
        let sql = "SELECT round(extract(epoch FROM expires_at - created_at)) FROM kirsch_sessions";
        database.execute(sql)
    };
    let ago = |seconds: u32| {
        database.execute(&format!(
            "UPDATE kirsch_sessions SET expires_at = now() + interval '{} s', created_at = now()",
            1000 - seconds
        ));
    };
    let life = |seconds| Life {
        idle: Duration::from_secs(seconds),
        absolute: None,
    };
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), life(1000)).await.unwrap();
        for is_touched in [false, true] {
            ago(80);
            let lease = lease(&store, &key).await;
            let write = if is_touched {
                lease.touch(life(1000))
            } else {
                lease.save(data(2), life(1000))
            };
            assert_eq!(write.await.unwrap(), Written::Done);
            assert_eq!(left(), "920", "{is_touched}");
        }
        ago(120);
        lease(&store, &key).await.touch(life(1000)).await.unwrap();
        assert!(left().parse::<u32>().unwrap() >= 1000);
        ago(120);
        let save = lease(&store, &key).await.save(data(3), life(1000));
        save.await.unwrap();
        assert!(left().parse::<u32>().unwrap() >= 1000);
        // One that is shorter today is shorter at once.
        let save = lease(&store, &key).await.save(data(4), life(500));
        save.await.unwrap();
        assert!(left().parse::<u32>().unwrap() < 600);
        assert_eq!(stored(&store, &key).await, Some(4));
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
