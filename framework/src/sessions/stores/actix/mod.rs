//! Any store of actix-session for Kirsch, Redis among them.
//!
//! # What is weaker
//! The interface of actix-session has no locks and no conditions. Kirsch's queue still serves requests of one session one after the other within a process; beyond
//! that:
//!
//! - **Two processes do not wait for each other.** Of two requests of one session at the same time in two processes, the last one wins: writes can be lost.
//! - **A deletion can be overtaken.** A session is looked for before it is written; one that another process deletes in between is stored again by stores that do so
//!   (actix-session's Redis is one), under a name that nobody is told, and deleted at once.
//! - **A new id is three steps**: the session is stored under a new name, the old one is marked as gone, and deleted. A process that dies before the mark leaves the old
//!   session as it was, and a copy under a name that nobody is told, to its time. Where the mark is not answered, the session may be under that name only: the visitor is a new one then. Of two processes that do it at the same moment, both may succeed.
//! - **The store gives names itself**, and sees them as they are, not as a SHA-256. The name is no cookie: that is encrypted, and holds an id as well.
//! - **A life is counted in whole seconds**, and begins anew with every look. The absolute one is kept among the values, by the clock of the process.
//! - **There is no limit to a session's size** but the store's own: the tool's `max_bytes` is for Kirsch's stores.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time;
use tokio::time::timeout;

use super::for_actix::{as_data, as_texts};
use super::usual;
use crate::sessions::{
    Data, Key, Lease, Life, Opened, Pending, Renamed, Store, StoreError, Swept, Written,
};

/// Where the time is kept at which a session was begun. An application's name that begins with a dot begins with two here.
const BEGUN: &str = ".begun";
/// And that at which it ends, however much it is used.
const ENDS: &str = ".ends";
/// It has another name by now.
const GONE: &str = ".gone";

/// How long the store may take for one thing.
const LIMIT: Duration = Duration::from_secs(3);

/// A store of actix-session's, for Kirsch. What is weaker than in Kirsch's own: see above.
pub struct ActixStore<S> {
    store: Arc<S>,
    max_bytes: usize,
}

impl<S> Clone for ActixStore<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            max_bytes: self.max_bytes,
        }
    }
}

impl<S> fmt::Debug for ActixStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActixStore({})", std::any::type_name::<S>())
    }
}

type State = HashMap<String, String>;

/// A session that is there.
struct Found {
    data: Data,
    begun: Duration,
}

impl<S: SessionStore + Send + Sync + 'static> ActixStore<S> {
    /// Kirsch's sessions in this store.
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            max_bytes: usual::MAX_BYTES,
        }
    }

    /// How large a session may be, as JSON. Default: 64 KiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The values as actix-session keeps them.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], [`StoreError::TooDeep`]
    fn state(&self, data: &Data, begun: Duration, life: Life) -> Result<State, StoreError> {
        let (bytes, limit) = (data.size()?, self.max_bytes);
        if bytes > limit {
            return Err(StoreError::TooLarge { bytes, limit });
        }
        Ok(state(data, begun, life))
    }

    /// What is stored under a name, if it is alive. What cannot be read is none: an error would be one at every visit.
    async fn load(&self, key: &Key, life: Life) -> Result<Option<Found>, StoreError> {
        let Some(name) = name(key) else {
            return Ok(None);
        };
        let found = match within(self.store.load(&name)).await? {
            Ok(None) => return Ok(None),
            Ok(Some(state)) => found(state, life),
            Err(LoadError::Deserialization(_)) => Err(Unreadable),
            Err(LoadError::Other(error)) => return Err(StoreError::unavailable(error)),
        };
        // What is wrong with it is not said: it would show values.
        Ok(found.unwrap_or_else(|Unreadable| {
            tracing::warn!("the session {} cannot be read", key.short());
            None
        }))
    }

    async fn put(&self, state: State, ttl: &time::Duration) -> Result<SessionKey, StoreError> {
        let saved = within(self.store.save(state, ttl)).await?;
        saved.map_err(|error| match error {
            SaveError::Serialization(error) => StoreError::failed(error),
            SaveError::Other(error) => StoreError::unavailable(error),
        })
    }

    /// Writes where something is. A store that keeps what was deleted meanwhile under another name tells nobody: it is removed there.
    async fn replace(
        &self,
        name: SessionKey,
        state: State,
        ttl: &time::Duration,
    ) -> Result<Written, StoreError> {
        let known = name.as_ref().to_owned();
        let updated = within(self.store.update(name, state, ttl)).await?;
        let stored = updated.map_err(|error| match error {
            UpdateError::Serialization(error) => StoreError::failed(error),
            UpdateError::Other(error) => StoreError::unavailable(error),
        })?;
        if stored.as_ref() == known {
            return Ok(Written::Done);
        }
        self.remove(&stored).await?;
        Ok(Written::Gone)
    }

    async fn remove(&self, name: &SessionKey) -> Result<(), StoreError> {
        let deleted = within(self.store.delete(name)).await?;
        deleted.map_err(StoreError::unavailable)
    }
}

