//! Any store of actix-session for Kirsch, Redis among them.
//!
//! # What is weaker
//! The interface of actix-session has no locks and no conditions. Kirsch's queue still serves requests of one session one after the other within a process; beyond
//! that:
//!
//! - **Two processes do not wait for each other.** Of two requests of one session at the same time in two processes, the last one wins: writes can be lost.
//! - **A deletion can be overtaken.** A session is looked for before it is written; one that another process deletes in between is stored again by stores that do so
//!   (actix-session's Redis is one), under a name that nobody is told, and deleted at once.
//! - **A new id is a new session and then a deletion**, not one step: a process that dies in between leaves the old one to its time.
//! - **The store gives names itself**, and sees them as they are, not as a SHA-256. The name is no cookie: that is encrypted, and holds an id as well.
//! - **A life is counted in whole seconds**, and begins anew with every look. The absolute one is kept among the values, by the clock of the process.
//! - **There is no limit to a session's size** but the store's own.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time;
use tokio::time::timeout;

use super::for_actix::{as_data, as_texts};
use crate::sessions::{
    Data, Key, Lease, Life, Opened, Pending, Renamed, Store, StoreError, Swept, Written,
};

/// Where the time is kept at which a session was begun. No application's name begins with a dot.
const BEGUN: &str = ".begun";

/// How long the store may take for one thing.
const LIMIT: Duration = Duration::from_secs(3);

/// A store of actix-session's, for Kirsch. What is weaker than in Kirsch's own: see above.
pub struct ActixStore<S>(Arc<S>);

impl<S> Clone for ActixStore<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for ActixStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActixStore({})", std::any::type_name::<S>())
    }
}

type State = HashMap<String, String>;

impl<S: SessionStore + Send + Sync + 'static> ActixStore<S> {
    /// Kirsch's sessions in this store.
    pub fn new(store: S) -> Self {
        Self(Arc::new(store))
    }

    /// What is stored under a name, if it is alive.
    async fn load(&self, key: &Key, life: Option<Life>) -> Result<Option<State>, StoreError> {
        let Some(name) = name(key) else {
            return Ok(None);
        };
        let state = match within(self.0.load(&name)).await? {
            Ok(state) => state,
            Err(LoadError::Deserialization(error)) => {
                tracing::warn!("the session {} cannot be read: {error}", key.short());
                None
            }
            Err(LoadError::Other(error)) => return Err(StoreError::unavailable(error)),
        };
        let absolute = life.and_then(|life| life.absolute);
        Ok(state.filter(|state| absolute.is_none_or(|absolute| age(state) < absolute)))
    }

    async fn put(&self, state: State, life: Life) -> Result<SessionKey, StoreError> {
        let saved = within(self.0.save(state.clone(), &ttl(&state, life))).await?;
        saved.map_err(|error| match error {
            SaveError::Serialization(error) => StoreError::failed(error),
            SaveError::Other(error) => StoreError::unavailable(error),
        })
    }

    async fn remove(&self, name: &SessionKey) -> Result<(), StoreError> {
        let deleted = within(self.0.delete(name)).await?;
        deleted.map_err(StoreError::unavailable)
    }
}

impl<S: SessionStore + Send + Sync + 'static> Store for ActixStore<S> {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        Pending::later(async move {
            let Some(state) = self.load(key, Some(life)).await? else {
                return Ok(None);
            };
            if let Some(name) = name(key) {
                let slid = within(self.0.update_ttl(&name, &ttl(&state, life))).await?;
                slid.map_err(StoreError::unavailable)?;
            }
            values(state).map(Some)
        })
    }

    fn open(self: Arc<Self>, key: Key, _: Duration) -> Pending<'static, Option<Opened>> {
        Pending::later(async move {
            let Some(state) = self.load(&key, None).await? else {
                return Ok(None);
            };
            let begun = state.get(BEGUN).cloned();
            let lease = Box::new(Open {
                store: Self::clone(&self),
                key,
                begun,
            });
            let data = values(state)?;
            Ok(Some(Opened { data, lease }))
        })
    }

    fn create<'a>(&'a self, _: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::later(async move {
            let name = self.put(state(&data, None), life).await?;
            Ok(Some(String::from(name).into()))
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Pending::later(async move {
            match name(key) {
                Some(name) => self.remove(&name).await,
                None => Ok(()),
            }
        })
    }

    /// The store's own affair.
    fn sweep(&self) -> Pending<'_, Swept> {
        Pending::now(Ok(Swept::default()))
    }
}

