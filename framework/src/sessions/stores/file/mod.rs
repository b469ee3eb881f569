//! Sessions in files: one file per session, which is there as a whole or not at all, and locks of the kernel that end with their holder.
//!
//! ```text
//! sessions/            0700, of this user
//!   .locks             a byte per session is locked in it; never removed
//!   ab/                the first two digits of the hash
//!     ab….session      one session: see `record`
//!     .tmp-…           one that is being written
//!   corrupt/           at most a hundred files that were no sessions
//! ```
//!
//! Three rules keep writes from being lost or undone:
//!
//! 1. Who changes a session holds its lock. Only deleting by key needs none, since
//! 2. a session is only ever *replaced*, by a call that fails when the file is gone, and only ever *created* by one that fails when it is there. So a deletion
//!    always wins, and no session takes the place of another.
//! 3. Nothing is changed in place: a new file is written, synced and then takes the name of the old one.

mod fault;
mod folder;
mod lease;
mod lock;
mod place;
mod record;
mod slot;
mod sweep;

#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use self::fault::fault;
use self::folder::Folder;
use self::lease::FileLease;
use self::lock::{lock, lock_deletion};
use self::place::{Found, Place};
use self::record::{Age, Record, now};
use self::slot::Slot;
use self::sweep::Cursor;
use super::{is_there, usual};
use crate::sessions::{Data, Key, Life, Opened, Pending, Store, StoreError, Swept};

/// How long deleting waits for whoever is putting a new file in the place of the old one at this moment, where the file system cannot exchange them.
const DELETE_WAIT: Duration = Duration::from_secs(5);

/// Sessions in a directory of the local file system, which several processes may share.
///
/// A write that was answered survives the end of the process, and with [`fsync`](Self::fsync) that of the machine. A file that is damaged is an
/// empty session and a warning; a disk that fails is an error, never an empty session. Requires Linux; network file systems (NFS, SMB) are not supported,
/// since their locks and renames promise less.
///
/// What writes, and waits for the disk, does so on threads of its own. What only reads, and what writes without [`fsync`](Self::fsync), is done where the request is served:
/// such files are in the memory of the system, and a thread for each would cost more than they do. A disk that is cold or hangs holds up the worker then, and with it
/// its other requests: sessions belong on a local disk.
#[derive(Debug)]
pub struct FileStore {
    dir: PathBuf,
    options: Options,
    /// The open directory, once it is there. It is opened once: a directory that vanishes stays an error until the next start.
    folder: Mutex<Option<Arc<Folder>>>,
    cursor: Arc<Mutex<Cursor>>,
}

/// What may be chosen.
#[derive(Debug, Clone, Copy)]
struct Options {
    max_bytes: usize,
    fsync: bool,
}

impl FileStore {
    /// Sessions in this directory, which [`start`](Store::start) makes if it is not there. Nothing is read or written yet.
    ///
    /// It must belong to the user that the server runs as, and nobody else may write there; it must not be a symbolic link.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            options: Options {
                max_bytes: usual::MAX_BYTES,
                fsync: true,
            },
            folder: Mutex::default(),
            cursor: Arc::default(),
        }
    }

    /// How many bytes of JSON a session may have. Default: 64 KiB. A write of more fails with [`StoreError::TooLarge`]; a file
    /// with more than twice as many is taken for damaged, and not read.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.options.max_bytes = bytes;
        self
    }

    /// Whether a write is answered only after it is on the disk. Default: yes. Without it, writes are faster and survive the end of the
    /// process, but those of the last seconds may be lost, or undone, when the machine loses its power.
    #[must_use]
    pub fn fsync(mut self, on: bool) -> Self {
        self.options.fsync = on;
        self
    }

    /// The open directory.
    fn folder(&self) -> Result<Arc<Folder>, StoreError> {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*folder {
            return Ok(Arc::clone(folder));
        }
        let opened = Arc::new(Folder::open(&self.dir, self.options)?);
        Ok(Arc::clone(folder.insert(opened)))
    }
}

