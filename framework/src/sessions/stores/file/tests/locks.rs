//! One lease at a time, whoever shares the directory.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::join_all;

use super::*;

#[actix_rt::test]
async fn two_stores_exclude_each_other() {
    let (dir, one) = fresh();
    let (two, key, other) = (in_dir(dir.path()), Key::of("a"), Key::of("b"));
    one.create(&key, data(1), HOUR).await.unwrap();
    one.create(&other, data(1), HOUR).await.unwrap();
    let held = open(&one, &key).await.unwrap();
    for store in [&one, &two] {
        assert!(matches!(try_open(store, &key).await, Err(StoreError::Busy)));
        let waited = Arc::clone(store).open(key.clone(), HOUR, Duration::from_millis(12));
        assert!(matches!(waited.await, Err(StoreError::Busy)));
        // Neither another session nor a reader waits.
        assert!(try_open(store, &other).await.unwrap().is_some());
        assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
    }
    drop(held);
    assert!(try_open(&two, &key).await.unwrap().is_some());
}

#[actix_rt::test]
async fn who_waits_gets_what_the_holder_wrote() {
    let (dir, one) = fresh();
    let (two, key) = (in_dir(dir.path()), Key::of("a"));
    one.create(&key, data(1), HOUR).await.unwrap();
    let held = open(&one, &key).await.unwrap();
    let waiting = actix_rt::spawn({
        let (two, key) = (Arc::clone(&two), key.clone());
        async move { open(&two, &key).await.unwrap().data }
    });
    tokio::task::yield_now().await;
    held.lease.save(data(2), HOUR).await.unwrap();
    assert_eq!(waiting.await.unwrap(), data(2));
    // Or nothing, and no lock.
    let held = open(&one, &key).await.unwrap();
    let waiting = actix_rt::spawn({
        let (two, key) = (Arc::clone(&two), key.clone());
        async move { open(&two, &key).await.is_none() }
    });
    tokio::task::yield_now().await;
    held.lease.delete().await.unwrap();
    assert!(waiting.await.unwrap());
    one.create(&key, data(3), HOUR).await.unwrap();
    assert!(try_open(&one, &key).await.unwrap().is_some());
}

#[actix_rt::test]
async fn no_increment_is_lost() {
    let (dir, one) = fresh();
    let stores = [Arc::clone(&one), in_dir(dir.path())];
    let key = Key::of("a");
    one.create(&key, data(0), HOUR).await.unwrap();
    let client = |number: usize| {
        let (store, key) = (Arc::clone(&stores[number % 2]), key.clone());
        async move {
            for _ in 0..20 {
                let opened = open(&store, &key).await.unwrap();
                let n = opened.data.values()["n"].as_u64().unwrap();
                tokio::task::yield_now().await;
                opened.lease.save(data(n + 1), HOUR).await.unwrap();
            }
        }
    };
    join_all((0..8).map(client)).await;
    assert_eq!(one.read(&key, HOUR).await.unwrap(), Some(data(160)));
}

#[actix_rt::test]
async fn a_cancelled_write_keeps_its_lock_until_it_is_done() {
    let (dir, one) = fresh();
    let key = Key::of("a");
    one.create(&key, data(0), HOUR).await.unwrap();
    let patient = Arc::new(FileStore::new(dir.path().join("sessions")));
    for n in 1..20 {
        let mut save = open(&patient, &key)
            .await
            .unwrap()
            .lease
            .save(data(n), HOUR);
        // Begun, and then given up.
        let begun = poll_fn(|context| Poll::Ready(Pin::new(&mut save).poll(context))).await;
        assert!(begun.is_pending());
        drop(save);
        assert_eq!(open(&one, &key).await.unwrap().data, data(n));
    }
    // Never begun: nothing is written, and the lock is free.
    drop(
        open(&patient, &key)
            .await
            .unwrap()
            .lease
            .save(data(99), HOUR),
    );
    assert_eq!(try_open(&one, &key).await.unwrap().unwrap().data, data(19));
}

#[actix_rt::test]
async fn the_file_of_the_locks_is_the_same_for_ever() {
    let (dir, store) = fresh();
    let key = Key::of("a");
    store.create(&key, data(1), HOUR).await.unwrap();
    open(&store, &key)
        .await
        .unwrap()
        .lease
        .delete()
        .await
        .unwrap();
    let locks = dir.path().join("sessions/.locks");
    assert_eq!(std::fs::metadata(&locks).unwrap().len(), 0);
    // Somebody removes it: two could hold one session now, so nobody can.
    store.create(&key, data(1), HOUR).await.unwrap();
    std::fs::remove_file(&locks).unwrap();
    assert!(matches!(
        try_open(&store, &key).await,
        Err(StoreError::Failed(_))
    ));
    std::fs::write(&locks, "").unwrap();
    assert!(matches!(
        try_open(&store, &key).await,
        Err(StoreError::Failed(_))
    ));
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
}

#[test]
fn every_session_has_a_byte_of_its_own() {
    let slots: Vec<_> = (0..1000)
        .map(|n| Slot::of(&Key::of(&n.to_string())))
        .collect();
    let mut offsets: Vec<_> = slots.iter().map(Slot::offset).collect();
    assert!(offsets.iter().all(|offset| (0..1 << 62).contains(offset)));
    offsets.sort_unstable();
    offsets.dedup();
    assert_eq!(offsets.len(), 1000);
    for slot in slots {
        assert_eq!(Slot::parse(slot.name()), Some(slot));
    }
    let name = Slot::of(&Key::of("a")).name().to_owned();
    for wrong in [
        name.to_uppercase(),
        name.replacen(char::is_numeric, "", 1),
        name.replacen('c', "/", 1),
        ".session".into(),
    ] {
        assert_eq!(Slot::parse(&wrong), None, "{wrong}");
    }
}
