//! Connections to PostgreSQL for one purpose, and the word of whether it is there, so that what fails is called by its
//! name: nobody free, or nobody there.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Transaction};
use tokio::task::AbortHandle;

use super::presence::Presence;
use super::unavailable::NoConnection;

#[derive(Clone, Debug)]
pub struct Served {
    pool: PgPool,
    /// `None` for a few questions: nobody asks meanwhile whether the database is there.
    watch: Option<Arc<Watch>>,
}

/// Somebody who looks after the database until this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    pub presence: Arc<Presence>,
    pub looking: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

impl Served {
    pub(super) fn new(pool: PgPool, watch: Option<Arc<Watch>>) -> Served {
        Served { pool, watch }
    }

    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        self.pool.acquire().await.map_err(|error| self.judged(error))
    }

    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool.begin().await.map_err(|error| self.judged(error))
    }

    /// One moment, for questions.
    pub async fn moment(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let begun = self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await;
        begun.map_err(|error| self.judged(error))
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether the database is there: at once where somebody looks after it, and however busy it is.
    pub(super) async fn answers(&self) -> Result<(), sqlx::Error> {
        match &self.watch {
            Some(watch) if watch.presence.is_there() => Ok(()),
            Some(_) => Err(NoConnection::NoAnswer.error()),
            None => self.acquire().await.map(drop),
        }
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A pool says alike that nobody is free and that nobody could be reached.
    fn judged(&self, error: sqlx::Error) -> sqlx::Error {
        let is_there = self.watch.as_ref().is_some_and(|watch| watch.presence.is_there());
        match error {
            sqlx::Error::PoolTimedOut if is_there => NoConnection::NoneFree.error(),
            error => NoConnection::of_connecting(error),
        }
    }
}
