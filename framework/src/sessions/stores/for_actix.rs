//! Kirsch's stores for plain actix-web applications: each is a `SessionStore` of actix-session.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix_session::storage::{
    LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key,
};
use actix_web::cookie::time;
use serde_json::{Map, Value};

use crate::sessions::{Data, Key, Life, Opened, Store};

/// Longer than any statement of a store takes, and shorter than a visitor waits.
const WAIT: Duration = Duration::from_secs(5);
/// Whoever opens a session does not say how long it may live: what was said when it was written counts.
const ANY: Life = Life {
    idle: Duration::MAX,
    absolute: None,
};

/// A store of Kirsch's for `actix_session::SessionMiddleware`.
///
/// What is kept of Kirsch's promises: the store sees a SHA-256 and no key; what was deleted never comes back, so a request that began before a sign-out cannot undo
/// it; a write is there as a whole or not at all. What is not: actix-session reads and writes without a lock, so of two requests of one session at the same time the
/// last one wins.
///
/// # Examples
/// ```no_run
/// use actix_session::SessionMiddleware;
/// use actix_web::cookie::Key;
/// use actix_web::{App, HttpServer};
/// use kirsch::sessions::stores::{FileStore, ForActix};
///
/// # async fn run() -> std::io::Result<()> {
/// let store = ForActix::from(FileStore::new("var/sessions"));
/// let key = Key::generate();
/// HttpServer::new(move || App::new().wrap(SessionMiddleware::new(store.clone(), key.clone())))
///     .bind(("127.0.0.1", 8080))?
///     .run()
///     .await
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ForActix(Arc<dyn Store>);

impl<S: Store> From<S> for ForActix {
    fn from(store: S) -> Self {
        Self(Arc::new(store))
    }
}

impl From<Arc<dyn Store>> for ForActix {
    fn from(store: Arc<dyn Store>) -> Self {
        Self(store)
    }
}

impl ForActix {
    async fn open(&self, key: &SessionKey) -> anyhow::Result<Option<Opened>> {
        let opened = Arc::clone(&self.0)
            .open(Key::of(key.as_ref()), ANY, WAIT)
            .await;
        Ok(opened?)
    }
}

impl SessionStore for ForActix {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        // A look would begin its life anew, and how long that is, is said only when it is written.
        let opened = self.open(key).await.map_err(LoadError::Other)?;
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
        if let Some(life) = life(ttl) {
            let created = self.0.create(&Key::of(key.as_ref()), data, life).await;
            created.map_err(|error| SaveError::Other(error.into()))?;
        }
        Ok(key)
    }

    /// A session that is gone stays so: the key is given back, and nothing is written.
    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        ttl: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        let data = as_data(state).map_err(UpdateError::Serialization)?;
        let opened = self.open(&key).await.map_err(UpdateError::Other)?;
        if let Some(Opened { lease, .. }) = opened {
            let written = match life(ttl) {
                Some(life) => lease.save(data, life).await.map(drop),
                None => lease.delete().await,
            };
            written.map_err(|error| UpdateError::Other(error.into()))?;
        }
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &time::Duration) -> anyhow::Result<()> {
        if let Some(Opened { lease, .. }) = self.open(key).await? {
            match life(ttl) {
                Some(life) => lease.touch(life).await.map(drop)?,
                None => lease.delete().await?,
            }
        }
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        Ok(self.0.delete(&Key::of(key.as_ref())).await?)
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
    use super::*;
    use crate::sessions::stores::MemoryStore;

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
}
