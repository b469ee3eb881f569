//! Who a visitor is: 256 bits from the system's generator. Only the browser knows them; stores know their SHA-256.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// How many bytes an id has.
pub(crate) const LEN: usize = 32;

/// The id of a session, as the cookie carries it. It is a key to the visitor's account: it never reaches a store, a log or a page.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Id(pub(crate) [u8; LEN]);

impl Id {
    /// An id that nobody has.
    ///
    /// # Errors
    /// The system's generator fails.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; LEN];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// What stores know the session by.
    pub(crate) fn key(&self, name: Option<Box<str>>) -> Key {
        Key {
            hash: Sha256::digest(self.0).into(),
            name,
        }
    }
}

/// Shows nothing.
impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Id(…)")
    }
}

/// What a store knows a session by: the SHA-256 of its id. Whoever reads it cannot make a cookie of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    hash: [u8; 32],
    name: Option<Box<str>>,
}

impl Key {
    /// The SHA-256 of the id.
    #[must_use]
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The same as 64 hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(&self.hash)
    }

    /// The name that the store gave the session when it was created, if it gives names itself.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What may stand in a log and on pages: the first eight digits.
    #[must_use]
    pub fn short(&self) -> String {
        hex(&self.hash[..4])
    }

    /// The key of an id that is made for this purpose: for tests of a store.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self {
            hash: Sha256::digest(text).into(),
            name: None,
        }
    }

    /// The same with the name that a store gave it.
    #[must_use]
    pub fn named(mut self, name: Option<Box<str>>) -> Self {
        self.name = name;
        self
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}…)", self.short())
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_sha_256_of_the_id() {
        let key = Id([0; LEN]).key(None);
        assert_eq!(
            key.hex(),
            "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
        );
        assert_eq!(key.short(), "66687aad");
        assert_eq!(
            format!("{key:?} {:?}", Id([0; LEN])),
            "Key(66687aad…) Id(…)"
        );
    }

    #[test]
    fn no_two_ids_are_the_same() {
        let mut ids: Vec<_> = (0..10_000).map(|_| Id::new().unwrap().0).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 10_000);
        // Every byte takes every value about as often as every other: chi-square of 255 degrees of freedom is below 400.
        let mut counts = [0_f64; 256];
        ids.iter()
            .flatten()
            .for_each(|byte| counts[usize::from(*byte)] += 1.0);
        let mean = 10_000.0 * 32.0 / 256.0;
        let chi: f64 = counts
            .iter()
            .map(|count| (count - mean).powi(2) / mean)
            .sum();
        assert!(chi < 400.0, "{chi}");
    }
}
