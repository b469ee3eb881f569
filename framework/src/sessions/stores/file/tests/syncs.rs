//! What becomes of a session while it gets to the disk, or does not.

use std::cell::{Cell, RefCell};
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::super::folder::Syncs;
use super::super::lock::try_lock_deletion;
use super::*;
use crate::sessions::{Renamed, Written};

thread_local! {
    /// So many go well before one fails.
    static GOOD: Cell<usize> = const { Cell::new(usize::MAX) };
    /// What somebody deletes meanwhile.
    static DELETED: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// Without `fsync`, what is written is written on the thread of the test.
fn sync(_: BorrowedFd<'_>) -> rustix::io::Result<()> {
    if let Some(path) = DELETED.take() {
        std::fs::remove_file(path).unwrap();
    }
    let good = GOOD.get();
    GOOD.set(good.wrapping_sub(1));
    if good == 0 { Err(Errno::IO) } else { Ok(()) }
}

fn synced() -> (TempDir, Arc<FileStore>) {
    let (dir, store) = fresh();
    opened_by(&store, |folder| {
        folder.sync_by(Syncs {
            file: sync,
            names: sync,
        });
    });
    (dir, store)
}

/// Asks with the first sync that fails, then with the second, until none fails any more; answers how many there were.
async fn with_each_that_fails(asked: impl AsyncFn(usize) -> bool) -> usize {
    for good in 0.. {
        let is_done = asked(good).await;
        let has_failed = GOOD.replace(usize::MAX) > good;
        assert_eq!(
            is_done, !has_failed,
            "nothing is answered as done that is not"
        );
        if is_done {
            return good;
        }
    }
    0
}

#[actix_rt::test]
async fn a_rename_that_fails_loses_nothing() {
    let (_dir, store) = synced();
    let failed = with_each_that_fails(async |good| {
        let [from, to] = ["from", "to"].map(|name| Key::of(&format!("{name} {good}")));
        store.create(&from, data(1), HOUR).await.unwrap();
        let lease = open(&store, &from).await.unwrap().lease;
        GOOD.set(good);
        let renamed = lease.rename(to.clone(), data(2), HOUR).await;
        let old = store.read(&from, HOUR).await.unwrap();
        let new = store.read(&to, HOUR).await.unwrap();
        assert!(
            old == Some(data(1)) || new == Some(data(2)),
            "{good}: {renamed:?}"
        );
        matches!(renamed, Ok(Renamed::Done(None)))
    });
    assert!(failed.await >= 3, "the file, and the names in both folders");
}

#[actix_rt::test]
async fn a_save_that_fails_leaves_the_old_or_the_new() {
    let (_dir, store) = synced();
    let key = Key::of("a");
    store.create(&key, data(0), HOUR).await.unwrap();
    let failed = with_each_that_fails(async |good| {
        let lease = open(&store, &key).await.unwrap().lease;
        GOOD.set(good);
        let saved = lease.save(data(1), HOUR).await;
        let read = store.read(&key, HOUR).await.unwrap();
        assert!([Some(data(0)), Some(data(1))].contains(&read), "{read:?}");
        saved.is_ok_and(|written| written == Written::Done)
    });
    assert_eq!(failed.await, 2, "the file, and the names in its folder");
}

#[actix_rt::test]
async fn what_is_deleted_while_it_is_synced_stays_deleted() {
    for exchange in [true, false] {
        let (_dir, store) = fresh();
        opened_by(&store, |folder| {
            folder.sync_by(Syncs {
                file: sync,
                names: sync,
            });
            if !exchange {
                folder.forbid_exchange();
            }
        });
        let key = Key::of("a");
        store.create(&key, data(1), HOUR).await.unwrap();
        let lease = open(&store, &key).await.unwrap().lease;
        DELETED.set(Some(path(&store, &key)));
        assert_eq!(lease.save(data(2), HOUR).await.unwrap(), Written::Gone);
        assert!(files(&store).is_empty(), "{exchange}");
    }
}

#[actix_rt::test]
async fn nobody_writes_what_somebody_is_deleting() {
    let (_dir, store) = fresh();
    opened_by(&store, Folder::forbid_exchange);
    let key = Key::of("a");
    store.create(&key, data(1), HOUR).await.unwrap();
    let lease = open(&store, &key).await.unwrap().lease;
    let folder = store.folder().unwrap();
    let deleting = try_lock_deletion(&folder, &Slot::of(&key))
        .unwrap()
        .unwrap();
    assert_eq!(lease.save(data(2), HOUR).await.unwrap(), Written::Gone);
    drop(deleting);
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
    store.delete(&key).await.unwrap();
    assert!(files(&store).is_empty());
}
