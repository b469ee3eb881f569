//! What can go wrong between here and the database, and what it means for the statement that was asked.

use std::error::Error as _;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::{Error, SqlState};

use crate::sessions::StoreError;

/// A statement got no answer that is worth anything.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was never sent: there is no connection.
    Unsent(String),
    /// The connection ended under it: whether it was carried out is not known. Worth another connection.
    Broken(String),
    /// No answer in time: whether it was carried out is not known.
    Late(String),
    /// The database did not carry it out, but may soon.
    Deferred(String),
    /// The database will not carry it out.
    Refused(String),
}

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        let words = words(error);
        match error.code() {
            None if is_ours(error) => Self::Refused(words),
            None => Self::Broken(words),
            Some(code) if ends_connections(code) => Self::Broken(words),
            Some(code) if passes(code) => Self::Deferred(words),
            Some(_) => Self::Refused(words),
        }
    }

    pub(super) fn into_words(self) -> String {
        match self {
            Self::Unsent(words)
            | Self::Broken(words)
            | Self::Late(words)
            | Self::Deferred(words)
            | Self::Refused(words) => words,
        }
    }

    /// Whether the statement may have been carried out.
    pub(super) fn is_uncertain(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Late(_))
    }

    /// Whether nothing more may be asked on that connection.
    pub(super) fn spoils_the_connection(&self) -> bool {
        self.is_uncertain()
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(words) => Self::failed(words),
            passing => Self::unavailable(passing.into_words()),
        }
    }
}

/// No connection is to be had.
pub(super) fn unreachable(error: &PoolError, place: &str, size: usize) -> Failure {
    Failure::Unsent(match error {
        PoolError::Timeout(TimeoutType::Wait) => {
            format!("none of the {size} connections to {place} was free in time (pool_size)")
        }
        PoolError::Timeout(_) => format!("{place} does not answer (connect_timeout)"),
        PoolError::Backend(error) => format!("cannot connect to {place}: {}", words(error)),
        other => format!("cannot connect to {place}: {other}"),
    })
}

/// What the log sees of an error. The database's `DETAIL` is left out: it may quote keys and data.
pub(super) fn words(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", error.message(), error.code().code());
    }
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}

/// The mistake is on this side of the connection: a type that does not fit a column. What has no cause is a connection that is closed, or says
/// something unheard of.
fn is_ours(error: &Error) -> bool {
    let cause = error.source();
    cause.is_some_and(|cause| !cause.is::<std::io::Error>())
}

/// The connection is over, or this is not the server that it was: one that is shutting down, starting, or no longer the primary. So are
/// statements that were prepared before the table was changed.
fn ends_connections(code: &SqlState) -> bool {
    let single = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::INVALID_SQL_STATEMENT_NAME,
    ];
    // 57P05 is idle_session_timeout, for which there is no name yet.
    code.code().starts_with("08") || code.code() == "57P05" || single.contains(code)
}

/// Too busy, or in each other's way.
fn passes(code: &SqlState) -> bool {
    let single = [
        SqlState::QUERY_CANCELED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::OUT_OF_MEMORY,
    ];
    single.contains(code)
}
