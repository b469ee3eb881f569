//! What one session is called here.

use crate::sessions::Key;

const SUFFIX: &str = ".session";

/// The hash of a session's id, and the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    hash: [u8; 32],
    name: String,
}

impl Slot {
    pub(super) fn of(key: &Key) -> Self {
        let name = key.hex() + SUFFIX;
        Self {
            hash: *key.hash(),
            name,
        }
    }

    /// The session that a file of this name holds, if it is the name of one.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let digits = name.strip_suffix(SUFFIX)?;
        let mut hash = [0; 32];
        let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
            return None;
        };
        if pairs.len() != hash.len() {
            return None;
        }
        for (byte, &[high, low]) in hash.iter_mut().zip(pairs) {
            *byte = digit(high)? << 4 | digit(low)?;
        }
        let name = name.to_owned();
        Some(Self { hash, name })
    }

    pub(super) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The name of its folder.
    pub(super) fn shelf(&self) -> &str {
        self.name.get(..2).unwrap_or_default()
    }

    /// What may stand in a log.
    pub(super) fn short(&self) -> &str {
        self.name.get(..8).unwrap_or_default()
    }

    /// The byte that is locked: the first 62 bits of the hash, so that two sessions never meet, and the number stays positive.
    pub(super) fn offset(&self) -> i64 {
        let first = self
            .hash
            .first_chunk()
            .map_or(0, |bytes| u64::from_be_bytes(*bytes));
        i64::try_from(first >> 2).unwrap_or_default()
    }
}

impl Slot {
    /// The byte that is locked by whoever deletes it without its lock, where the file system cannot exchange files: those behind the first 2^62.
    pub(super) fn deletion(&self) -> i64 {
        self.offset() | 1 << 62
    }
}

/// In lower case only, as names are written.
fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}
