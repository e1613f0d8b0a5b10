//! Whether the database is not there for now. Nothing is wrong then with what it was asked: whoever asked waits and
//! asks again, and a partner is told to come back.

use std::io;

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;

use super::StoreError;

/// Why there is no connection to work with, where sqlx has no word for it.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoConnection {
    /// A replica that is not promoted yet, a primary that was told to stop.
    #[error("the server takes no writes")]
    OnlyReads,
    #[error("the server does not answer")]
    NoAnswer,
    /// As of one that hung up while the talk began.
    #[error("who answers does not answer as a server does")]
    NoServer { source: sqlx::Error },
    /// The server is there.
    #[error("all connections of this gateway were in use for too long")]
    NoneFree,
}

impl NoConnection {
    pub fn error(self) -> sqlx::Error {
        sqlx::Error::Io(io::Error::new(io::ErrorKind::NotConnected, self))
    }

    /// For what goes wrong while a connection is made.
    pub fn of_connecting(error: sqlx::Error) -> sqlx::Error {
        match error {
            source @ (sqlx::Error::Protocol(_) | sqlx::Error::Tls(_)) => NoConnection::NoServer { source }.error(),
            error => error,
        }
    }
}

impl StoreError {
    /// The database is there, and had no time for this; what was asked of it is asked again.
    pub fn is_busy(&self) -> bool {
        match self {
            StoreError::Query { source, .. } => is_busy(source),
            StoreError::Connect { .. }
            | StoreError::Migrate { .. }
            | StoreError::Url { .. }
            | StoreError::Folder { .. }
            | StoreError::Open { .. }
            | StoreError::Newer { .. }
            | StoreError::Lost { .. }
            | StoreError::Damaged { .. } => false,
        }
    }

    /// The database was not there, went away in the middle, or takes no writes for now.
    pub fn is_away(&self) -> bool {
        self.is_unavailable() && !self.is_busy()
    }

    /// The database is away or busy, and what was asked of it is asked again. It may have been done all the same, where it
    /// was a commit.
    pub fn is_unavailable(&self) -> bool {
        match self {
            StoreError::Query { source, .. } | StoreError::Connect { source, .. } => is_unavailable(source),
            StoreError::Migrate { source } => match source {
                MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => is_unavailable(source),
                _ => false,
            },
            StoreError::Url { .. }
            | StoreError::Folder { .. }
            | StoreError::Open { .. }
            | StoreError::Newer { .. }
            | StoreError::Lost { .. }
            | StoreError::Damaged { .. } => false,
        }
    }
}

/// SQLSTATEs of a server that is there, lets one wait for too long, ended one of two that waited for each other, or ended a
/// session of which it heard nothing for too long.
const BUSY: &[&str] = &[
    "25P03", // idle_in_transaction_session_timeout
    "57P05", // idle_session_timeout
    "55P03", // lock_not_available
    "40P01", // deadlock_detected
    "40001", // serialization_failure
];
/// Of one that goes down, comes up, only reads, or has no connection left.
const CODES: &[&str] = &[
    "57P01", // admin_shutdown
    "57P02", // crash_shutdown
    "57P03", // cannot_connect_now
    "25006", // read_only_sql_transaction
    "53300", // too_many_connections
];
/// And of all that goes wrong with a connection.
const CONNECTION_CLASS: &str = "08";

fn is_busy(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(io) => {
            let why = io.get_ref().and_then(|inner| inner.downcast_ref::<NoConnection>());
            matches!(why, Some(NoConnection::NoneFree))
        }
        sqlx::Error::Database(database) => {
            database.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| BUSY.contains(&error.code()))
        }
        _ => false,
    }
}

/// Not where a statement was not understood or its answer was not: that is a fault of ours, and asking again mends none.
pub(super) fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        sqlx::Error::Io(io) => is_of_a_connection(io.kind()),
        sqlx::Error::Database(database) => database.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| {
            let code = error.code();
            CODES.contains(&code) || BUSY.contains(&code) || code.starts_with(CONNECTION_CLASS)
        }),
        _ => false,
    }
}

/// Not that of a file.
fn is_of_a_connection(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::*;
    matches!(
        kind,
        ConnectionRefused
            | ConnectionReset
            | ConnectionAborted
            | NotConnected
            | BrokenPipe
            | UnexpectedEof
            | TimedOut
            | HostUnreachable
            | NetworkUnreachable
            | NetworkDown
            | AddrNotAvailable
    )
}

#[cfg(test)]
impl StoreError {
    pub fn busy() -> StoreError {
        StoreError::Query { step: "ask", source: NoConnection::NoneFree.error() }
    }

    pub fn away() -> StoreError {
        StoreError::Query { step: "ask", source: sqlx::Error::PoolTimedOut }
    }
}
