//! What becomes of a session from its first write to its last.

use std::os::unix::fs::MetadataExt as _;
use std::time::Instant;

use futures_util::future::join;

use super::super::DELETE_WAIT;
use super::*;
use crate::sessions::{Renamed, Written};

#[actix_rt::test]
async fn what_is_stored_is_there_until_it_is_deleted() {
    for fsync in [false, true] {
        let (dir, _) = fresh();
        let store = Arc::new(FileStore::new(dir.path().join("a/b/sessions")).fsync(fsync));
        let key = Key::of("a");
        assert!(store.read(&key, HOUR).await.unwrap().is_none());
        assert!(open(&store, &key).await.is_none());
        store.create(&key, data(1), HOUR).await.unwrap();
        assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
        let opened = open(&store, &key).await.unwrap();
        assert_eq!(opened.data, data(1));
        assert_eq!(
            opened.lease.save(data(2), HOUR).await.unwrap(),
            Written::Done
        );
        let opened = open(&store, &key).await.unwrap();
        assert_eq!(opened.data, data(2));
        assert_eq!(opened.lease.touch(HOUR).await.unwrap(), Written::Done);
        let hex = key.hex();
        assert_eq!(
            files(&store),
            [format!("{}/{hex}.session", hex.get(..2).unwrap())]
        );
        open(&store, &key)
            .await
            .unwrap()
            .lease
            .delete()
            .await
            .unwrap();
        assert!(store.read(&key, HOUR).await.unwrap().is_none());
        store.create(&key, data(3), HOUR).await.unwrap();
        store.delete(&key).await.unwrap();
        store.delete(&key).await.unwrap();
        store.delete(&Key::of("never")).await.unwrap();
        assert!(store.read(&key, HOUR).await.unwrap().is_none());
        assert!(files(&store).is_empty());
    }
}

#[actix_rt::test]
async fn a_read_prolongs_a_life_only_if_a_tenth_of_it_is_gone() {
    let (_dir, store) = fresh();
    let inode = |key| std::fs::metadata(path(&store, key)).unwrap().ino();
    let key = Key::of("a");
    plant(&store, &key, left(3600 * 95 / 100), &data(1));
    let before = (inode(&key), age(&store, &key));
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
    assert_eq!((inode(&key), age(&store, &key)), before);
    // Less, or more since the clock or the configuration was changed.
    for secs in [3600 * 85 / 100, 1, 3600 * 20] {
        plant(&store, &key, left(secs), &data(1));
        let before = age(&store, &key);
        let from = now();
        assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
        let after = age(&store, &key);
        assert_eq!(after.created, before.created);
        assert!(
            (from..=now()).contains(&(after.expires - 3_600_000)),
            "{secs}"
        );
    }
}

#[actix_rt::test]
async fn a_touch_prolongs_a_life_as_a_read_does() {
    let (_dir, store) = fresh();
    let key = Key::of("a");
    plant(&store, &key, left(100), &data(1));
    let lease = open(&store, &key).await.unwrap().lease;
    assert_eq!(lease.touch(HOUR).await.unwrap(), Written::Done);
    let touched = age(&store, &key);
    assert!(touched.expires > now() + 3_599_000);
    let lease = open(&store, &key).await.unwrap().lease;
    assert_eq!(lease.touch(HOUR).await.unwrap(), Written::Done);
    assert_eq!(age(&store, &key), touched);
}

#[actix_rt::test]
async fn no_session_outlives_its_absolute_life() {
    let (_dir, store) = fresh();
    let (key, other) = (Key::of("a"), Key::of("b"));
    let two_minutes = Life {
        idle: Duration::from_secs(100),
        absolute: Some(2 * MINUTE),
    };
    plant(&store, &key, left(30), &data(1));
    let created = age(&store, &key).created;
    assert_eq!(store.read(&key, two_minutes).await.unwrap(), Some(data(1)));
    assert_eq!(age(&store, &key).expires, created + 120_000);
    let lease = open(&store, &key).await.unwrap().lease;
    lease.save(data(2), two_minutes).await.unwrap();
    let lease = open(&store, &key).await.unwrap().lease;
    lease
        .rename(other.clone(), data(3), two_minutes)
        .await
        .unwrap();
    let expires = created + 120_000;
    assert_eq!(age(&store, &other), Age { created, expires });
}

