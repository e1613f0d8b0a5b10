//! Sends a statement to whichever engine is there.

use std::borrow::Cow;

use sqlx::postgres::PgArguments;
use sqlx::query::Query as SqlxQuery;
use sqlx::{AssertSqlSafe, Postgres};

use super::copy;
use super::group::Turn;
use super::lite::Lite;
use super::pool::On;
use super::row::Row;
use super::translate::{for_postgres, for_sqlite};
use super::value::{Bind, Value};

/// From so many rows on, COPY is worth its two turns of talk.
const COPY_ROWS_MIN: usize = 32;
const FEW_ROWS: usize = 4;
const MANY_ROWS: usize = 500;

/// A statement and its values. Its text is never a partner's.
#[derive(Debug)]
pub struct Query {
    sql: Cow<'static, str>,
    /// What PostgreSQL is sent instead, where the two cannot be said alike.
    postgres: Option<Cow<'static, str>>,
    values: Vec<Value>,
    bulk: Option<Bulk>,
}

/// The statement is `INSERT INTO table (columns) VALUES` rows, and nothing else.
#[derive(Debug)]
pub(super) struct Bulk {
    /// Where `INSERT INTO table (columns)` ends.
    pub head: usize,
    pub rows: usize,
}

pub fn query(sql: impl Into<Cow<'static, str>>) -> Query {
    Query { sql: sql.into(), postgres: None, values: Vec::new(), bulk: None }
}

/// A statement that the engines say differently; both take the same values.
pub fn query_for(sqlite: impl Into<Cow<'static, str>>, postgres: impl Into<Cow<'static, str>>) -> Query {
    Query { sql: sqlite.into(), postgres: Some(postgres.into()), values: Vec::new(), bulk: None }
}

/// What a statement did.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    rows: u64,
}

impl Done {
    pub fn rows_affected(self) -> u64 {
        self.rows
    }
}

impl Query {
    pub(super) fn of(sql: String, values: Vec<Value>, bulk: Option<Bulk>) -> Query {
        Query { sql: sql.into(), postgres: None, values, bulk }
    }

    pub fn bind(mut self, value: impl Bind) -> Query {
        self.values.push(value.value());
        self
    }

    pub async fn execute(self, on: impl Into<On<'_>>) -> Result<Done, sqlx::Error> {
        let rows = match on.into() {
            On::Readers(readers) => readers.take().await?.ask(|lite| self.run_lite(lite))?,
            On::Moment(moment) => moment.ask(|lite| self.run_lite(lite))?,
            On::Quick(quick) => quick.ask(|lite| self.run_lite(lite))?,
            On::Turn(turn) => self.execute_lite(turn)?,
            On::PostgresPool(pool) => self.postgres().execute(&mut *pool.acquire().await?).await?.rows_affected(),
            On::Postgres(connection) => match self.copied() {
                Some((target, width)) => copy::copy(connection, target, width, &self.values).await?,
                None => self.postgres().execute(connection).await?.rows_affected(),
            },
        };
        Ok(Done { rows })
    }

    pub async fn fetch_all(self, on: impl Into<On<'_>>) -> Result<Vec<Row>, sqlx::Error> {
        Ok(match on.into() {
            On::Readers(readers) => readers.take().await?.ask(|lite| self.rows_lite(lite, usize::MAX))?,
            On::Moment(moment) => moment.ask(|lite| self.rows_lite(lite, usize::MAX))?,
            On::Quick(quick) => quick.ask(|lite| self.rows_lite(lite, usize::MAX))?,
            On::Turn(turn) => turn.speak(|lite| self.rows_lite(lite, usize::MAX))?,
            On::PostgresPool(pool) => self.postgres().map(Row::Postgres).fetch_all(&mut *pool.acquire().await?).await?,
            On::Postgres(connection) => self.postgres().map(Row::Postgres).fetch_all(connection).await?,
        })
    }

    pub async fn fetch_optional(self, on: impl Into<On<'_>>) -> Result<Option<Row>, sqlx::Error> {
        Ok(match on.into() {
            On::Readers(readers) => readers.take().await?.ask(|lite| self.rows_lite(lite, 1))?.pop(),
            On::Moment(moment) => moment.ask(|lite| self.rows_lite(lite, 1))?.pop(),
            On::Quick(quick) => quick.ask(|lite| self.rows_lite(lite, 1))?.pop(),
            On::Turn(turn) => turn.speak(|lite| self.rows_lite(lite, 1))?.pop(),
            On::PostgresPool(pool) => {
                self.postgres().fetch_optional(&mut *pool.acquire().await?).await?.map(Row::Postgres)
            }
            On::Postgres(connection) => self.postgres().fetch_optional(connection).await?.map(Row::Postgres),
        })
    }

    pub async fn fetch_one(self, on: impl Into<On<'_>>) -> Result<Row, sqlx::Error> {
        self.fetch_optional(on).await?.ok_or(sqlx::Error::RowNotFound)
    }

    fn copied(&self) -> Option<(&str, usize)> {
        let bulk = self.bulk.as_ref().filter(|bulk| bulk.rows >= COPY_ROWS_MIN)?;
        Some((copy::target(&self.sql[..bulk.head])?, self.values.len() / bulk.rows))
    }

    fn execute_lite(self, turn: &mut Turn) -> Result<u64, sqlx::Error> {
        match &self.bulk {
            Some(bulk) => {
                let width = self.values.len() / bulk.rows;
                let one = format!("{} VALUES (?{})", &self.sql[..bulk.head], ",?".repeat(width - 1));
                turn.speak(|lite| lite.execute_each(&one, width, &self.values))
            }
            None => turn.speak(|lite| self.run_lite(lite)),
        }
    }

    fn run_lite(&self, lite: &mut Lite) -> Result<u64, sqlx::Error> {
        lite.execute(&for_sqlite(&self.sql), &self.values)
    }

    fn rows_lite(&self, lite: &mut Lite, at_most: usize) -> Result<Vec<Row>, sqlx::Error> {
        let rows = lite.rows(&for_sqlite(&self.sql), &self.values, at_most)?;
        Ok(rows.into_iter().map(Row::Lite).collect())
    }

    /// Whether the statement is likely to come again word for word: one row of few, or a full load of many.
    fn comes_again(&self) -> bool {
        self.bulk.as_ref().is_none_or(|bulk| bulk.rows <= FEW_ROWS || bulk.rows >= MANY_ROWS)
    }

    fn postgres(self) -> SqlxQuery<'static, Postgres, PgArguments> {
        let persistent = self.comes_again();
        let sql = for_postgres(self.postgres.as_deref().unwrap_or(&self.sql));
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(persistent);
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Int(number) => query.bind(number),
            Value::Text(text) => query.bind(text.map(|text| copy::without_nul(&text).into_owned())),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Ints(numbers) => query.bind(numbers),
            Value::Texts(texts) => query.bind(texts),
        })
    }
}
