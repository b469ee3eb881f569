//! Where one session is, and what can be done with its file.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, fchmod, fstat, mkdirat, openat, renameat,
    renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use super::folder::{AS_FOLDER, FILE, FOLDER, Folder};
use super::lock::try_lock_deletion;
use super::record::{self, Age, HEAD, Record};
use super::slot::Slot;

const CORRUPT: &str = "corrupt";
/// How many damaged files are kept: enough to find the cause, too few to fill a disk.
const MOST_CORRUPT: usize = 100;

/// Why a file is no session that may itself be a good one.
const FOREIGN: &str = "it belongs to another user";

/// What is under a name.
#[derive(Debug)]
pub(super) enum Found {
    Missing,
    /// Something that is no session of this visitor, and why.
    Damaged(&'static str),
    Record(Record),
}

/// The place of one session, in its open folder.
#[derive(Debug)]
pub(super) struct Place<'a> {
    folder: &'a Folder,
    slot: &'a Slot,
    shelf: OwnedFd,
}

impl<'a> Place<'a> {
    /// The place of a session, unless not even its folder is there.
    pub(super) fn find(folder: &'a Folder, slot: &'a Slot) -> io::Result<Option<Self>> {
        folder.check()?;
        match openat(folder, slot.shelf(), AS_FOLDER, Mode::empty()) {
            Ok(shelf) => Ok(Some(Self {
                folder,
                slot,
                shelf,
            })),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The same, with the folder made.
    pub(super) fn make(folder: &'a Folder, slot: &'a Slot) -> io::Result<Self> {
        if let Some(place) = Self::find(folder, slot)? {
            return Ok(place);
        }
        make_folder(folder, slot.shelf())?;
        folder.sync_names(folder)?;
        let shelf = openat(folder, slot.shelf(), AS_FOLDER, Mode::empty())?;
        Ok(Self {
            folder,
            slot,
            shelf,
        })
    }

    pub(super) fn is_there(&self) -> io::Result<bool> {
        match statat(&self.shelf, self.slot.name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The session, if it is one and as it was written. Whatever else is under its name is neither followed, waited for, nor read in full.
    pub(super) fn read(&self) -> io::Result<Found> {
        let file = match self.open() {
            Ok(file) => file,
            Err(found) => return found,
        };
        let (found, limit) = (fstat(&file)?, self.limit());
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Ok(Found::Damaged("no regular file"));
        }
        if found.st_uid != self.folder.owner() {
            return Ok(Found::Damaged(FOREIGN));
        }
        if u64::try_from(found.st_size).is_ok_and(|size| size > limit) {
            return Ok(Found::Damaged("too large"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(found.st_size).unwrap_or_default());
        // A file that grows meanwhile is torn.
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(record::decode(self.slot, &bytes).map_or_else(Found::Damaged, Found::Record))
    }

    /// When the session ends, if its file looks like one: the checksum is not looked at.
    pub(super) fn peek(&self) -> io::Result<Option<Age>> {
        let file = match self.open() {
            Ok(file) => file,
            Err(found) => return found.map(|_| None),
        };
        let mut head = Vec::with_capacity(HEAD);
        match file.take(HEAD as u64).read_to_end(&mut head) {
            Ok(_) => Ok(record::peek(&head).ok()),
            // What is no file cannot be read.
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores a session where there is none; answers whether it did.
    pub(super) fn put(&self, bytes: &[u8]) -> io::Result<bool> {
        let new = Temporary::write(self.folder, self.shelf.as_fd(), bytes)?;
        let flags = if self.folder.can_exchange() {
            RenameFlags::NOREPLACE
        } else if self.is_there()? {
            // Keys are random: where it cannot be done in one step, a look is as good.
            return Ok(false);
        } else {
            RenameFlags::empty()
        };
        match renameat_with(
            &self.shelf,
            new.name(),
            &self.shelf,
            self.slot.name(),
            flags,
        ) {
            Ok(()) => new.moved(),
            Err(Errno::EXIST) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        }
        self.sync().map(|()| true)
    }

    /// Stores a session in place of the one that is there; answers whether there was one. If there is none, nothing is stored.
    pub(super) fn replace(&self, bytes: &[u8]) -> io::Result<bool> {
        if !self.is_there()? {
            return Ok(false);
        }
        let new = Temporary::write(self.folder, self.shelf.as_fd(), bytes)?;
        let is_replaced = if self.folder.can_exchange() {
            self.exchange(new)?
        } else {
            self.replace_between_deletions(new)?
        };
        if is_replaced {
            self.sync()?;
        }
        Ok(is_replaced)
    }

    /// Unlike a plain rename it fails if the session was deleted by now. Afterwards the temporary file is the old session, and is removed.
    fn exchange(&self, new: Temporary<'_>) -> io::Result<bool> {
        match renameat_with(
            &self.shelf,
            new.name(),
            &self.shelf,
            self.slot.name(),
            RenameFlags::EXCHANGE,
        ) {
            Ok(()) => {
                drop(new);
                Ok(true)
            }
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The same where the file system cannot: nobody deletes between the look and the rename, since both need a lock.
    fn replace_between_deletions(&self, new: Temporary<'_>) -> io::Result<bool> {
        let Some(_lock) = try_lock_deletion(self.folder, self.slot)? else {
            // Somebody is just deleting it.
            return Ok(false);
        };
        if !self.is_there()? {
            return Ok(false);
        }
        renameat(&self.shelf, new.name(), &self.shelf, self.slot.name())?;
        new.moved();
        Ok(true)
    }

    /// Removes the file; answers whether there was one.
    pub(super) fn remove(&self) -> io::Result<bool> {
        let is_removed = self.forget()?;
        if is_removed {
            self.sync()?;
        }
        Ok(is_removed)
    }

    /// The same for a session that is over: it does not matter if the disk still has it after a loss of power.
    pub(super) fn forget(&self) -> io::Result<bool> {
        match unlinkat(&self.shelf, self.slot.name(), AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Moves what is damaged out of the way, and says so. Only under the lock, or it could be a good file by now.
    pub(super) fn put_away(&self, why: &'static str) {
        let short = self.slot.short();
        match self.move_to_corrupt() {
            Ok(true) => tracing::warn!(
                session = short,
                "a session is lost: its file is damaged ({why}), and now in `corrupt/`"
            ),
            Ok(false) => tracing::warn!(
                session = short,
                "a session is lost: its file was damaged ({why}); `corrupt/` is full, so it is deleted"
            ),
            Err(error) => tracing::warn!(
                session = short,
                "a session is lost: its file is damaged ({why}), and cannot be moved: {error}"
            ),
        }
    }

    fn move_to_corrupt(&self) -> io::Result<bool> {
        make_folder(self.folder, CORRUPT)?;
        let corrupt = openat(self.folder, CORRUPT, AS_FOLDER, Mode::empty())?;
        // Two of the entries are the folder and the one above it.
        if Dir::read_from(&corrupt)?.count() >= MOST_CORRUPT + 2 {
            unlinkat(&self.shelf, self.slot.name(), AtFlags::empty())?;
            return Ok(false);
        }
        renameat(&self.shelf, self.slot.name(), &corrupt, self.slot.name())?;
        Ok(true)
    }

    /// The file, or what else is to be answered. Nothing is followed, and a FIFO is not waited for.
    fn open(&self) -> Result<File, io::Result<Found>> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match openat(&self.shelf, self.slot.name(), flags, Mode::empty()) {
            Ok(file) => Ok(File::from(file)),
            Err(Errno::NOENT) => Err(Ok(Found::Missing)),
            Err(Errno::LOOP) => Err(Ok(Found::Damaged("a symbolic link"))),
            Err(Errno::NXIO) => Err(Ok(Found::Damaged("no regular file"))),
            Err(Errno::ACCESS) if self.is_foreign()? => Err(Ok(Found::Damaged(FOREIGN))),
            Err(errno) => Err(Err(errno.into())),
        }
    }

    fn is_foreign(&self) -> Result<bool, io::Result<Found>> {
        let found = statat(&self.shelf, self.slot.name(), AtFlags::SYMLINK_NOFOLLOW);
        let found = found.map_err(|errno| Err(errno.into()))?;
        Ok(found.st_uid != self.folder.owner())
    }

    /// A file of more bytes is not read: twice what is allowed, so that a lower limit does not make old sessions unreadable at once.
    fn limit(&self) -> u64 {
        record::size(self.folder.options().max_bytes.saturating_mul(2))
    }

    /// Makes the names in the folder last: without it a new name may be lost with the power.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.folder.sync_names(&self.shelf)
    }
}

/// A file that is being written. Unless it is moved, it is removed again; what a crash leaves, a sweep finds.
#[derive(Debug)]
pub(super) struct Temporary<'a> {
    shelf: BorrowedFd<'a>,
    name: Option<String>,
}

impl<'a> Temporary<'a> {
    /// How all their names begin.
    pub(super) const PREFIX: &'static str = ".tmp-";

    /// Writes a file of these bytes to the disk.
    pub(super) fn write(folder: &Folder, shelf: BorrowedFd<'a>, bytes: &[u8]) -> io::Result<Self> {
        let name = folder.temporary();
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(shelf, &name, flags, FILE)?);
        let name = Some(name);
        let written = Self { shelf, name };
        // Whatever the umask takes from the owner; nobody else ever had a right.
        fchmod(&file, FILE)?;
        file.write_all(bytes)?;
        folder.sync_file(&file)?;
        Ok(written)
    }

    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// It has another name now.
    fn moved(mut self) {
        self.name = None;
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Nothing can be done here; the sweep tries again.
            let _ = unlinkat(self.shelf, name, AtFlags::empty());
        }
    }
}

fn make_folder(folder: &Folder, name: &str) -> io::Result<()> {
    match mkdirat(folder, name, FOLDER) {
        // Whatever the umask takes from the owner.
        Ok(()) => Ok(rustix::fs::chmodat(folder, name, FOLDER, AtFlags::empty())?),
        Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
