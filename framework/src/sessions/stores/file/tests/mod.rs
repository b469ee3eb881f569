//! What the store promises, on real files.

mod apart;
mod damage;
mod directory;
mod kills;
mod life;
mod locks;
mod sweeps;
mod syncs;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::folder::Folder;
use super::record::{self, Age, now};
use super::slot::Slot;
use super::{FileStore, Found, Store, find};
use crate::sessions::{Data, Key, Life, Opened, StoreError};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Life = Life {
    idle: Duration::from_hours(1),
    absolute: None,
};

/// A store in a directory of its own, which goes with the first of the two. It does not wait for the disk.
fn fresh() -> (TempDir, Arc<FileStore>) {
    let dir = tempfile::tempdir().unwrap();
    let store = in_dir(dir.path());
    (dir, store)
}

fn in_dir(dir: &Path) -> Arc<FileStore> {
    Arc::new(FileStore::new(dir.join("sessions")).fsync(false))
}

fn data(n: u64) -> Data {
    Data::from_json(format!(r#"{{"n":{n}}}"#).as_bytes()).unwrap()
}

fn big(bytes: usize) -> Data {
    Data::from_json(format!(r#"{{"big":"{}"}}"#, "x".repeat(bytes - 10)).as_bytes()).unwrap()
}

fn path(store: &FileStore, key: &Key) -> PathBuf {
    let slot = Slot::of(key);
    store.dir.join(slot.shelf()).join(slot.name())
}

/// Writes a file without the store.
fn plant(store: &FileStore, key: &Key, age: Age, data: &Data) {
    let bytes = record::encode(&Slot::of(key), age, &data.to_json().unwrap());
    put(store, key, &bytes);
}

fn put(store: &FileStore, key: &Key, bytes: &[u8]) {
    let path = path(store, key);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// That of a session which began a minute ago, and has so many seconds left.
fn left(secs: i64) -> Age {
    let created = now() - 60_000;
    Age {
        created,
        expires: now().checked_add_signed(secs * 1000).unwrap(),
    }
}

fn age(store: &FileStore, key: &Key) -> Age {
    match find(&store.folder().unwrap(), &Slot::of(key)).unwrap() {
        Found::Record(record) => record.age,
        other => panic!("{other:?}"),
    }
}

async fn open(store: &Arc<FileStore>, key: &Key) -> Option<Opened> {
    Arc::clone(store)
        .open(key.clone(), HOUR, 5 * MINUTE)
        .await
        .unwrap()
}

/// Opens the directory in another way than the store would.
fn opened_by(store: &FileStore, change: impl FnOnce(&mut Folder)) {
    let mut folder = Folder::open(&store.dir, store.options).unwrap();
    change(&mut folder);
    *store.folder.lock().unwrap() = Some(Arc::new(folder));
}

/// Opening without waiting.
async fn try_open(store: &Arc<FileStore>, key: &Key) -> Result<Option<Opened>, StoreError> {
    Arc::clone(store)
        .open(key.clone(), HOUR, Duration::ZERO)
        .await
}

/// The names of all files below the directory, but for the locks.
fn files(store: &FileStore) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![store.dir.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let path = entry.path();
            names.push(
                path.strip_prefix(&store.dir)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
            );
        }
    }
    names.retain(|name| name != ".locks");
    names.sort();
    names
}
