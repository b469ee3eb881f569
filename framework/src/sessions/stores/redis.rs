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

use super::{ActixStore, may_wait};
use crate::sessions::{Data, Key, Life, Opened, Pending, Store, StoreError, Swept};

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
}

impl RedisStore {
    /// The Redis at this URL. Nothing is asked of it yet.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connected: Mutex::new(None),
            is_lazy: false,
        }
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
        let understood = redis::Client::open(&*self.url);
        understood.map(drop).map_err(|_| INVALID)
    }

    /// The connection, made if there is none. Of several who need it at once, one makes it.
    async fn connected(&self) -> Result<Arc<Connected>, StoreError> {
        let mut connected = self.connected.lock().await;
        if let Some(connected) = &*connected {
            return Ok(Arc::clone(connected));
        }
        let fresh = Arc::new(self.connect().await?);
        *connected = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    async fn connect(&self) -> Result<Connected, StoreError> {
        self.check().map_err(StoreError::failed)?;
        let connecting = timeout(CONNECTING, RedisSessionStore::new(&self.url)).await;
        // While Redis is absent, the client tries again and again: then the time is over before it says why.
        let silent = || {
            format!(
                "Redis does not answer within {CONNECTING:?}: is `redis_url` right, and is it running?"
            )
        };
        let store = connecting.map_err(|_| StoreError::unavailable(silent()))?;
        let store = store.map_err(|error| error.context("Redis cannot be asked"));
        let store = store.map_err(StoreError::unavailable)?;
        Ok(ActixStore::new(store))
    }

    /// Asks over the connection. One that has failed is not used again: the client would go on with it, and wait longer and longer before it tries another.
    async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&Arc<Connected>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let asked = self.connected().await?;
        let answer = question(&asked).await;
        if matches!(answer, Err(StoreError::Unavailable(_))) {
            let mut connected = self.connected.lock().await;
            // Somebody else may have another by now.
            connected.take_if(|known| Arc::ptr_eq(known, &asked));
        }
        answer
    }
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
            self.ask(async move |redis| Arc::clone(redis).open(key, life, wait).await)
                .await
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
