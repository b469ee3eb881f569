//! What the cookie says, encrypted: the id, when it was written, and the name that the store gave the session, if it gives names.
//!
//! AES-256-GCM with the cookie's name bound in: what was written for one cookie is nothing in another. The first key writes, all read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fmt, io};

use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::sessions::Key;
use crate::sessions::id::{Id, LEN};

/// How short a secret may be, in bytes.
pub(crate) const SHORTEST_SECRET: usize = 32;

/// The form of what is encrypted. Another form is another number, and what is not understood is nobody's cookie.
const FORM: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
/// The form, the time in seconds, the id.
const HEAD: usize = 1 + 8 + LEN;
/// The longest name that a store may give, in bytes.
const LONGEST_NAME: usize = 512;
/// How far the clocks of two machines may be apart, in seconds.
const LEEWAY: u64 = 60;
/// Longer values are not looked at.
const LONGEST: usize = (NONCE + HEAD + LONGEST_NAME + TAG).div_ceil(3) * 4;

/// What a cookie says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) id: Id,
    /// The name that the store gave.
    pub(crate) name: Option<Box<str>>,
    /// Seconds since 1970.
    pub(crate) written: u64,
}

impl Ticket {
    pub(crate) fn new(id: Id, name: Option<Box<str>>) -> Self {
        Self {
            id,
            name,
            written: now(),
        }
    }

    /// It was written longer ago than this; or by a clock that has been set back since, so that nobody knows how long ago.
    pub(crate) fn is_older_than(&self, age: Duration) -> bool {
        let now = now();
        Duration::from_secs(now.saturating_sub(self.written)) > age || self.written > now + LEEWAY
    }
}

/// The keys.
pub(crate) struct Keys {
    /// The first writes.
    ciphers: Vec<Aes256Gcm>,
}

/// A cookie that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Understood {
    pub(crate) ticket: Ticket,
    /// What stores know the session by.
    pub(crate) key: Key,
    /// It was written with a key that no longer writes.
    pub(crate) is_old: bool,
}

impl Understood {
    pub(crate) fn new(ticket: Ticket, is_old: bool) -> Self {
        Self {
            key: ticket.id.key(ticket.name.clone()),
            ticket,
            is_old,
        }
    }
}

impl Keys {
    /// Keys made of these secrets. Each has 32 bytes at least.
    pub(crate) fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let secrets = secrets.into_iter();
        Self {
            ciphers: secrets.map(|secret| cipher(secret.as_ref())).collect(),
        }
    }

    /// The value of the cookie of this name.
    ///
    /// # Errors
    /// The system's generator fails; the name is longer than could be read again.
    pub(crate) fn seal(&self, cookie: &str, ticket: &Ticket) -> io::Result<String> {
        let name = ticket.name.as_deref().unwrap_or_default().as_bytes();
        if name.len() > LONGEST_NAME {
            let words = format!("a store gave a session a name of more than {LONGEST_NAME} bytes");
            return Err(io::Error::other(words));
        }
        let mut bytes = Vec::with_capacity(NONCE + HEAD + name.len() + TAG);
        bytes.resize(NONCE, 0);
        getrandom::fill(&mut bytes)?;
        bytes.push(FORM);
        bytes.extend_from_slice(&ticket.written.to_be_bytes());
        bytes.extend_from_slice(&ticket.id.0);
        bytes.extend_from_slice(name);
        let (nonce, text) = bytes.split_at_mut(NONCE);
        let nonce = Nonce::try_from(&*nonce).map_err(io::Error::other)?;
        let tag = self.ciphers[0]
            .encrypt_inout_detached(&nonce, cookie.as_bytes(), text.into())
            .map_err(io::Error::other)?;
        bytes.extend_from_slice(&tag);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What the cookie of this name says; nothing, if it is not ours.
    pub(crate) fn open(&self, cookie: &str, value: &str) -> Option<Understood> {
        if value.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let (sealed, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;
        let (nonce, tag) = (Nonce::try_from(nonce).ok()?, Tag::try_from(tag).ok()?);
        let mut text = [0; HEAD + LONGEST_NAME];
        let text = text.get_mut(..sealed.len())?;
        self.ciphers.iter().enumerate().find_map(|(at, cipher)| {
            text.copy_from_slice(sealed);
            cipher
                .decrypt_inout_detached(&nonce, cookie.as_bytes(), (&mut *text).into(), &tag)
                .ok()?;
            let ticket = read(text)?;
            Some(Understood::new(ticket, at > 0))
        })
    }
}

/// Shows nothing.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.ciphers.len())
    }
}

fn cipher(secret: &[u8]) -> Aes256Gcm {
    let key = Sha256::new_with_prefix(b"kirsch session cookie 1\0")
        .chain_update(secret)
        .finalize();
    Aes256Gcm::new(&key)
}

fn read(text: &[u8]) -> Option<Ticket> {
    let (&form, text) = text.split_first()?;
    let (written, text) = text.split_first_chunk()?;
    let (id, name) = text.split_first_chunk()?;
    if form != FORM {
        return None;
    }
    let name = match name {
        [] => None,
        name => Some(str::from_utf8(name).ok()?.into()),
    };
    Some(Ticket {
        id: Id(*id),
        name,
        written: u64::from_be_bytes(*written),
    })
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = b"a secret of thirty-two bytes: 01";
    const TWO: &[u8] = b"a secret of thirty-two bytes: 02";

    fn ticket(name: Option<&str>) -> Ticket {
        Ticket::new(Id::new().unwrap(), name.map(Into::into))
    }

    #[test]
    fn what_was_sealed_is_understood() {
        let keys = Keys::new([ONE]);
        for name in [None, Some("a name"), Some("é".repeat(256).as_str())] {
            let ticket = ticket(name);
            let value = keys.seal("session_id", &ticket).unwrap();
            let understood = keys.open("session_id", &value).unwrap();
            assert_eq!((understood.ticket, understood.is_old), (ticket, false));
        }
    }

    #[test]
    fn the_name_of_the_cookie_is_bound_in() {
        let keys = Keys::new([ONE]);
        let value = keys.seal("session_id", &ticket(None)).unwrap();
        assert!(keys.open("__Host-session_id", &value).is_none());
    }

    #[test]
    fn keys_rotate() {
        let ticket = ticket(None);
        let value = Keys::new([ONE]).seal("s", &ticket).unwrap();
        assert!(Keys::new([TWO]).open("s", &value).is_none());
        let both = Keys::new([TWO, ONE]);
        let understood = both.open("s", &value).unwrap();
        assert!(understood.is_old && understood.ticket == ticket);
        let renewed = both.seal("s", &ticket).unwrap();
        assert!(Keys::new([ONE]).open("s", &renewed).is_none());
    }

    #[test]
    fn no_changed_byte_is_understood() {
        let keys = Keys::new([ONE]);
        let value = keys.seal("s", &ticket(Some("n"))).unwrap();
        for at in 0..value.len() {
            let mut other = value.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert!(keys.open("s", &other).is_none(), "{at}");
        }
        for other in [
            "",
            "A",
            value.get(1..).unwrap(),
            value.get(..value.len() - 1).unwrap(),
            &"A".repeat(10_000),
        ] {
            assert!(keys.open("s", other).is_none(), "{other}");
        }
    }

    #[test]
    fn no_two_values_are_the_same() {
        let (keys, ticket) = (Keys::new([ONE]), ticket(None));
        let values = [(); 2].map(|()| keys.seal("s", &ticket).unwrap());
        assert_ne!(values[0], values[1]);
        assert_eq!(format!("{keys:?}"), "Keys(1)");
    }
}
