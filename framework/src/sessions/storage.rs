//! Which storage sessions are in: one word, in an attribute or in a file.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Raw, Refusal, Value, shown, word};
use crate::sessions::Store;

/// Which storage sessions are in.
///
/// | word | sessions live | and end with |
/// |---|---|---|
/// | `Memory`, `"memory"` | in the process, shared by its workers | the process |
/// | `File(folder)`, `"file"` | in a folder, shared by the processes of a machine | the folder |
/// | `Postgres`, `"postgres"` | in a table, shared by all machines | the table |
/// | `Redis`, `"redis"` | in Redis, shared by all machines, with weaker locks | what Redis loses |
/// | `Own(store)` | where an application puts them | – |
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Storage {
    /// In memory. CherryPy: `RamSession`.
    #[default]
    Memory,
    /// In this folder; without one, in the one that `storage_path` names. CherryPy: `FileSession`.
    File(PathBuf),
    /// In the database that `database_url` names (feature `postgres`).
    Postgres,
    /// In the Redis that `redis_url` names (feature `redis`).
    Redis,
    /// In a store of the application's.
    Own(Arc<dyn Store>),
}

impl Storage {
    /// A store of the application's.
    pub fn own(store: impl Store) -> Self {
        Self::Own(Arc::new(store))
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("Memory"),
            Self::File(folder) => write!(f, "File({})", folder.display()),
            Self::Postgres => f.write_str("Postgres"),
            Self::Redis => f.write_str("Redis"),
            Self::Own(store) => write!(f, "Own({store:?})"),
        }
    }
}

impl Value for Storage {
    const EXPECTED: &'static str = "`memory`, `file`, `postgres` or `redis`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        word(
            raw,
            &[("memory", 0), ("file", 1), ("postgres", 2), ("redis", 3)],
        )
        .map(|number| match number {
            1 => Self::File(PathBuf::new()),
            2 => Self::Postgres,
            3 => Self::Redis,
            _ => Self::Memory,
        })
    }

    fn show(&self) -> String {
        match self {
            Self::Memory => "\"memory\"".into(),
            Self::File(folder) if folder.as_os_str().is_empty() => "\"file\"".into(),
            Self::File(folder) => format!("\"file\" in {}", folder.display()),
            Self::Postgres => "\"postgres\"".into(),
            Self::Redis => "\"redis\"".into(),
            Self::Own(_) => "a store of the application's".into(),
        }
    }
}

/// When a session is locked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Locking {
    /// From the parameter of the page to the save: nothing to think of, and no write is lost.
    #[default]
    Implicit,
    /// Before the body is read, for every page that takes a session: a long upload holds the session for as long.
    Early,
    /// From [`Session::lock`](crate::sessions::Session::lock), which the page calls before it writes. Until then the session is only read.
    Explicit,
}

impl Locking {
    const WORDS: [(&str, Self); 3] = [
        ("implicit", Self::Implicit),
        ("early", Self::Early),
        ("explicit", Self::Explicit),
    ];
}

impl Value for Locking {
    const EXPECTED: &'static str = "`implicit`, `early` or `explicit`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        word(raw, &Self::WORDS)
    }

    fn show(&self) -> String {
        shown(self, &Self::WORDS)
    }
}