#[actix_rt::test]
async fn what_is_over_is_neither_given_out_nor_written() {
    let (_dir, store) = fresh();
    let key = Key::of("a");
    plant(&store, &key, left(0), &data(1));
    assert!(store.read(&key, HOUR).await.unwrap().is_none());
    assert!(open(&store, &key).await.is_none());
    // Its age is beyond what is allowed today.
    let short = Life {
        absolute: Some(MINUTE),
        ..HOUR
    };
    plant(&store, &key, left(1000), &data(1));
    assert!(store.read(&key, short).await.unwrap().is_none());
    let before = std::fs::read(path(&store, &key)).unwrap();
    let lease = open(&store, &key).await.unwrap().lease;
    assert_eq!(lease.save(data(2), short).await.unwrap(), Written::Gone);
    let lease = open(&store, &key).await.unwrap().lease;
    assert_eq!(lease.touch(short).await.unwrap(), Written::Gone);
    let lease = open(&store, &key).await.unwrap().lease;
    let renamed = lease.rename(Key::of("b"), data(2), short).await.unwrap();
    assert_eq!(renamed, Renamed::Gone);
    assert_eq!(std::fs::read(path(&store, &key)).unwrap(), before);
    assert_eq!(files(&store).len(), 1);
}

#[actix_rt::test]
async fn what_was_deleted_stays_deleted() {
    for exchange in [true, false] {
        let (_dir, store) = fresh();
        opened_by(&store, |folder| {
            assert!(
                folder.can_exchange(),
                "the tests need a file system that can exchange files"
            );
            if !exchange {
                folder.forbid_exchange();
            }
        });
        let key = Key::of("a");

        store.create(&key, data(1), HOUR).await.unwrap();
        let lease = open(&store, &key).await.unwrap().lease;
        let begun = Instant::now();
        store.delete(&key).await.unwrap();
        assert!(begun.elapsed() < DELETE_WAIT, "no holder is waited for");
        assert_eq!(lease.save(data(2), HOUR).await.unwrap(), Written::Gone);

        store.create(&key, data(1), HOUR).await.unwrap();
        let lease = open(&store, &key).await.unwrap().lease;
        let (deleted, written) = join(store.delete(&key), lease.save(data(2), HOUR)).await;
        deleted.unwrap();
        assert_eq!(written.unwrap(), Written::Gone);

        store.create(&key, data(1), HOUR).await.unwrap();
        let lease = open(&store, &key).await.unwrap().lease;
        let (deleted, written) = join(store.delete(&key), lease.touch(HOUR)).await;
        deleted.unwrap();
        assert_eq!(written.unwrap(), Written::Gone);

        store.create(&key, data(1), HOUR).await.unwrap();
        let lease = open(&store, &key).await.unwrap().lease;
        let renaming = lease.rename(Key::of("b"), data(2), HOUR);
        let (deleted, renamed) = join(store.delete(&key), renaming).await;
        deleted.unwrap();
        assert_eq!(renamed.unwrap(), Renamed::Gone);

        assert!(files(&store).is_empty(), "{:?}", files(&store));
        // What is there is written without it, too.
        store.create(&key, data(1), HOUR).await.unwrap();
        let lease = open(&store, &key).await.unwrap().lease;
        assert_eq!(lease.save(data(2), HOUR).await.unwrap(), Written::Done);
        assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(2)));
        assert_eq!(files(&store).len(), 1);
    }
}

