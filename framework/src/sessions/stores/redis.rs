//! Sessions in Redis, through actix-session's store.
//!
//! What is weaker than in Kirsch's own stores: see [`ActixStore`]. Redis forgets what has expired by itself; what it keeps over its own restart is a matter of its
//! configuration.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_session::storage::RedisSessionStore;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::{ActixStore, may_wait, usual};
use crate::sessions::{
    Data, Key, Lease, Life, Opened, Pending, Renamed, Store, StoreError, Swept, Written,
};

/// How long it may take to connect.
const CONNECTING: Duration = Duration::from_secs(2);

/// What a URL that is not understood is answered with: never the URL itself, for it may hold a password.
const INVALID: &str = "the URL of Redis is not understood (it is like `redis://:password@host:6379`; special characters in the password are percent-encoded)";

/// A connection that has been made.
type Connected = ActixStore<RedisSessionStore>;

/// Sessions in Redis.
///
/// # Examples
/// ```
/// use kirsch::sessions::stores::RedisStore;
///
/// let store = RedisStore::new("redis://:secret@localhost:6379");
/// assert_eq!(format!("{store:?}"), "RedisStore");
/// ```
pub struct RedisStore {
    /// With its password: shown to nobody.
    url: String,
    connected: Mutex<Option<Arc<Connected>>>,
    is_lazy: bool,
    max_bytes: usize,
}

impl RedisStore {
    /// The Redis at this URL. Nothing is asked of it yet.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connected: Mutex::new(None),
            is_lazy: false,
            max_bytes: usual::MAX_BYTES,
        }
    }

    /// How large a session may be, as JSON. Default: 64 KiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Whether a server starts though Redis is absent. Default: no. Otherwise its pages with sessions answer 503 until it is there.
    #[must_use]
    pub fn lazy(mut self, lazy: bool) -> Self {
        self.is_lazy = lazy;
        self
    }

    /// The URL can be understood. Nothing is asked of the network.
    ///
    /// # Errors
    /// It cannot. The words do not repeat it.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        self.client().map(drop)
    }

    fn client(&self) -> Result<redis::Client, &'static str> {
        redis::Client::open(&*self.url).map_err(|_| INVALID)
    }

    /// The connection, made if there is none. Of several who need it at once, one makes it; nobody waits longer than it may take.
    async fn connected(&self) -> Result<Arc<Connected>, StoreError> {
        // Nobody says why, where packets come to nothing.
        let silent = || {
            format!(
                "Redis does not answer within {CONNECTING:?}: is `redis_url` right, and is it running?"
            )
        };
        let connected = timeout(CONNECTING, self.connect()).await;
        connected.unwrap_or_else(|_| Err(StoreError::unavailable(silent())))
    }

    async fn connect(&self) -> Result<Arc<Connected>, StoreError> {
        let mut connected = self.connected.lock().await;
        if let Some(connected) = &*connected {
            return Ok(Arc::clone(connected));
        }
        // That which lasts tries again and again where it is refused, and never says why: this one does.
        let first = self.client().map_err(StoreError::failed)?;
        let first = first.get_multiplexed_async_connection().await;
        drop(first.map_err(|error| refused(&error))?);
        let store = RedisSessionStore::new(&self.url).await;
        let store = ActixStore::new(store.map_err(StoreError::unavailable)?);
        let fresh = Arc::new(store.max_bytes(self.max_bytes));
        *connected = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&Arc<Connected>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let asked = self.connected().await?;
        self.judge(&asked, question(&asked).await).await
    }

    /// A connection that has failed is not used again: the client would go on with it, and wait longer and longer before it tries another.
    async fn judge<T>(
        &self,
        asked: &Arc<Connected>,
        answer: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if matches!(answer, Err(StoreError::Unavailable(_))) {
            let mut connected = self.connected.lock().await;
            // Somebody else may have another by now.
            connected.take_if(|known| Arc::ptr_eq(known, asked));
        }
        answer
    }
}

fn refused(error: &redis::RedisError) -> StoreError {
    StoreError::unavailable(format!("Redis cannot be asked: {error}"))
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisStore")
    }
}

