//! Kirsch's stores for plain actix-web applications: each is a `SessionStore` of actix-session.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix_session::storage::{
    LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key,
};
use actix_web::cookie::time;
use serde_json::{Map, Value};

use crate::sessions::counters::Counters;
use crate::sessions::sweeper::Sweeper;
use crate::sessions::{Data, Key, Life, Opened, Store, StoreError};

/// Longer than any statement of a store takes, and shorter than a visitor waits.
const WAIT: Duration = Duration::from_secs(5);
/// Whoever opens a session does not say how long it may live: what was said when it was written counts.
const ANY: Life = Life {
    idle: Duration::MAX,
    absolute: None,
};
/// How often a write is tried that others overtake.
const ATTEMPTS: usize = 8;
/// Stands between the key and the name that a store gave.
const SEPARATOR: char = '.';

/// A store of Kirsch's for `actix_session::SessionMiddleware`.
///
/// What is kept of Kirsch's promises: the store sees a SHA-256 and no key; what was deleted never comes back, so a request that began before a sign-out cannot undo
/// it; a write is there as a whole or not at all. What is not: actix-session reads and writes without a lock, so of two requests of one session at the same time the
/// last one wins. Each look holds the session for a moment: of several at the same time, the others wait for it.
///
/// [`ForActix::start`] opens the store when the server starts, and removes what has expired for as long as the last copy lives. `ForActix::from(store)` does neither:
/// the store is opened by the first request, and what has expired stays where it is until somebody calls [`Store::sweep`].
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
///
/// use actix_session::SessionMiddleware;
/// use actix_web::cookie::Key;
/// use actix_web::{App, HttpServer};
/// use kirsch::sessions::stores::{FileStore, ForActix};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let store = ForActix::start(FileStore::new("var/sessions"), Duration::from_secs(300)).await?;
/// let key = Key::generate();
/// HttpServer::new(move || App::new().wrap(SessionMiddleware::new(store.clone(), key.clone())))
///     .bind(("127.0.0.1", 8080))?
///     .run()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ForActix {
    store: Arc<dyn Store>,
    /// Ends with the last copy.
    _sweeper: Option<Arc<Sweeper>>,
}

impl<S: Store> From<S> for ForActix {
    fn from(store: S) -> Self {
        Self::from(Arc::new(store) as Arc<dyn Store>)
    }
}

impl From<Arc<dyn Store>> for ForActix {
    fn from(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            _sweeper: None,
        }
    }
}

impl ForActix {
    /// Opens a store, and removes what has expired about so often, on a thread of its own; zero is never.
    ///
    /// # Errors
    /// The store cannot be opened: its directory is not ours alone, its database is not there.
    pub async fn start(store: impl Into<Self>, sweep_every: Duration) -> Result<Self, StoreError> {
        let Self { store, .. } = store.into();
        store.start().await?;
        if sweep_every.is_zero() {
            return Ok(Self::from(store));
        }
        let sweeper = Sweeper::start(&store, &Arc::<Counters>::default(), sweep_every);
        let sweeper = sweeper.map_err(StoreError::unavailable)?;
        Ok(Self {
            store,
            _sweeper: Some(Arc::new(sweeper)),
        })
    }

    async fn open(&self, key: &SessionKey) -> Result<Option<Opened>, StoreError> {
        Arc::clone(&self.store).open(known(key), ANY, WAIT).await
    }

    /// The last one wins, as everybody who uses actix-session expects: whoever is overtaken between looking and writing writes again.
    async fn write(&self, key: &SessionKey, data: Data, life: Life) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(Opened { lease, .. }) = self.open(key).await? else {
                return Ok(());
            };
            match lease.save(data.clone(), life).await {
                Err(StoreError::Lost) => {}
                written => return written.map(drop),
            }
        }
        Err(StoreError::Lost)
    }

    async fn delete_by_lease(&self, key: &SessionKey) -> Result<(), StoreError> {
        match self.open(key).await? {
            Some(Opened { lease, .. }) => lease.delete().await,
            None => Ok(()),
        }
    }
}

/// What the store knows a session by. Where it gives names itself, the name is behind the key.
fn known(key: &SessionKey) -> Key {
    match key.as_ref().split_once(SEPARATOR) {
        Some((id, name)) => Key::of(id).named(Some(name.into())),
        None => Key::of(key.as_ref()),
    }
}

