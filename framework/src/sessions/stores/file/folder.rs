//! The directory: opened once, refused unless it is ours alone, and an error when it is no longer there.

use std::fs::DirBuilder;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustix::fs::{
    CWD, Mode, OFlags, RenameFlags, Stat, fchmod, fdatasync, fstat, fsync, openat, renameat_with,
    stat,
};
use rustix::process::geteuid;

use super::Options;
use super::place::Temporary;
use crate::sessions::StoreError;

/// The rights of a folder.
pub(super) const FOLDER: Mode = Mode::RWXU;
/// The rights of a file.
pub(super) const FILE: Mode = Mode::RUSR.union(Mode::WUSR);
/// How folders are opened: never through a symbolic link, since a link could lead anywhere.
pub(super) const AS_FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

const LOCKS: &str = ".locks";

/// The open directory.
#[derive(Debug)]
pub(super) struct Folder {
    /// Absolute: a daemon changes its working directory.
    path: PathBuf,
    top: OwnedFd,
    /// What is at `path` must be this, or two servers would have two sets of sessions.
    identity: Identity,
    /// What is locked must be this, or two could lock at once. It stays open: the inode of a file that is removed and closed can be given to another.
    locks: OwnedFd,
    owner: u32,
    options: Options,
    /// The file system can exchange two files.
    exchange: bool,
    syncs: Syncs,
    /// Tells the temporary files of this store from all others, with the count.
    token: u64,
    count: AtomicU64,
}

/// How what was written gets to the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Syncs {
    /// The bytes of a file.
    pub(super) file: Sync,
    /// The names in a folder: without it, a new name may be lost with the power.
    pub(super) names: Sync,
}