#[actix_rt::test]
async fn what_is_there_is_not_created_again() {
    for exchange in [true, false] {
        let (_dir, store) = fresh();
        opened_by(&store, |folder| {
            if !exchange {
                folder.forbid_exchange();
            }
        });
        let (key, other) = (Key::of("a"), Key::of("b"));
        store.create(&key, data(1), HOUR).await.unwrap();
        let again = store.create(&key, data(2), HOUR).await;
        assert!(matches!(again, Err(StoreError::Failed(_))), "{again:?}");
        store.create(&other, data(3), HOUR).await.unwrap();
        let lease = open(&store, &other).await.unwrap().lease;
        let renamed = lease.rename(key.clone(), data(4), HOUR).await;
        assert!(matches!(renamed, Err(StoreError::Failed(_))), "{renamed:?}");
        assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
        assert_eq!(store.read(&other, HOUR).await.unwrap(), Some(data(3)));
        assert_eq!(files(&store).len(), 2);
        // One that is over and not swept yet is in nobody's way.
        plant(&store, &key, left(-1), &data(5));
        store.create(&key, data(6), HOUR).await.unwrap();
        assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(6)));
    }
}

#[actix_rt::test]
async fn a_session_is_under_one_name_at_a_time() {
    let (_dir, store) = fresh();
    let (key, other) = (Key::of("a"), Key::of("b"));
    plant(&store, &key, left(1000), &data(1));
    let created = age(&store, &key).created;
    let lease = open(&store, &key).await.unwrap().lease;
    let renamed = lease.rename(other.clone(), data(2), HOUR).await.unwrap();
    assert_eq!(renamed, Renamed::Done(None));
    assert!(store.read(&key, HOUR).await.unwrap().is_none());
    assert_eq!(store.read(&other, HOUR).await.unwrap(), Some(data(2)));
    assert_eq!(age(&store, &other).created, created);
    assert_eq!(files(&store).len(), 1);
    // Under the same name it is a save.
    let lease = open(&store, &other).await.unwrap().lease;
    let renamed = lease.rename(other.clone(), data(3), HOUR).await.unwrap();
    assert_eq!(renamed, Renamed::Done(None));
    assert_eq!(store.read(&other, HOUR).await.unwrap(), Some(data(3)));
}

#[actix_rt::test]
async fn what_is_too_large_leaves_the_session_as_it_is() {
    let (dir, store) = fresh();
    let small = Arc::new(FileStore::new(&store.dir).fsync(false).max_bytes(100));
    let key = Key::of("a");
    let is_refused = |error: Option<StoreError>| {
        matches!(
            error,
            Some(StoreError::TooLarge {
                bytes: 101,
                limit: 100
            })
        )
    };
    assert!(is_refused(small.create(&key, big(101), HOUR).await.err()));
    small.create(&key, big(100), HOUR).await.unwrap();
    let lease = open(&small, &key).await.unwrap().lease;
    assert!(is_refused(lease.save(big(101), HOUR).await.err()));
    let lease = try_open(&small, &key).await.unwrap().unwrap().lease;
    assert!(is_refused(
        lease.rename(Key::of("b"), big(101), HOUR).await.err()
    ));
    assert_eq!(small.read(&key, HOUR).await.unwrap(), Some(big(100)));
    assert_eq!(files(&small).len(), 1);
    // What was written when more was allowed is read, and lives on.
    plant(&store, &key, left(10), &big(200));
    assert_eq!(small.read(&key, HOUR).await.unwrap(), Some(big(200)));
    assert!(age(&small, &key).expires > now() + 3_000_000);
    let (full, other) = (Key::of("full"), Key::of("other"));
    store.create(&full, big(64 * 1024), HOUR).await.unwrap();
    let refused = store.create(&other, big(64 * 1024 + 1), HOUR).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })));
    drop(dir);
}

#[test]
fn ages_never_overflow() {
    let ever = Life {
        idle: Duration::MAX,
        absolute: Some(Duration::MAX),
    };
    let age = Age::new(u64::MAX - 1, ever);
    assert_eq!(age.expires, u64::MAX);
    assert!(!age.is_over(5, ever) && age.is_fresh(5, ever));
    let none = Life {
        idle: Duration::ZERO,
        absolute: None,
    };
    assert!(Age::new(5, none).is_over(5, none));
}
