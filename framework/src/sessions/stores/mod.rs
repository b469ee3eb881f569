//! The storages that come with Kirsch, a room each.

#[cfg(feature = "actix-session")]
pub mod actix;
mod file;
#[cfg(feature = "actix-session")]
mod for_actix;
mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;

#[cfg(feature = "actix-session")]
pub use actix::ActixStore;
pub use file::FileStore;
#[cfg(feature = "actix-session")]
pub use for_actix::ForActix;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::sessions::{Storage, Store, StoreError};

/// What holds where nothing is said, of a store as of the tool.
pub(crate) mod usual {
    use std::time::Duration;

    /// How many bytes a session may have, as JSON.
    pub(crate) const MAX_BYTES: usize = 64 * 1024;
    /// How many sessions the memory keeps. More are the memory of a process that should have another storage.
    pub(crate) const MAX_SESSIONS: usize = 100_000;
    /// How many bytes they have together, as JSON.
    pub(crate) const MAX_TOTAL_BYTES: usize = 256 * 1024 * 1024;
    /// How many connections to the database there are.
    pub(crate) const POOL_SIZE: usize = 8;
    /// Where they are in the database.
    pub(crate) const TABLE: &str = "kirsch_sessions";
    /// How long it may take to connect to the database.
    pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
    /// How long to wait for a connection that is free.
    pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
    /// How long a statement may take.
    pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);
    /// How long a session stays locked whose holder died.
    pub(crate) const LEASE: Duration = Duration::from_secs(90);
}

/// A key is random: one that is there already is somebody's mistake, and never takes the place of another.
fn is_there() -> StoreError {
    StoreError::failed("a session with this key is there already")
}

/// A storage that does not answer keeps no server from starting that may wait for it (`start = "lazy"`).
#[cfg(any(feature = "postgres", feature = "redis"))]
fn may_wait(started: Result<(), StoreError>, is_lazy: bool) -> Result<(), StoreError> {
    match started {
        Err(StoreError::Unavailable(cause)) if is_lazy => {
            tracing::warn!("sessions have to wait for their storage: {cause}");
            Ok(())
        }
        other => other,
    }
}

/// What a store is made of.
pub(crate) struct Settings {
    pub(crate) storage: Storage,
    pub(crate) folder: PathBuf,
    pub(crate) database_url: Option<String>,
    pub(crate) redis_url: Option<String>,
    pub(crate) max_bytes: usize,
    pub(crate) max_sessions: usize,
    pub(crate) max_total_bytes: usize,
    pub(crate) fsync: bool,
    pub(crate) pool_size: usize,
    pub(crate) table: String,
    pub(crate) create_schema: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) acquire_timeout: Duration,
    pub(crate) statement_timeout: Duration,
    pub(crate) lease: Duration,
    pub(crate) is_lazy: bool,
    pub(crate) clean_freq: Duration,
}

impl Settings {
    /// Where the sessions are: all that is said of this place is said of one store. Addresses have passwords, and only their hash is in it.
    pub(crate) fn place(&self) -> String {
        let hash =
            |address: &Option<String>| format!("{:?}", Sha256::digest(format!("{address:?}")));
        match &self.storage {
            Storage::Memory => "memory".to_owned(),
            Storage::File(_) => {
                let folder = std::path::absolute(&self.folder);
                let folder = folder.unwrap_or_else(|_| self.folder.clone());
                format!("file {}", folder.display())
            }
            Storage::Postgres => format!("postgres {}", hash(&self.database_url)),
            Storage::Redis => format!("redis {}", hash(&self.redis_url)),
            Storage::Own(store) => format!("own {}", Arc::as_ptr(store).addr()),
        }
    }