impl Store for FileStore {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        Pending::later(async move {
            let (folder, slot) = (self.folder()?, Slot::of(key));
            let record = match find(&folder, &slot)? {
                Found::Missing => return Ok(None),
                Found::Record(record) if record.age.is_over(now(), life) => return Ok(None),
                Found::Record(record) if record.age.is_fresh(now(), life) => {
                    return Ok(Some(record.data));
                }
                Found::Record(record) => Some(record),
                Found::Damaged(_) => None,
            };
            let data = record.map(|record| record.data);
            tend(folder, slot, data, life).await
        })
    }

    fn open(
        self: Arc<Self>,
        key: Key,
        life: Life,
        wait: Duration,
    ) -> Pending<'static, Option<Opened>> {
        Pending::later(async move {
            let (folder, slot) = (self.folder()?, Slot::of(&key));
            if !exists(&folder, &slot)? {
                return Ok(None);
            }
            let lock = lock(&folder, &slot, wait).await?;
            // What was read before waiting may be out of date by now.
            let Some(record) = look(&folder, &slot)? else {
                return Ok(None);
            };
            if record.age.is_over(now(), life) {
                return Ok(None);
            }
            let lease = Box::new(FileLease::new(folder, slot, record.age, lock));
            let data = record.data;
            Ok(Some(Opened { data, lease }))
        })
    }

    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::later(async move {
            let (folder, slot) = (self.folder()?, Slot::of(key));
            run(folder, move |folder| {
                let age = Age::new(now(), life);
                let bytes = lease::encode(folder, &slot, age, &data)?;
                let is_put =
                    put(folder, &slot, &bytes).map_err(fault("cannot create a session"))?;
                is_put.then_some(None).ok_or_else(is_there)
            })
            .await
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Pending::later(async move {
            let (folder, slot) = (self.folder()?, Slot::of(key));
            // No holder is waited for: from now on he has nothing to replace, so his write answers that the session is gone.
            let remove = remove(slot.clone());
            if folder.can_exchange() {
                return run(folder, remove).await;
            }
            // Here a holder may be between looking and renaming, which takes a moment.
            let lock = lock_deletion(&folder, &slot, DELETE_WAIT).await?;
            run(folder, move |folder| {
                let removed = remove(folder);
                drop(lock);
                removed
            })
            .await
        })
    }

    fn sweep(&self) -> Pending<'_, Swept> {
        Pending::later(async move {
            let (folder, cursor) = (self.folder()?, Arc::clone(&self.cursor));
            let sweep = move || {
                let mut cursor = cursor.lock().unwrap_or_else(PoisonError::into_inner);
                cursor
                    .sweep(&folder)
                    .map_err(fault("cannot sweep sessions"))
            };
            // Some hundred files are looked at: never on a worker.
            in_background(sweep).await
        })
    }

    fn start(&self) -> Pending<'_, ()> {
        Pending::later(async move {
            self.folder()?
                .check()
                .map_err(fault("cannot use the directory of sessions"))
        })
    }
}

/// What there is, without a lock: a whole session, since files are only ever replaced.
fn find(folder: &Folder, slot: &Slot) -> Result<Found, StoreError> {
    let read = || match Place::find(folder, slot)? {
        Some(place) => place.read(),
        None => Ok(Found::Missing),
    };
    read().map_err(fault("cannot read a session"))
}

fn exists(folder: &Folder, slot: &Slot) -> Result<bool, StoreError> {
    let look = || match Place::find(folder, slot)? {
        Some(place) => place.is_there(),
        None => Ok(false),
    };
    look().map_err(fault("cannot look for a session"))
}

/// Stores a session where there is none, or one that is over; answers whether it did.
fn put(folder: &Folder, slot: &Slot, bytes: &[u8]) -> io::Result<bool> {
    let place = Place::make(folder, slot)?;
    if place.put(bytes)? {
        return Ok(true);
    }
    match place.read()? {
        Found::Record(record) if record.age.has_expired(now()) => {
            place.forget()?;
            place.put(bytes)
        }
        _ => Ok(false),
    }
}

/// What there is, under its lock: what is damaged is put away.
fn look(folder: &Folder, slot: &Slot) -> Result<Option<Record>, StoreError> {
    let read = || {
        let Some(place) = Place::find(folder, slot)? else {
            return Ok(None);
        };
        match place.read()? {
            Found::Record(record) if !record.age.has_expired(now()) => Ok(Some(record)),
            Found::Damaged(why) => {
                place.put_away(why);
                Ok(None)
            }
            Found::Record(_) | Found::Missing => Ok(None),
        }
    };
    read().map_err(fault("cannot read a session"))
}

/// Moves the expiry of what was read, or puts away what is damaged. Both need the lock; where somebody else has it, he will do it.
async fn tend(
    folder: Arc<Folder>,
    slot: Slot,
    data: Option<Data>,
    life: Life,
) -> Result<Option<Data>, StoreError> {
    let Some(lock) = lock::try_lock(&folder, &slot).map_err(fault("cannot lock a session"))? else {
        return Ok(data);
    };
    run(folder, move |folder| {
        let Some(record) = look(folder, &slot)? else {
            return Ok(None);
        };
        if record.age.is_over(now(), life) {
            return Ok(None);
        }
        if let Err(error) = lease::renew(folder, &slot, &record, life) {
            // The visitor can still be served: reading goes on when the disk is full.
            tracing::warn!(
                session = slot.short(),
                "the life of a session cannot be prolonged: {:?}",
                error
            );
        }
        drop(lock);
        Ok(Some(record.data))
    })
    .await
}

/// Removes a session, and what is left of it on the disk.
fn remove(slot: Slot) -> impl FnOnce(&Folder) -> Result<(), StoreError> + Send + 'static {
    move |folder| {
        let remove = || match Place::find(folder, &slot)? {
            Some(place) => place.remove().map(drop),
            None => Ok(()),
        };
        remove().map_err(fault("cannot delete a session"))
    }
}

/// Does what writes: where it waits for the disk, it must not keep a worker from its other requests. A request that is
/// cancelled does not stop it, and what it holds, such as a lock, it holds to its end.
async fn run<T, F>(folder: Arc<Folder>, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&Folder) -> Result<T, StoreError> + Send + 'static,
{
    if folder.options().fsync {
        return in_background(move || work(&folder)).await;
    }
    work(&folder)
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        // The server stops.
        Err(stopped) => Err(StoreError::unavailable(stopped)),
    }
}
