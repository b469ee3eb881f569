//! Locks between everybody who shares the directory: a byte of one file per session.
//!
//! They are asked for again and again, and not in order: which of several processes is next is chance, as it is in all that polls.
//!
//! Open-file-description locks belong to the descriptor, so one process can hold many and each excludes the others. They end when the descriptor
//! is closed, also by a kill. The file is never removed: nobody can wait on a file that is no longer the one that others lock
//! (CherryPy: a lock file per session, removed while others waited for it, issues 1391, 1779 and 1193).

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::fault::fault;
use super::folder::Folder;
use super::slot::Slot;
use crate::sessions::StoreError;

const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The lock of one session. Dropped, it is given back.
#[derive(Debug)]
pub(super) struct Lock {
    /// A descriptor of its own: to close it ends the lock, however the process ends.
    file: OwnedFd,
    offset: i64,
}

/// Without waiting for the descriptor to be closed: a child process that is just being started has a copy of it.
impl Drop for Lock {
    fn drop(&mut self) {
        // If it fails, closing does it.
        let _ = set(&self.file, self.offset, libc::F_UNLCK);
    }
}

/// The lock of a session, after at most this time.
///
/// # Errors
/// [`StoreError::Busy`] if somebody else holds it for longer.
pub(super) async fn lock(folder: &Folder, slot: &Slot, wait: Duration) -> Result<Lock, StoreError> {
    lock_at(folder, slot.offset(), wait).await
}

/// The same for whoever deletes a session that somebody else may hold.
pub(super) async fn lock_deletion(
    folder: &Folder,
    slot: &Slot,
    wait: Duration,
) -> Result<Lock, StoreError> {
    lock_at(folder, slot.deletion(), wait).await
}

/// Kernel locks cannot be awaited, so it is tried again and again, ever less often.
async fn lock_at(folder: &Folder, offset: i64, wait: Duration) -> Result<Lock, StoreError> {
    let began = Instant::now();
    let file = folder
        .open_locks()
        .map_err(fault("cannot open the locks of sessions"))?;
    let mut pause = SHORTEST_PAUSE;
    loop {
        if seize(&file, offset).map_err(fault("cannot lock a session"))? {
            return Ok(Lock { file, offset });
        }
        let left = wait.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(StoreError::Busy);
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The lock of a session, unless somebody else holds it.
pub(super) fn try_lock(folder: &Folder, slot: &Slot) -> io::Result<Option<Lock>> {
    try_lock_at(folder, slot.offset())
}

/// The lock of those who delete it, unless somebody else is at it.
pub(super) fn try_lock_deletion(folder: &Folder, slot: &Slot) -> io::Result<Option<Lock>> {
    try_lock_at(folder, slot.deletion())
}

fn try_lock_at(folder: &Folder, offset: i64) -> io::Result<Option<Lock>> {
    let file = folder.open_locks()?;
    Ok(seize(&file, offset)?.then(|| Lock { file, offset }))
}

fn seize(file: impl AsFd, offset: i64) -> io::Result<bool> {
    match set(file, offset, libc::F_WRLCK) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the constants are small; libc has their type wrong"
)]
fn set(file: impl AsFd, offset: i64, kind: libc::c_int) -> nix::Result<libc::c_int> {
    let byte = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: offset,
        l_len: 1,
        l_pid: 0,
    };
    fcntl(file, FcntlArg::F_OFD_SETLK(&byte))
}