impl<S: SessionStore + Send + Sync + 'static> Store for ActixStore<S> {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        Pending::later(async move {
            let Some(found) = self.load(key, life).await? else {
                return Ok(None);
            };
            if let Some(name) = name(key) {
                let slid = within(self.store.update_ttl(&name, &ttl(found.begun, life))).await?;
                slid.map_err(StoreError::unavailable)?;
            }
            Ok(Some(found.data))
        })
    }

    fn open(
        self: Arc<Self>,
        key: Key,
        life: Life,
        _: Duration,
    ) -> Pending<'static, Option<Opened>> {
        Pending::later(async move {
            let Some(Found { data, begun }) = self.load(&key, life).await? else {
                return Ok(None);
            };
            let lease = Box::new(ActixLease {
                store: Self::clone(&self),
                key,
                begun,
            });
            Ok(Some(Opened { data, lease }))
        })
    }

    fn create<'a>(&'a self, _: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::later(async move {
            let begun = now();
            let state = self.state(&data, begun, life)?;
            let name = self.put(state, &ttl(begun, life)).await?;
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
struct ActixLease<S> {
    store: ActixStore<S>,
    key: Key,
    begun: Duration,
}

impl<S> fmt::Debug for ActixLease<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActixLease({:?})", self.key)
    }
}

impl<S: SessionStore + Send + Sync + 'static> ActixLease<S> {
    /// The name of the session, if it is still there.
    async fn name(&self, life: Life) -> Result<Option<SessionKey>, StoreError> {
        let found = self.store.load(&self.key, life).await?;
        Ok(found.and_then(|_| name(&self.key)))
    }

    async fn write(self, data: Data, life: Life) -> Result<Written, StoreError> {
        let Some(name) = self.name(life).await? else {
            return Ok(Written::Gone);
        };
        let state = self.store.state(&data, self.begun, life)?;
        let ttl = ttl(self.begun, life);
        self.store.replace(name, state, &ttl).await
    }

    /// The new one first: up to the mark, whatever interrupts it, the old one stays. That the old one could be marked decides: if a deletion was faster, the
    /// new one goes too, so that nobody who signed out is signed in under another name. Where nobody knows whether it was marked, the new one stays, under
    /// a name that nobody is told, to its time: to remove it as well could leave neither.
    async fn put_elsewhere(self, data: Data, life: Life) -> Result<Renamed, StoreError> {
        let Some(old) = self.name(life).await? else {
            return Ok(Renamed::Gone);
        };
        let (begun, store) = (self.begun, &self.store);
        let state = store.state(&data, begun, life)?;
        let new = store.put(state, &ttl(begun, life)).await?;
        let mark = State::from([(GONE.to_owned(), true.to_string())]);
        match store.replace(old, mark, &time::Duration::SECOND).await {
            Ok(Written::Done) => {
                // It is gone by its mark, whether or not this succeeds.
                drop(store.delete(&self.key).await);
                Ok(Renamed::Done(Some(String::from(new).into())))
            }
            Ok(Written::Gone) => store.remove(&new).await.map(|()| Renamed::Gone),
            Err(uncertain) => Err(uncertain),
        }
    }
}

impl<S: SessionStore + Send + Sync + 'static> Lease for ActixLease<S> {
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
        Pending::later(async move { (*self).put_elsewhere(data, life).await })
    }

    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        Pending::later(async move { self.store.delete(&self.key).await })
    }
}

async fn within<T>(asked: impl Future<Output = T>) -> Result<T, StoreError> {
    let answer = timeout(LIMIT, asked).await;
    answer.map_err(|_| StoreError::unavailable(format!("it does not answer within {LIMIT:?}")))
}

/// The name that the store gave.
fn name(key: &Key) -> Option<SessionKey> {
    SessionKey::try_from(key.name()?.to_owned()).ok()
}

/// The values, since when, and until when at most.
fn state(data: &Data, begun: Duration, life: Life) -> State {
    let mut state: State = as_texts(data)
        .into_iter()
        .map(|(name, text)| (escaped(name), text))
        .collect();
    state.insert(BEGUN.to_owned(), begun.as_secs().to_string());
    if let Some(absolute) = life.absolute {
        let ends = begun.saturating_add(absolute);
        state.insert(ENDS.to_owned(), ends.as_secs().to_string());
    }
    state
}

/// An application's name that begins with a dot gets another one: it is no name of ours then.
fn escaped(name: String) -> String {
    if name.starts_with('.') {
        return format!(".{name}");
    }
    name
}

fn unescaped(name: String) -> String {
    match name.strip_prefix('.') {
        Some(rest) if rest.starts_with('.') => rest.to_owned(),
        _ => name,
    }
}

struct Unreadable;

/// The session in it, if it is alive, by what was said when it was written and by what is said now.
fn found(mut state: State, life: Life) -> Result<Option<Found>, Unreadable> {
    if state.contains_key(GONE) {
        return Ok(None);
    }
    let mut time = |name| {
        let text = state.remove(name)?;
        text.parse().ok().map(Duration::from_secs)
    };
    // What an application of actix-session began has no such time.
    let begun = time(BEGUN).unwrap_or_else(now);
    let ends = time(ENDS);
    let is_over = |end| now() >= end;
    if ends.is_some_and(is_over)
        || life
            .absolute
            .is_some_and(|life| is_over(begun.saturating_add(life)))
    {
        return Ok(None);
    }
    let state = state
        .into_iter()
        .map(|(name, text)| (unescaped(name), text));
    let data = as_data(state.collect()).map_err(|_| Unreadable)?;
    Ok(Some(Found { data, begun }))
}

fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}

/// How long the session lives on: a second at least, for some stores take zero for an error.
fn ttl(begun: Duration, life: Life) -> time::Duration {
    let age = now().saturating_sub(begun);
    let left = life.absolute.map(|absolute| absolute.saturating_sub(age));
    let left = left.map_or(life.idle, |left| left.min(life.idle));
    let seconds = left.as_secs().max(1);
    time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