type Sync = fn(BorrowedFd<'_>) -> rustix::io::Result<()>;

impl Syncs {
    fn of(options: Options) -> Self {
        if options.fsync {
            let (file, names): (Sync, Sync) = (|file| fdatasync(file), |folder| fsync(folder));
            return Self { file, names };
        }
        let (file, names): (Sync, Sync) = (|_| Ok(()), |_| Ok(()));
        Self { file, names }
    }
}

/// What the system knows a file by: its device and its inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64);

impl Folder {
    /// Opens the directory, and makes it first if it is not there.
    ///
    /// # Errors
    /// It cannot be made or opened, is a symbolic link, belongs to somebody else, or others may write there.
    pub(super) fn open(dir: &Path, options: Options) -> Result<Self, StoreError> {
        let open = || {
            // Without a slash at the end, which would follow a symbolic link.
            let path: PathBuf = std::path::absolute(dir)?.components().collect();
            let is_new = make(&path)?;
            let top = openat(CWD, &path, AS_FOLDER, Mode::empty())
                .map_err(|errno| explain(&path, errno.into()))?;
            Self::of(path, top, is_new, options)
        };
        open().map_err(|cause: io::Error| {
            StoreError::failed(format!(
                "the directory of sessions, `{}`: {cause}",
                dir.display()
            ))
        })
    }

    fn of(path: PathBuf, top: OwnedFd, is_new: bool, options: Options) -> io::Result<Self> {
        let (found, owner) = (fstat(&top)?, geteuid().as_raw());
        refuse(&found, owner)?;
        if is_new {
            // Whatever the umask takes from the owner. What was opened is changed, and not what may be at its path by now.
            fchmod(&top, FOLDER)?;
        }
        let locks = openat(&top, LOCKS, lock_flags() | OFlags::CREATE, FILE)?;
        // Whatever the umask takes from the owner.
        fchmod(&locks, FILE)?;
        let mut folder = Self {
            path,
            top,
            identity: Identity::of(&found),
            locks,
            owner,
            options,
            exchange: false,
            syncs: Syncs::of(options),
            token: getrandom::u64()?,
            count: AtomicU64::new(0),
        };
        folder.exchange = folder.try_exchange()?;
        Ok(folder)
    }

    /// The directory is still where it was.
    ///
    /// # Errors
    /// It was removed, moved or replaced. It is not made again: what was in it should be looked for first.
    pub(super) fn check(&self) -> io::Result<()> {
        match stat(&self.path) {
            Ok(found) if Identity::of(&found) == self.identity => Ok(()),
            Ok(_) => Err(io::Error::other(
                "the directory was replaced while the server ran",
            )),
            Err(rustix::io::Errno::NOENT) => Err(io::Error::other(
                "the directory was removed while the server ran",
            )),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Another descriptor of the file whose bytes are locked.
    pub(super) fn open_locks(&self) -> io::Result<OwnedFd> {
        let locks = openat(&self.top, LOCKS, lock_flags(), Mode::empty())?;
        if Identity::of(&fstat(&locks)?) == Identity::of(&fstat(&self.locks)?) {
            return Ok(locks);
        }
        Err(io::Error::other(
            "the file `.locks` was replaced while the server ran",
        ))
    }

    /// A name that no other temporary file has.
    pub(super) fn temporary(&self) -> String {
        format!(
            "{}{:016x}-{}",
            Temporary::PREFIX,
            self.token,
            self.count.fetch_add(1, Relaxed)
        )
    }

    /// The bytes of a file are on the disk, where that is wished for.
    pub(super) fn sync_file(&self, file: impl AsFd) -> io::Result<()> {
        Ok((self.syncs.file)(file.as_fd())?)
    }

    /// The same of the names in a folder.
    pub(super) fn sync_names(&self, folder: impl AsFd) -> io::Result<()> {
        Ok((self.syncs.names)(folder.as_fd())?)
    }

    pub(super) fn options(&self) -> Options {
        self.options
    }

    /// The user whose files these are.
    pub(super) fn owner(&self) -> u32 {
        self.owner
    }

    /// A file can be put in the place of another in one step that fails if there is no other.
    pub(super) fn can_exchange(&self) -> bool {
        self.exchange
    }

    #[cfg(test)]
    pub(super) fn forbid_exchange(&mut self) {
        self.exchange = false;
    }

    #[cfg(test)]
    pub(super) fn sync_by(&mut self, syncs: Syncs) {
        self.syncs = syncs;
    }

    /// Only trying tells: ext4, xfs, btrfs, tmpfs and overlays of them can; ZFS before 2.2 and many FUSE file systems cannot.
    fn try_exchange(&self) -> io::Result<bool> {
        let one = Temporary::write(self, self.top.as_fd(), &[])?;
        let other = Temporary::write(self, self.top.as_fd(), &[])?;
        Ok(renameat_with(
            &self.top,
            one.name(),
            &self.top,
            other.name(),
            RenameFlags::EXCHANGE,
        )
        .is_ok())
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.top.as_fd()
    }
}

impl Identity {
    fn of(found: &Stat) -> Self {
        Self(found.st_dev, found.st_ino)
    }
}

fn lock_flags() -> OFlags {
    OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC
}

/// Makes the directory, unless there is something of its name; answers whether it did.
///
/// The last folder is made by a step of its own: where others may write above it, they could put a link there, and what is at its end would be taken
/// for what was made.
fn make(path: &Path) -> io::Result<bool> {
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let mut builder = DirBuilder::new();
    builder.mode(FOLDER.bits());
    if let Some(above) = path.parent() {
        builder.recursive(true).create(above)?;
    }
    match builder.recursive(false).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        made => made.map(|()| true),
    }
}

/// What `open` says of a link (`ELOOP` or `ENOTDIR`) tells nobody anything.
fn explain(path: &Path, cause: io::Error) -> io::Error {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => {
            io::Error::other("it is a symbolic link, which somebody could point elsewhere")
        }
        Ok(found) if !found.is_dir() => io::Error::other("it is not a directory"),
        _ => cause,
    }
}

fn refuse(found: &Stat, owner: u32) -> io::Result<()> {
    if found.st_uid != owner {
        let words = format!(
            "it belongs to user {}, and the server runs as user {owner}",
            found.st_uid
        );
        return Err(io::Error::other(words));
    }
    if Mode::from_raw_mode(found.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
        return Err(io::Error::other("others may write to it (`chmod go-w` it)"));
    }
    Ok(())
}
