//! What a statement runs on: a pool of connections to ask, or a transaction.

use std::sync::Arc;

use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::group::Turn;
use super::quick::Quick;
use crate::domain::{CrashPoint, passing};

/// Connections for questions, which see the last committed state.
#[derive(Clone, Debug)]
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Where questions are asked that an index answers at once.
#[derive(Clone, Debug)]
pub enum Desk {
    Quick(Arc<Quick>),
    /// That of all questions, which is closed as such.
    Pool(Pool),
}

/// A transaction that may write. Dropped without [`Tx::commit`] it leaves nothing.
pub enum Tx {
    Sqlite(Turn),
    Postgres(Transaction<'static, Postgres>),
}

/// Many questions about one moment: whatever others commit meanwhile, all of them see what the first one saw. Changes
/// nothing, and is over when it is dropped.
pub enum Snapshot {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Where a statement runs.
pub enum On<'a> {
    SqlitePool(&'a SqlitePool),
    Quick(&'a Quick),
    Sqlite(&'a mut SqliteConnection),
    Turn(&'a mut Turn),
    PostgresPool(&'a PgPool),
    Postgres(&'a mut PgConnection),
}

impl Tx {
    /// Whether somebody with little work waits until this transaction ends. With PostgreSQL nobody need.
    pub fn is_waited_for(&self) -> bool {
        match self {
            Tx::Sqlite(turn) => turn.is_waited_for(),
            Tx::Postgres(_) => false,
        }
    }

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

impl<'a> From<&'a Desk> for On<'a> {
    fn from(desk: &'a Desk) -> On<'a> {
        match desk {
            Desk::Quick(quick) => On::Quick(quick),
            Desk::Pool(pool) => pool.into(),
        }
    }
}

impl Desk {
    pub fn close(&self) {
        match self {
            Desk::Quick(quick) => quick.close(),
            Desk::Pool(_) => {}
        }
    }
}

impl<'a> From<&'a mut Tx> for On<'a> {
    fn from(tx: &'a mut Tx) -> On<'a> {
        match tx {
            Tx::Sqlite(turn) => On::Turn(turn),
            Tx::Postgres(transaction) => On::Postgres(transaction),
        }
    }
}

impl<'a> From<&'a mut Snapshot> for On<'a> {
    fn from(snapshot: &'a mut Snapshot) -> On<'a> {
        match snapshot {
            Snapshot::Sqlite(transaction) => On::Sqlite(transaction),
            Snapshot::Postgres(transaction) => On::Postgres(transaction),
        }
    }
}

impl<'a> From<&'a mut Turn> for On<'a> {
    fn from(turn: &'a mut Turn) -> On<'a> {
        On::Turn(turn)
    }
}

impl Pool {
    pub async fn snapshot(&self) -> Result<Snapshot, sqlx::Error> {
        Ok(match self {
            // Sees one moment until it ends, as every transaction of a reader in WAL.
            Pool::Sqlite(pool) => Snapshot::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => {
                Snapshot::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
            }
        })
    }

    pub async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}