impl SessionStore for ForActix {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        // A look would begin its life anew, and how long that is, is said only when it is written.
        let opened = self.open(key).await;
        let opened = opened.map_err(|error| LoadError::Other(error.into()))?;
        Ok(opened.map(|opened| as_texts(&opened.data)))
    }

    async fn save(
        &self,
        state: HashMap<String, String>,
        ttl: &time::Duration,
    ) -> Result<SessionKey, SaveError> {
        let data = as_data(state).map_err(SaveError::Serialization)?;
        let key = generate_session_key();
        // A life that is over is none: the key leads nowhere.
        let Some(life) = life(ttl) else {
            return Ok(key);
        };
        let created = self.store.create(&known(&key), data, life).await;
        let Some(name) = created.map_err(|error| SaveError::Other(error.into()))? else {
            return Ok(key);
        };
        let named = SessionKey::try_from(format!("{}{SEPARATOR}{name}", key.as_ref()));
        named.map_err(|error| SaveError::Other(error.into()))
    }

    /// A session that is gone stays so: the key is given back, and nothing is written.
    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        ttl: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        let data = as_data(state).map_err(UpdateError::Serialization)?;
        let written = match life(ttl) {
            Some(life) => self.write(&key, data, life).await,
            None => self.delete_by_lease(&key).await,
        };
        written.map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &time::Duration) -> anyhow::Result<()> {
        let Some(Opened { lease, .. }) = self.open(key).await? else {
            return Ok(());
        };
        let touched = match life(ttl) {
            Some(life) => lease.touch(life).await.map(drop),
            None => lease.delete().await,
        };
        match touched {
            // Whoever was faster has begun its life anew.
            Err(StoreError::Lost) => Ok(()),
            other => Ok(other?),
        }
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        Ok(self.store.delete(&known(key)).await?)
    }
}

fn life(ttl: &time::Duration) -> Option<Life> {
    let idle = Duration::try_from(*ttl).ok()?;
    (!idle.is_zero()).then_some(Life {
        idle,
        absolute: None,
    })
}

/// actix-session keeps each value as a text in JSON.
pub(super) fn as_data(state: HashMap<String, String>) -> anyhow::Result<Data> {
    let pairs = state.into_iter().map(|(name, text)| {
        let value: Value = serde_json::from_str(&text)?;
        Ok((name, value))
    });
    Ok(Data::from(pairs.collect::<anyhow::Result<Map<_, _>>>()?))
}

