//! What a file holds: who it is for, when it ends, and the session as JSON.
//!
//! ```text
//! 0   "KirschS" and the version, 1
//! 8   created  \
//! 16  expires   } milliseconds since 1970, as the clock on the wall had them; little endian
//! 24  length   /  bytes of JSON
//! 32  JSON
//!     CRC-32 of the hash of the session's id and of all the above
//! ```
//!
//! The hash is in the checksum but not in the file: a file under another's name is damaged.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::slot::Slot;
use crate::sessions::{Data, Life};

const MAGIC: [u8; 8] = *b"KirschS\x01";
/// How many bytes are before the JSON.
pub(super) const HEAD: usize = 32;
/// How many bytes are after it.
const TAIL: usize = 4;

/// A session as it is stored.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) age: Age,
    pub(super) data: Data,
}

/// When a session was begun, and when it ends, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Age {
    pub(super) created: u64,
    pub(super) expires: u64,
}

impl Age {
    /// That of a session which begins now.
    pub(super) fn new(now: u64, life: Life) -> Self {
        let (created, expires) = (now, now);
        Self { created, expires }.renewed(now, life)
    }

    /// That of a session which is used now.
    pub(super) fn renewed(self, now: u64, life: Life) -> Self {
        let idle = now.saturating_add(millis(life.idle));
        Self {
            created: self.created,
            expires: idle.min(self.end(life)),
        }
    }

    /// What is stored says that it is over.
    pub(super) fn has_expired(self, now: u64) -> bool {
        now >= self.expires
    }

    /// The same, or it is over by what is configured today.
    pub(super) fn is_over(self, now: u64, life: Life) -> bool {
        self.has_expired(now) || now >= self.end(life)
    }

    /// It would hardly live longer if it were written again: by less than a tenth of what it may be idle. One that would live shorter,
    /// since the configuration or the clock was changed, is not fresh.
    pub(super) fn is_fresh(self, now: u64, life: Life) -> bool {
        let gain = self.renewed(now, life).expires.checked_sub(self.expires);
        gain.is_some_and(|gain| gain <= millis(life.idle) / 10)
    }

    fn end(self, life: Life) -> u64 {
        life.absolute.map_or(u64::MAX, |absolute| {
            self.created.saturating_add(millis(absolute))
        })
    }
}

/// The time on the wall: files outlive the process, and are shared. Before 1970 it is 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, millis)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The bytes of a file.
pub(super) fn encode(slot: &Slot, age: Age, json: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + json.len() + TAIL);
    bytes.extend_from_slice(&MAGIC);
    for number in [age.created, age.expires, json.len() as u64] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(json);
    let sum = checksum(slot, &bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// What [`encode`] wrote, or what is wrong with it.
pub(super) fn decode(slot: &Slot, bytes: &[u8]) -> Result<Record, &'static str> {
    let age = peek(bytes)?;
    let length = number(bytes, 24).ok_or("torn")?;
    let (rest, sum) = bytes.split_last_chunk::<TAIL>().ok_or("torn")?;
    let json = rest.get(HEAD..).ok_or("torn")?;
    if json.len() as u64 != length {
        return Err("torn");
    }
    if checksum(slot, rest) != u32::from_le_bytes(*sum) {
        return Err("its checksum is wrong");
    }
    let data = Data::from_json(json).map_err(|_| "no JSON object")?;
    Ok(Record { age, data })
}

/// What the first [`HEAD`] bytes say; they may lie, since the checksum is at the end.
pub(super) fn peek(bytes: &[u8]) -> Result<Age, &'static str> {
    if !bytes.starts_with(&MAGIC) {
        return Err("no session, or one of another version");
    }
    Ok(Age {
        created: number(bytes, 8).ok_or("torn")?,
        expires: number(bytes, 16).ok_or("torn")?,
    })
}

/// How long a file is that holds so much JSON.
pub(super) fn size(json: usize) -> u64 {
    (json as u64).saturating_add((HEAD + TAIL) as u64)
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*bytes))
}

fn checksum(slot: &Slot, bytes: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(slot.hash());
    sum.update(bytes);
    sum.finalize()
}
