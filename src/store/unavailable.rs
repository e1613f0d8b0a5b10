//! Whether the database is not there for now. Nothing is wrong then with what it was asked: whoever asked waits and
//! asks again, and a partner is told to come back.

use std::fmt;
use std::io;

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;

use super::StoreError;

/// Of a server that takes no writes: a replica that is not promoted yet, a primary that was told to stop.
#[derive(Debug)]
pub(super) struct OnlyReads;

impl OnlyReads {
    pub fn error() -> sqlx::Error {
        sqlx::Error::Io(io::Error::new(io::ErrorKind::NotConnected, OnlyReads))
    }
}

impl fmt::Display for OnlyReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server takes no writes")
    }
}

impl std::error::Error for OnlyReads {}

impl StoreError {
    /// The database is there; what was asked of it is asked again.
    pub fn is_busy(&self) -> bool {
        let StoreError::Query { source: sqlx::Error::Database(database), .. } = self else { return false };
        database.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| BUSY.contains(&error.code()))
    }

    /// The database was not there, is too busy, went away in the middle, or takes no writes for now. What was asked may have been
    /// done all the same, where it was a commit.
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

/// SQLSTATEs of a server that is there, and lets one wait for too long or ended one of two that waited for each other.
const BUSY: &[&str] = &[
    "55P03", // lock_not_available
    "40P01", // deadlock_detected
    "40001", // serialization_failure
];
/// Of one that goes down, comes up, only reads, or has no connection left.
const CODES: &[&str] = &[
    "57P01", // admin_shutdown
    "57P02", // crash_shutdown
    "57P03", // cannot_connect_now
    "57P05", // idle_session_timeout
    "25006", // read_only_sql_transaction
    "25P03", // idle_in_transaction_session_timeout
    "53300", // too_many_connections
];
/// And of all that goes wrong with a connection.
const CONNECTION_CLASS: &str = "08";

pub(super) fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        // Of PostgreSQL alone: an answer that is none, as of one that hung up while the talk began.
        sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) => true,
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