pub(super) fn as_texts(data: &Data) -> HashMap<String, String> {
    let pairs = data.values().iter();
    pairs
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::sessions::stores::{ActixStore, FileStore, MemoryStore};
    use crate::sessions::{Pending, Swept};

    fn state(count: u32) -> HashMap<String, String> {
        HashMap::from([("count".to_owned(), count.to_string())])
    }

    const HOUR: time::Duration = time::Duration::HOUR;

    #[actix_rt::test]
    async fn a_session_of_actix_lives_in_a_store_of_ours() {
        let store = ForActix::from(MemoryStore::new());
        let key = store.save(state(1), &HOUR).await.unwrap();
        assert_eq!(store.load(&key).await.unwrap(), Some(state(1)));
        let key = store.update(key, state(2), &HOUR).await.unwrap();
        assert_eq!(store.load(&key).await.unwrap(), Some(state(2)));
        store.update_ttl(&key, &HOUR).await.unwrap();
        store.delete(&key).await.unwrap();
        assert_eq!(store.load(&key).await.unwrap(), None);
    }

    #[actix_rt::test]
    async fn what_was_deleted_does_not_come_back() {
        let store = ForActix::from(MemoryStore::new());
        let key = store.save(state(1), &HOUR).await.unwrap();
        store.delete(&key).await.unwrap();
        let again = store.update(key, state(2), &HOUR).await.unwrap();
        assert_eq!(store.load(&again).await.unwrap(), None);
    }

    #[actix_rt::test]
    async fn no_life_is_no_session() {
        let store = ForActix::from(MemoryStore::new());
        for ttl in [time::Duration::ZERO, -HOUR] {
            let key = store.save(state(1), &ttl).await.unwrap();
            assert_eq!(store.load(&key).await.unwrap(), None);
            let key = store.save(state(1), &HOUR).await.unwrap();
            let key = store.update(key, state(2), &ttl).await.unwrap();
            assert_eq!(store.load(&key).await.unwrap(), None);
        }
    }

    /// A store to which somebody else writes whatever is opened, so many times, before it is written.
    #[derive(Debug)]
    struct Overtaken {
        store: Arc<MemoryStore>,
        left: AtomicUsize,
    }

    fn count(number: u32) -> Data {
        as_data(state(number)).unwrap()
    }

    impl Overtaken {
        async fn overtake(&self, other: Opened) {
            let one_less = |left: usize| left.checked_sub(1);
            let (order, seen) = (Ordering::Relaxed, Ordering::Relaxed);
            if self.left.fetch_update(order, seen, one_less).is_ok() {
                let idle = Duration::from_hours(1);
                let saved = other.lease.save(count(9), Life { idle, ..ANY });
                saved.await.unwrap();
            }
        }
    }

    impl Store for Overtaken {
        fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
            self.store.read(key, life)
        }

        fn open(
            self: Arc<Self>,
            key: Key,
            life: Life,
            wait: Duration,
        ) -> Pending<'static, Option<Opened>> {
            Pending::later(async move {
                let open = || Arc::clone(&self.store).open(key.clone(), life, wait);
                let (opened, other) = (open().await?, open().await?);
                self.overtake(other.unwrap()).await;
                Ok(opened)
            })
        }

        fn create<'a>(
            &'a self,
            key: &'a Key,
            data: Data,
            life: Life,
        ) -> Pending<'a, Option<Box<str>>> {
            self.store.create(key, data, life)
        }

        fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
            self.store.delete(key)
        }

        fn sweep(&self) -> Pending<'_, Swept> {
            self.store.sweep()
        }
    }

    #[actix_rt::test]
    async fn the_last_one_wins() {
        let inner = Arc::new(MemoryStore::new());
        let overtaken = |times| {
            ForActix::from(Overtaken {
                store: Arc::clone(&inner),
                left: AtomicUsize::new(times),
            })
        };
        let key = overtaken(0).save(state(1), &HOUR).await.unwrap();
        let key = overtaken(3).update(key, state(2), &HOUR).await.unwrap();
        let loaded = overtaken(0).load(&key).await.unwrap();
        assert_eq!(loaded, Some(state(2)));
        // Nothing of it is written otherwise.
        overtaken(1).update_ttl(&key, &HOUR).await.unwrap();
        let loaded = overtaken(0).load(&key).await.unwrap();
        assert_eq!(loaded, Some(state(9)));
        let always = overtaken(ATTEMPTS);
        assert!(always.update(key, state(3), &HOUR).await.is_err());
    }

    /// A store of actix-session's, adapted for Kirsch, and back: it gives names itself.
    #[actix_rt::test]
    async fn a_session_is_found_again_by_the_name_that_the_store_gave() {
        let inner = ForActix::from(MemoryStore::new());
        let store = ForActix::from(ActixStore::new(inner));
        let key = store.save(state(1), &HOUR).await.unwrap();
        assert_eq!(store.load(&key).await.unwrap(), Some(state(1)));
        let key = store.update(key, state(2), &HOUR).await.unwrap();
        assert_eq!(store.load(&key).await.unwrap(), Some(state(2)));
        store.delete(&key).await.unwrap();
        assert_eq!(store.load(&key).await.unwrap(), None);
    }

    #[actix_rt::test]
    async fn what_is_started_sweeps_until_it_ends() {
        let inner = Arc::new(MemoryStore::new());
        let moment = Duration::from_millis(5);
        let store = ForActix::start(Arc::clone(&inner) as Arc<dyn Store>, moment).await;
        let (store, second) = (store.unwrap(), time::Duration::milliseconds(20));
        store.save(state(1), &second).await.unwrap();
        assert_eq!(inner.len(), 1);
        let swept = async {
            while !inner.is_empty() {
                tokio::time::sleep(moment).await;
            }
        };
        let swept = tokio::time::timeout(Duration::from_secs(20), swept).await;
        assert!(swept.is_ok(), "nothing is swept");
        // The sweeper holds the store only for a moment at a time.
        let weak = Arc::downgrade(&inner);
        drop((store, inner));
        let ended = async {
            while weak.strong_count() > 0 {
                tokio::time::sleep(moment).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
        assert!(ended.is_ok(), "the store outlives whoever uses it");
    }

    #[actix_rt::test]
    async fn a_store_that_cannot_be_opened_is_said_at_the_start() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let started = ForActix::start(FileStore::new(file.path()), Duration::ZERO).await;
        assert!(matches!(started, Err(StoreError::Failed(_))), "{started:?}");
    }
}