/// A session that was read. Nobody in another process is kept out.
struct Open<S> {
    store: ActixStore<S>,
    key: Key,
    begun: Option<String>,
}

impl<S> fmt::Debug for Open<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Open({:?})", self.key)
    }
}

impl<S: SessionStore + Send + Sync + 'static> Open<S> {
    async fn write(self, data: Data, life: Life) -> Result<Written, StoreError> {
        let (Some(name), Some(_)) = (
            name(&self.key),
            self.store.load(&self.key, Some(life)).await?,
        ) else {
            return Ok(Written::Gone);
        };
        let state = state(&data, self.begun);
        let ttl = ttl(&state, life);
        let known = name.as_ref().to_owned();
        let updated = within(self.store.0.update(name, state, &ttl)).await?;
        let stored = updated.map_err(|error| match error {
            UpdateError::Serialization(error) => StoreError::failed(error),
            UpdateError::Other(error) => StoreError::unavailable(error),
        })?;
        if stored.as_ref() == known {
            return Ok(Written::Done);
        }
        // It was deleted meanwhile, and is stored again under a name that nobody knows.
        self.store.remove(&stored).await?;
        Ok(Written::Gone)
    }
}

impl<S: SessionStore + Send + Sync + 'static> Lease for Open<S> {
    fn save(self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written> {
        Pending::later(async move { (*self).write(data, life).await })
    }

    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written> {
        Pending::later(async move {
            let read = self.store.read(&self.key, life).await?;
            Ok(read.map_or(Written::Gone, |_| Written::Done))
        })
    }

    fn rename(self: Box<Self>, _: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        Pending::later(async move {
            let (Some(old), Some(_)) = (
                name(&self.key),
                self.store.load(&self.key, Some(life)).await?,
            ) else {
                return Ok(Renamed::Gone);
            };
            // The old one first: should we die in between, nobody is signed in under an id that somebody else may know.
            self.store.remove(&old).await?;
            let new = self.store.put(state(&data, self.begun), life).await?;
            Ok(Renamed::Done(Some(String::from(new).into())))
        })
    }

    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        Pending::later(async move { self.store.delete(&self.key).await })
    }
}

async fn within<T>(asked: impl Future<Output = T>) -> Result<T, StoreError> {
    let answer = timeout(LIMIT, asked).await;
    answer.map_err(StoreError::unavailable)
}

/// The name that the store gave.
fn name(key: &Key) -> Option<SessionKey> {
    SessionKey::try_from(key.name()?.to_owned()).ok()
}

/// The values as actix-session keeps them, and since when.
fn state(data: &Data, begun: Option<String>) -> State {
    let mut state = as_texts(data);
    let begun = begun.unwrap_or_else(|| now().as_secs().to_string());
    state.insert(BEGUN.to_owned(), begun);
    state
}

fn values(mut state: State) -> Result<Data, StoreError> {
    state.remove(BEGUN);
    as_data(state).map_err(StoreError::failed)
}

fn age(state: &State) -> Duration {
    let begun = state.get(BEGUN).and_then(|text| text.parse().ok());
    begun.map_or(Duration::ZERO, |begun| {
        now().saturating_sub(Duration::from_secs(begun))
    })
}

fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}

/// How long the session lives on: a second at least, for some stores take zero for an error.
fn ttl(state: &State, life: Life) -> time::Duration {
    let left = life
        .absolute
        .map(|absolute| absolute.saturating_sub(age(state)));
    let left = left.map_or(life.idle, |left| left.min(life.idle));
    let seconds = left.as_secs().max(1);
    time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}
