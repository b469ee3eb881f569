//! The right to write one session.

use std::sync::Arc;

use super::fault::fault;
use super::folder::Folder;
use super::lock::Lock;
use super::place::Place;
use super::record::{self, Age, Record, now};
use super::slot::Slot;
use super::{is_there, look, run};
use crate::sessions::{Data, Key, Lease, Life, Pending, Renamed, StoreError, Written};

/// Holds the lock of a session. Every operation takes it along to where it is done, so that a cancelled request does not let it go early.
#[derive(Debug)]
pub(super) struct FileLease {
    folder: Arc<Folder>,
    slot: Slot,
    /// As it was read under the lock; nobody else has written it since.
    age: Age,
    _lock: Lock,
}

impl FileLease {
    pub(super) fn new(folder: Arc<Folder>, slot: Slot, age: Age, lock: Lock) -> Self {
        Self {
            folder,
            slot,
            age,
            _lock: lock,
        }
    }

    fn write(&self, data: &Data, life: Life) -> Result<Written, StoreError> {
        let now = now();
        if self.age.is_over(now, life) {
            return Ok(Written::Gone);
        }
        let bytes = encode(&self.folder, &self.slot, self.age.renewed(now, life), data)?;
        replace(&self.folder, &self.slot, &bytes)
    }

    fn renew(&self, life: Life) -> Result<Written, StoreError> {
        match look(&self.folder, &self.slot)? {
            Some(record) if record.age.is_over(now(), life) => Ok(Written::Gone),
            Some(record) => renew(&self.folder, &self.slot, &record, life),
            None => Ok(Written::Gone),
        }
    }

    /// First the new file, then the old one is removed, then it is answered.
    ///
    /// Whatever interrupts it, the visitor has what was answered last: up to the removal that is the old session as it was, and nobody knows the
    /// new id, whose file is swept when its time is over. The other order could lose the session; a rename of the old file followed by a
    /// write could lose what is to be written. That the removal *found* the old file decides: if a deletion was
    /// faster, the new file goes too, so that nothing that was deleted comes back under another name. Once it has found it, the new file never goes:
    /// where the removal cannot be synced, that is the error, and not the loss of both.
    fn rename(&self, to: &Slot, data: &Data, life: Life) -> Result<Renamed, StoreError> {
        let now = now();
        if self.age.is_over(now, life) {
            return Ok(Renamed::Gone);
        }
        let bytes = encode(&self.folder, to, self.age.renewed(now, life), data)?;
        let rename = || {
            let Some(old) = Place::find(&self.folder, &self.slot)? else {
                return Ok(Some(Renamed::Gone));
            };
            if !old.is_there()? {
                return Ok(Some(Renamed::Gone));
            }
            let new = Place::make(&self.folder, to)?;
            if !new.put(&bytes)? {
                return Ok(None);
            }
            match old.forget() {
                // From here on there is only the new one: whatever else fails, it stays.
                Ok(true) => old.sync().map(|()| Some(Renamed::Done(None))),
                other => {
                    new.remove()?;
                    other.map(|_| Some(Renamed::Gone))
                }
            }
        };
        let renamed = rename().map_err(fault("cannot rename a session"))?;
        renamed.ok_or_else(is_there)
    }
}

impl Lease for FileLease {
    fn save(self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written> {
        let folder = Arc::clone(&self.folder);
        Pending::later(run(folder, move |_| self.write(&data, life)))
    }

    /// Nothing is written while nine tenths of its life are left: a page that only reads does not wait for the disk.
    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        let folder = Arc::clone(&self.folder);
        if self.age.is_over(now(), life) || !self.age.is_fresh(now(), life) {
            return Pending::later(run(folder, move |_| self.renew(life)));
        }
        Pending::later(async move { self.renew(life) })
    }

    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        let (folder, to) = (Arc::clone(&self.folder), Slot::of(&to));
        Pending::later(run(folder, move |_| {
            if to != self.slot {
                return Self::rename(&self, &to, &data, life);
            }
            Ok(match self.write(&data, life)? {
                Written::Done => Renamed::Done(None),
                Written::Gone => Renamed::Gone,
            })
        }))
    }

    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        let folder = Arc::clone(&self.folder);
        let remove = super::remove(self.slot.clone());
        Pending::later(run(folder, move |folder| {
            let removed = remove(folder);
            drop(self);
            removed
        }))
    }
}

/// The bytes of a session, unless they are too many.
pub(super) fn encode(
    folder: &Folder,
    slot: &Slot,
    age: Age,
    data: &Data,
) -> Result<Vec<u8>, StoreError> {
    let json = data.to_json()?;
    let (bytes, limit) = (json.len(), folder.options().max_bytes);
    if bytes > limit {
        return Err(StoreError::TooLarge { bytes, limit });
    }
    Ok(record::encode(slot, age, &json))
}

/// Lets a session live longer, unless it would hardly be longer. Under its lock. One that was written when more bytes were allowed stays as it is.
pub(super) fn renew(
    folder: &Folder,
    slot: &Slot,
    record: &Record,
    life: Life,
) -> Result<Written, StoreError> {
    let now = now();
    if record.age.is_fresh(now, life) {
        return Ok(Written::Done);
    }
    let json = record.data.to_json()?;
    let bytes = record::encode(slot, record.age.renewed(now, life), &json);
    replace(folder, slot, &bytes)
}

/// Writes a session over itself. Under its lock.
fn replace(folder: &Folder, slot: &Slot, bytes: &[u8]) -> Result<Written, StoreError> {
    let replace = || match Place::find(folder, slot)? {
        Some(place) => place.replace(bytes),
        None => Ok(false),
    };
    let is_written = replace().map_err(fault("cannot write a session"))?;
    Ok(if is_written {
        Written::Done
    } else {
        Written::Gone
    })
}