    /// What is said of the store at this place, by option.
    pub(crate) fn said(&self) -> Vec<(&'static str, String)> {
        let max_bytes = ("max_bytes", self.max_bytes.to_string());
        let start = ("start", self.is_lazy.to_string());
        let time = |option, time: Duration| (option, format!("{time:?}"));
        let of_all = time("clean_freq", self.clean_freq);
        match &self.storage {
            Storage::Memory => vec![
                of_all,
                max_bytes,
                ("max_sessions", self.max_sessions.to_string()),
                ("max_total_bytes", self.max_total_bytes.to_string()),
            ],
            Storage::File(_) => vec![of_all, max_bytes, ("fsync", self.fsync.to_string())],
            Storage::Postgres => vec![
                of_all,
                max_bytes,
                start,
                ("pool_size", self.pool_size.to_string()),
                ("table", self.table.clone()),
                ("create_schema", self.create_schema.to_string()),
                time("connect_timeout", self.connect_timeout),
                time("acquire_timeout", self.acquire_timeout),
                time("statement_timeout", self.statement_timeout),
                time("lease", self.lease),
            ],
            Storage::Redis => vec![of_all, max_bytes, start],
            Storage::Own(_) => vec![of_all],
        }
    }
}

/// The store, not yet opened; or the option that is wrong, and why.
pub(crate) fn store(settings: &Settings) -> Result<Arc<dyn Store>, (&'static str, String)> {
    match &settings.storage {
        Storage::Memory => Ok(Arc::new(
            MemoryStore::new()
                .max_sessions(settings.max_sessions)
                .max_total_bytes(settings.max_total_bytes)
                .max_bytes(settings.max_bytes),
        )),
        Storage::File(_) => Ok(Arc::new(
            FileStore::new(&settings.folder)
                .max_bytes(settings.max_bytes)
                .fsync(settings.fsync),
        )),
        Storage::Own(store) => Ok(Arc::clone(store)),
        Storage::Postgres => postgres_store(settings),
        Storage::Redis => redis_store(settings),
    }
}

#[cfg(feature = "postgres")]
fn postgres_store(settings: &Settings) -> Result<Arc<dyn Store>, (&'static str, String)> {
    let Some(url) = &settings.database_url else {
        let words = "the database is not named\nhelp: write `database_url = \"postgres://user:password@host/name\"`, or `database_url_file`";
        return Err(("storage", words.to_owned()));
    };
    let store = PostgresStore::new(url).map_err(|invalid| ("database_url", invalid.to_string()))?;
    let store = store.table(&settings.table);
    Ok(Arc::new(
        store
            .map_err(|invalid| ("table", invalid.to_string()))?
            .pool_size(settings.pool_size)
            .create_schema(settings.create_schema)
            .connect_timeout(settings.connect_timeout)
            .acquire_timeout(settings.acquire_timeout)
            .statement_timeout(settings.statement_timeout)
            .lease(settings.lease)
            .max_bytes(settings.max_bytes)
            .lazy(settings.is_lazy),
    ))
}

#[cfg(not(feature = "postgres"))]
fn postgres_store(_: &Settings) -> Result<Arc<dyn Store>, (&'static str, String)> {
    Err(missing("postgres"))
}

#[cfg(feature = "redis")]
fn redis_store(settings: &Settings) -> Result<Arc<dyn Store>, (&'static str, String)> {
    let Some(url) = &settings.redis_url else {
        let words = "Redis is not named\nhelp: write `redis_url = \"redis://host:6379\"`, or `redis_url_file`";
        return Err(("storage", words.to_owned()));
    };
    let store = RedisStore::new(url)
        .max_bytes(settings.max_bytes)
        .lazy(settings.is_lazy);
    store
        .check()
        .map_err(|words| ("redis_url", words.to_owned()))?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "redis"))]
fn redis_store(_: &Settings) -> Result<Arc<dyn Store>, (&'static str, String)> {
    Err(missing("redis"))
}

/// A storage that this program was built without.
#[cfg(not(all(feature = "postgres", feature = "redis")))]
fn missing(feature: &str) -> (&'static str, String) {
    let words = format!(
        "this program is built without `{feature}`\nhelp: in Cargo.toml: `kirsch = {{ features = [\"{feature}\"] }}`"
    );
    ("storage", words)
}
