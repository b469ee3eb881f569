//! What is over goes, in slices; what lives stays.

use std::fs::File;
use std::os::unix::fs::symlink;
use std::time::SystemTime;

use super::*;
use crate::sessions::Swept;

/// Sweeps to the end of a round: how many were removed, in how many slices.
async fn round(store: &FileStore) -> (u64, usize) {
    let (mut removed, mut slices) = (0, 0);
    loop {
        let swept = store.sweep().await.unwrap();
        assert!(swept.removed <= 256);
        removed += swept.removed;
        slices += 1;
        if !swept.more {
            return (removed, slices);
        }
    }
}

#[actix_rt::test]
async fn only_what_is_over_goes() {
    let (_dir, store) = fresh();
    let (old, live, held, damaged) = (
        Key::of("old"),
        Key::of("live"),
        Key::of("held"),
        Key::of("damaged"),
    );
    plant(&store, &old, left(-1), &data(1));
    plant(&store, &live, left(10), &data(1));
    plant(&store, &held, left(10), &data(1));
    put(&store, &damaged, b"");
    let lease = open(&store, &held).await.unwrap().lease;
    plant(&store, &held, left(-1), &data(1));
    let foreign = path(&store, &old).with_file_name("README");
    std::fs::write(&foreign, "").unwrap();
    assert_eq!(round(&store).await, (1, 1));
    assert!(!path(&store, &old).exists() && foreign.exists());
    assert!(!path(&store, &damaged).exists());
    assert_eq!(store.read(&live, HOUR).await.unwrap(), Some(data(1)));
    assert!(path(&store, &held).exists());
    drop(lease);
    assert_eq!(round(&store).await, (1, 1));
    assert_eq!(store.sweep().await.unwrap(), Swept::default());
}

#[actix_rt::test]
async fn thousands_go_in_slices() {
    let (_dir, store) = fresh();
    for n in 0..3000 {
        let seconds = if n % 3 == 0 { 100 } else { -1 };
        plant(&store, &Key::of(&n.to_string()), left(seconds), &data(n));
    }
    assert_eq!(round(&store).await, (2000, 12));
    assert_eq!(files(&store).len(), 1000);
    assert_eq!(round(&store).await, (0, 4));
    // All in one folder.
    let mut same = (0..)
        .map(|n: u64| Key::of(&n.to_string()))
        .filter(|key| key.hash()[0] == 7);
    for _ in 0..600 {
        plant(&store, &same.next().unwrap(), left(-1), &data(0));
    }
    let (removed, slices) = round(&store).await;
    assert!(
        (590..=600).contains(&removed) && slices > 4,
        "{removed} {slices}"
    );
}

#[actix_rt::test]
async fn what_a_crash_left_goes_after_an_hour() {
    let (_dir, store) = fresh();
    let key = Key::of("a");
    store.create(&key, data(1), HOUR).await.unwrap();
    let shelf = path(&store, &key).parent().unwrap().to_owned();
    for folder in [&shelf, &store.dir] {
        for (name, minutes) in [(".tmp-0123-4", 61), (".tmp-0123-5", 59)] {
            let written = SystemTime::now() - minutes * MINUTE;
            File::create(folder.join(name))
                .unwrap()
                .set_modified(written)
                .unwrap();
        }
    }
    assert_eq!(round(&store).await.0, 0);
    for folder in [&shelf, &store.dir] {
        assert!(!folder.join(".tmp-0123-4").exists());
        assert!(folder.join(".tmp-0123-5").exists());
    }
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
}

#[actix_rt::test]
async fn what_fails_does_not_stop_the_rest() {
    let (dir, store) = fresh();
    store.start().await.unwrap();
    for shelf in ["00", "01", "02"] {
        symlink(dir.path(), store.dir.join(shelf)).unwrap();
    }
    let key = Key::of("a");
    plant(&store, &key, left(-1), &data(1));
    // A folder that looks like a file from before a crash.
    let shelf = path(&store, &key).parent().unwrap().to_owned();
    let folder = shelf.join(".tmp-0123-4");
    std::fs::create_dir(&folder).unwrap();
    let written = SystemTime::now() - 61 * MINUTE;
    File::open(&folder).unwrap().set_modified(written).unwrap();
    let (removed, more) = (1, true);
    assert_eq!(store.sweep().await.unwrap(), Swept { removed, more });
    assert!(store.sweep().await.is_err());
    // The next round begins anew.
    plant(&store, &key, left(-1), &data(1));
    assert_eq!(store.sweep().await.unwrap(), Swept { removed, more });
}
