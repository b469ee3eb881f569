//! What a storage of sessions is: a few operations that never lose a write, behind one trait that an application can implement too.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};

use crate::error::Error;
use crate::sessions::{Data, Key};

/// What a store answers, or is going to answer.
///
/// # Examples
/// ```
/// use kirsch::sessions::Pending;
///
/// fn read<'a>() -> Pending<'a, u32> {
///     Pending::now(Ok(7))
/// }
///
/// fn ask<'a>() -> Pending<'a, u32> {
///     Pending::later(async { Ok(read().await? + 1) })
/// }
/// # actix_web::rt::System::new().block_on(async { assert_eq!(ask().await.unwrap(), 8) });
/// ```
#[must_use = "a store does nothing before it is waited for"]
pub struct Pending<'a, T>(Answer<'a, T>);

enum Answer<'a, T> {
    Now(Option<Result<T, StoreError>>),
    Later(Pin<Box<dyn Future<Output = Result<T, StoreError>> + 'a>>),
}

impl<'a, T> Pending<'a, T> {
    /// It is there: a store in memory makes no future.
    pub fn now(answer: Result<T, StoreError>) -> Self {
        Self(Answer::Now(Some(answer)))
    }

    /// The answer, if it is there.
    pub(crate) fn answered(self) -> Option<Result<T, StoreError>> {
        match self.0 {
            Answer::Now(answer) => answer,
            Answer::Later(_) => None,
        }
    }

    /// It is waited for.
    pub fn later(answer: impl Future<Output = Result<T, StoreError>> + 'a) -> Self {
        Self(Answer::Later(Box::pin(answer)))
    }
}

/// Nothing in it is pinned in place: what waits is in a box.
impl<T> Unpin for Pending<'_, T> {}

impl<T> Future for Pending<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            Answer::Now(answer) => answer.take().map_or(Poll::Pending, Poll::Ready),
            Answer::Later(future) => future.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for Pending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Answer::Now(_) => "Pending::now",
            Answer::Later(_) => "Pending::later",
        })
    }
}

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// So long after it was used last, or up to a tenth less: see [`Self::fresh`].
    pub idle: Duration,
    /// So long after it was begun, however much it is used. Without it, for ever.
    pub absolute: Option<Duration>,
}

impl Life {
    /// A session of which so much is left need not be written down as used anew: nine tenths of [`Self::idle`]. It would hardly live longer.
    #[must_use]
    pub fn fresh(&self) -> Duration {
        self.idle / 10 * 9
    }
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Done,
    /// The session is no longer there: nothing was written.
    Gone,
}

/// What became of a session that was put somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renamed {
    /// It is there, under the name that the store gave it, if it gives names itself.
    Done(Option<Box<str>>),
    /// The session is no longer there: nothing was written.
    Gone,
}

/// A session that is locked, with what is stored of it.
#[derive(Debug)]
pub struct Opened {
    /// What is stored.
    pub data: Data,
    /// The right to write it.
    pub lease: Box<dyn Lease>,
}

