//! Removes what has expired, a slice at a time.

use std::io;
use std::time::Duration;

use rustix::fs::{AtFlags, Dir, Mode, openat, statat, unlinkat};
use rustix::io::Errno;

use super::folder::{AS_FOLDER, Folder};
use super::lock::try_lock;
use super::place::{Found, Place, Temporary};
use super::record::now;
use super::slot::Slot;
use crate::sessions::Swept;

/// How many files one slice looks at.
const SLICE: usize = 256;
/// How many folders there are: one for every value of the first two digits, and the directory itself, where a start may have been interrupted.
const SHELVES: u16 = 257;
/// A temporary file that is older was left by a crash.
const STALE: Duration = Duration::from_hours(1);

/// How far a round through the directory has come.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    shelf: u16,
    /// The last name that was looked at there.
    name: String,
    /// What failed first in this round. It is answered at its end: one file that cannot be read keeps nobody from sweeping the others.
    failure: Option<io::Error>,
}

impl Cursor {
    /// Looks at the next files. A round in which something failed ends with the error.
    pub(super) fn sweep(&mut self, folder: &Folder) -> io::Result<Swept> {
        folder.check()?;
        let (mut swept, mut left) = (Swept::default(), SLICE);
        while self.shelf < SHELVES && left > 0 {
            let names = self.names(folder);
            let names = names.unwrap_or_else(|error| self.fail(error));
            let is_last = names.len() <= left;
            for name in names.into_iter().take(left) {
                left -= 1;
                self.name = name;
                let is_removed = examine(folder, &shelf(self.shelf), &self.name);
                let is_removed = is_removed.unwrap_or_else(|error| self.fail(error));
                swept.removed += u64::from(is_removed);
            }
            if is_last {
                self.next();
            }
        }
        // An error tells nobody how many were removed: that is answered before.
        swept.more = self.shelf < SHELVES || self.failure.is_some() && swept.removed > 0;
        if swept.more {
            return Ok(swept);
        }
        let Self { failure, .. } = std::mem::take(self);
        failure.map_or(Ok(swept), Err)
    }

    /// Notes the first failure; nothing came of what failed.
    fn fail<T: Default>(&mut self, error: io::Error) -> T {
        self.failure.get_or_insert(error);
        T::default()
    }

    fn next(&mut self) {
        self.shelf += 1;
        self.name.clear();
    }

    /// What is left to be looked at in the present folder, in order, since the order of a directory changes when files do.
    fn names(&self, folder: &Folder) -> io::Result<Vec<String>> {
        let opened = match openat(folder, shelf(self.shelf), AS_FOLDER, Mode::empty()) {
            Ok(opened) => opened,
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(errno) => return Err(errno.into()),
        };
        let mut names = Vec::new();
        for entry in Dir::new(opened)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            let is_ours = name.starts_with(Temporary::PREFIX) || Slot::parse(name).is_some();
            if is_ours && name > self.name.as_str() {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

fn shelf(number: u16) -> String {
    if number > 0xff {
        return ".".to_owned();
    }
    format!("{number:02x}")
}

/// Removes a session that is over; answers whether it did. One that somebody holds is left to him.
fn examine(folder: &Folder, shelf: &str, name: &str) -> io::Result<bool> {
    if name.starts_with(Temporary::PREFIX) {
        return remove_stale(folder, shelf, name).map(|()| false);
    }
    let Some(slot) = Slot::parse(name).filter(|slot| slot.shelf() == shelf) else {
        return Ok(false);
    };
    let Some(place) = Place::find(folder, &slot)? else {
        return Ok(false);
    };
    if place.peek()?.is_some_and(|age| !age.has_expired(now())) {
        return Ok(false);
    }
    let Some(_lock) = try_lock(folder, &slot)? else {
        return Ok(false);
    };
    // It may have been used a moment ago.
    match place.read()? {
        Found::Record(record) if record.age.has_expired(now()) => place.forget(),
        Found::Damaged(why) => {
            place.put_away(why);
            Ok(false)
        }
        Found::Record(_) | Found::Missing => Ok(false),
    }
}

/// Removes a temporary file that nobody writes any more.
fn remove_stale(folder: &Folder, shelf: &str, name: &str) -> io::Result<()> {
    let path = format!("{shelf}/{name}");
    let gone = |errno: Errno| {
        if errno == Errno::NOENT {
            Ok(())
        } else {
            Err(errno.into())
        }
    };
    let written = match statat(folder, &path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => u64::try_from(found.st_mtime).unwrap_or_default(),
        Err(errno) => return gone(errno),
    };
    let age = (now() / 1000).saturating_sub(written);
    if age <= STALE.as_secs() {
        return Ok(());
    }
    unlinkat(folder, &path, AtFlags::empty()).map_or_else(gone, Ok)
}