impl Store for RedisStore {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        Pending::later(self.ask(async move |redis| redis.read(key, life).await))
    }

    fn open(
        self: Arc<Self>,
        key: Key,
        life: Life,
        wait: Duration,
    ) -> Pending<'static, Option<Opened>> {
        Pending::later(async move {
            let asked = self.connected().await?;
            let opened = Arc::clone(&asked).open(key, life, wait).await;
            let opened = self.judge(&asked, opened).await?;
            Ok(opened.map(|Opened { data, lease }| {
                let redis = self;
                let lease = Box::new(RedisLease {
                    redis,
                    asked,
                    lease,
                });
                Opened { data, lease }
            }))
        })
    }

    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::later(self.ask(async move |redis| redis.create(key, data, life).await))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Pending::later(self.ask(async move |redis| redis.delete(key).await))
    }

    fn sweep(&self) -> Pending<'_, Swept> {
        Pending::now(Ok(Swept::default()))
    }

    fn start(&self) -> Pending<'_, ()> {
        Pending::later(async move {
            let started = self.connected().await.map(drop);
            may_wait(started, self.is_lazy)
        })
    }
}

/// A session that was read over a connection.
struct RedisLease {
    redis: Arc<RedisStore>,
    asked: Arc<Connected>,
    lease: Box<dyn Lease>,
}

impl fmt::Debug for RedisLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lease.fmt(f)
    }
}

impl RedisLease {
    fn end<T: 'static>(
        self,
        deed: impl FnOnce(Box<dyn Lease>) -> Pending<'static, T>,
    ) -> Pending<'static, T> {
        let Self {
            redis,
            asked,
            lease,
        } = self;
        let done = deed(lease);
        Pending::later(async move { redis.judge(&asked, done.await).await })
    }
}

impl Lease for RedisLease {
    fn save(self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written> {
        self.end(|lease| lease.save(data, life))
    }

    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        self.end(|lease| lease.touch(life))
    }

    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        self.end(|lease| lease.rename(to, data, life))
    }

    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        self.end(Lease::delete)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::time::Instant;

    use super::*;

    /// All that a log or a page could show of it.
    fn told(error: &StoreError) -> String {
        let mut told = format!("{error:?}");
        let mut next: Option<&dyn Error> = Some(error);
        while let Some(error) = next {
            told = format!("{told} {error}");
            next = error.source();
        }
        told
    }

    /// Nothing listens at port 1.
    #[actix_rt::test]
    async fn a_redis_that_is_absent_is_said_soon_and_without_its_password() {
        let url = "redis://:hush@127.0.0.1:1";
        let begun = Instant::now();
        let error = RedisStore::new(url).start().await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(begun.elapsed() < CONNECTING * 2);
        let told = told(&error);
        assert!(!told.contains("hush"), "{told}");
        assert!(told.contains("Redis"), "{told}");
        assert!(RedisStore::new(url).lazy(true).start().await.is_ok());
    }

    /// Each waits for a connection at the same time as the others, not after them.
    #[actix_rt::test]
    async fn a_redis_that_is_absent_is_said_as_soon_to_many_at_once() {
        let store = RedisStore::new("redis://127.0.0.1:1");
        let (begun, key) = (Instant::now(), Key::of("a"));
        let life = Life {
            idle: CONNECTING,
            absolute: None,
        };
        let asked = (0..20).map(|_| store.read(&key, life));
        for answer in futures_util::future::join_all(asked).await {
            assert!(matches!(answer, Err(StoreError::Unavailable(_))));
        }
        assert!(begun.elapsed() < CONNECTING * 2);
    }

    /// There is nothing to wait for.
    #[actix_rt::test]
    async fn a_url_that_is_wrong_is_said_at_once_and_not_repeated() {
        for url in [
            "redsi://:hush@localhost",
            ":hush",
            "redis://:hush@localhost:port",
        ] {
            for store in [RedisStore::new(url), RedisStore::new(url).lazy(true)] {
                let error = store.start().await.unwrap_err();
                assert!(matches!(error, StoreError::Failed(_)), "{error:?}");
                let told = told(&error);
                assert!(!told.contains("hush"), "{told}");
                assert!(told.contains("redis://"), "{told}");
            }
        }
    }
}
