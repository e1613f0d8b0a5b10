//! What a statement runs on: a pool of connections to ask, or a transaction.

use sqlx::{PgConnection, PgPool, Postgres, SqliteConnection, SqlitePool, Transaction};

use super::group::Turn;
use crate::domain::{CrashPoint, passing};

/// Connections for questions, which see the last committed state.
#[derive(Clone, Debug)]
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A transaction that may write. Dropped without [`Tx::commit`] it leaves nothing.
pub enum Tx {
    Sqlite(Turn),
    Postgres(Transaction<'static, Postgres>),
}

/// Where a statement runs.
pub enum On<'a> {
    SqlitePool(&'a SqlitePool),
    Sqlite(&'a mut SqliteConnection),
    PostgresPool(&'a PgPool),
    Postgres(&'a mut PgConnection),
}

impl Tx {
    /// Everything the transaction wrote is durable when this returns.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        passing(CrashPoint::CommitAsked);
        match self {
            Tx::Sqlite(turn) => turn.commit().await?,
            Tx::Postgres(transaction) => transaction.commit().await?,
        }
        passing(CrashPoint::CommitTold);
        Ok(())
    }
}

impl<'a> From<&'a Pool> for On<'a> {
    fn from(pool: &'a Pool) -> On<'a> {
        match pool {
            Pool::Sqlite(pool) => On::SqlitePool(pool),
            Pool::Postgres(pool) => On::PostgresPool(pool),
        }
    }
}

impl<'a> From<&'a mut Tx> for On<'a> {
    fn from(tx: &'a mut Tx) -> On<'a> {
        match tx {
            Tx::Sqlite(turn) => On::Sqlite(turn.connection()),
            Tx::Postgres(transaction) => On::Postgres(transaction),
        }
    }
}

impl Pool {
    pub async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}
