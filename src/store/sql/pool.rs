//! What a statement runs on: a pool of connections to ask, or a transaction.

use std::sync::Arc;

use sqlx::{PgConnection, Postgres, Transaction};

use super::group::Turn;
use super::lite::Lite;
use super::quick::Quick;
use super::readers::{Reader, Readers};
use crate::domain::{CrashPoint, passing};
use crate::store::served::Served;

/// Connections for questions, which see the last committed state.
#[derive(Clone, Debug)]
pub enum Pool {
    Sqlite(Readers),
    Postgres(Served),
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
    Sqlite(Moment),
    Postgres(Transaction<'static, Postgres>),
}

/// A transaction of a reader, which in WAL sees one moment until it ends.
pub struct Moment(Reader);

impl Moment {
    fn begin(mut reader: Reader) -> Result<Moment, sqlx::Error> {
        reader.ask(|lite| lite.run("BEGIN"))?;
        Ok(Moment(reader))
    }

    pub(super) fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut Lite) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        self.0.ask(question)
    }
}

impl Drop for Moment {
    fn drop(&mut self) {
        // Where it fails there is none any more.
        let _ = self.0.ask(|lite| lite.run("ROLLBACK"));
    }
}

/// Where a statement runs.
pub enum On<'a> {
    Readers(&'a Readers),
    Moment(&'a mut Moment),
    Quick(&'a Quick),
    Turn(&'a mut Turn),
    PostgresPool(&'a Served),
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
            Pool::Sqlite(readers) => On::Readers(readers),
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
            Snapshot::Sqlite(moment) => On::Moment(moment),
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
            Pool::Sqlite(readers) => Snapshot::Sqlite(Moment::begin(readers.take().await?)?),
            Pool::Postgres(pool) => Snapshot::Postgres(pool.moment().await?),
        })
    }

    pub async fn close(&self) {
        match self {
            Pool::Sqlite(readers) => readers.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}