/// A storage of sessions.
///
/// What every store promises, and [the suite](crate::testing::sessions) proves:
///
/// - It never sees an id, only its SHA-256 ([`Key`]).
/// - What has expired is never given out again, and never written to.
/// - A write to a session that is gone writes nothing: what was deleted or renamed stays so.
/// - One lease at a time, across everybody who shares the storage; one that was lost cannot write: [`StoreError::Lost`].
/// - A write is there as a whole or not at all.
/// - Whoever cannot read or write says so: no failure ever looks like an empty session.
/// - What is written can be read again: a value that is nested more deeply than [`Data::DEEPEST`] is refused ([`Data::to_json`] and [`Data::size`] see to it).
///
/// Within a process, Kirsch asks for one lease per session at a time and lets the others wait in a queue of its own; a store has only to keep
/// other processes out, if it has any.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// What is stored, without a lock. The life of the session begins anew, if not much later than it would by a write: a store may leave it
    /// for as long as [`Life::fresh`] is left.
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>>;

    /// Locks a session and reads it, in one step. Where it is not there, or older than `life` allows today, nothing is locked. Waits for at most `wait`,
    /// then fails with [`StoreError::Busy`].
    fn open(
        self: Arc<Self>,
        key: Key,
        life: Life,
        wait: Duration,
    ) -> Pending<'static, Option<Opened>>;

    /// Stores a session that was not there: keys are random, and one that is there is somebody's mistake, which fails ([`StoreError::Failed`]) and changes nothing. Answers the
    /// name that the store gave it, if it gives names itself.
    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>>;

    /// Deletes a session whoever holds it.
    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()>;

    /// Removes some of what has expired, in a slice that is short enough for live requests not to notice. Answers how many, and whether there may be more.
    fn sweep(&self) -> Pending<'_, Swept>;

    /// Nothing of it waits: all that it answers is [`Pending::now`].
    fn is_instant(&self) -> bool {
        false
    }

    /// Makes the storage ready: called when a server starts, not when a configuration is only checked. What is not started starts with its first use.
    fn start(&self) -> Pending<'_, ()> {
        Pending::now(Ok(()))
    }
}

/// What a sweep has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// So many sessions had expired.
    pub removed: u64,
    /// There may be more.
    pub more: bool,
}

/// The right to write one session. Dropped, it is given back, and nothing is written.
pub trait Lease: fmt::Debug {
    /// Writes the session, and gives the lease back. Its life begins anew, with the same leeway as for [`Store::read`].
    fn save(self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written>;

    /// Gives the lease back without a change. Its life begins anew, with the same leeway as for [`Store::read`].
    fn touch(self: Box<Self>, life: Life) -> Pending<'static, Written>;

    /// Writes the session under another key, where none is yet, and takes it away from where it was: whatever interrupts it, the session is where it was answered last.
    /// Its absolute age stays. Under its own key it is saved.
    fn rename(self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed>;

    /// Deletes the session.
    fn delete(self: Box<Self>) -> Pending<'static, ()>;
}

/// A store cannot do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The storage does not answer, or not in time: 503.
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// Somebody else holds the session for too long: 503.
    Busy,
    /// The lease had ended, and somebody else has had the session since: nothing was written. 503.
    Lost,
    /// The session is larger than a session may be: 500.
    TooLarge {
        /// Its bytes as JSON.
        bytes: usize,
        /// Those that are allowed.
        limit: usize,
    },
    /// A value is nested more deeply than can be read again ([`Data::DEEPEST`]): 500.
    TooDeep {
        /// The levels that are allowed.
        limit: usize,
    },
    /// Anything else, such as a full disk: 500.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// The storage does not answer.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// The storage cannot do it.
    pub fn failed(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(_) => f.write_str("the storage of sessions does not answer"),
            Self::Busy => f.write_str("the session is held by another request for too long"),
            Self::Lost => f.write_str(
                "the session was held for longer than its lease, and is somebody else's by now",
            ),
            Self::TooLarge { bytes, limit } => write!(
                f,
                "the session has {bytes} bytes, and {limit} are allowed (max_bytes)"
            ),
            Self::TooDeep { limit } => write!(
                f,
                "a value of the session has lists or objects in each other on more than {limit} levels, and could not be read again"
            ),
            Self::Failed(_) => f.write_str("the storage of sessions fails"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unavailable(cause) | Self::Failed(cause) => Some(&**cause),
            Self::Busy | Self::Lost | Self::TooLarge { .. } | Self::TooDeep { .. } => None,
        }
    }
}

impl StoreError {
    /// What the visitor is answered.
    pub(crate) fn answer(self) -> Error {
        let is_passing = matches!(self, Self::Unavailable(_) | Self::Busy | Self::Lost);
        if !is_passing {
            return Error::internal(Box::new(self) as Box<dyn std::error::Error>);
        }
        let words = "the server cannot reach what it knows of your visit; please try again";
        Error::new(StatusCode::SERVICE_UNAVAILABLE, words)
            .header(RETRY_AFTER, HeaderValue::from_static("1"))
            .because(Box::new(self) as Box<dyn std::error::Error>)
    }
}
