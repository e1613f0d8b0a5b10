//! A connection to SQLite that is spoken to in the caller's own thread. A statement of a transaction takes some
//! microseconds; handing it to another thread and waiting to be woken takes ten times as long (docs/MEASUREMENTS.md),
//! and the writer is what everybody queues for. What takes long steps aside: see [`aside`].

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};
use sqlx::error::{DatabaseError, ErrorKind};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::row::LiteRow;
use super::value::Value;

/// As many as the store has, so that none is prepared twice.
const PREPARED: usize = 512;

/// How the file is opened.
#[derive(Clone, Debug)]
pub struct LiteOptions {
    pub path: PathBuf,
    pub access: Access,
    pub busy: Duration,
    /// In this order.
    pub pragmas: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Write,
    Read,
}

pub struct Lite {
    connection: Connection,
}

impl LiteOptions {
    pub fn open(&self) -> Result<Lite, sqlx::Error> {
        let access = match self.access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(LiteError::of)?;
        connection.busy_timeout(self.busy).map_err(LiteError::of)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        // Otherwise each new value of a statement that a partial index might serve has it prepared anew.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(LiteError::of)?;
        for (name, value) in &self.pragmas {
            connection.pragma_update(None, name, value).map_err(LiteError::of)?;
        }
        Ok(Lite { connection })
    }
}

impl Lite {
    /// A statement without values that returns nothing.
    pub fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.execute(sql, &[]).map(drop)
    }

    /// Says how many rows were changed.
    pub fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, sqlx::Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(LiteError::of)?;
        run_to_its_end(&mut statement, values).map_err(LiteError::of)?;
        drop(statement);
        Ok(self.connection.changes())
    }

    /// The statement once for each row of so many values.
    pub fn execute_each(&mut self, sql: &str, width: usize, values: &[Value]) -> Result<u64, sqlx::Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(LiteError::of)?;
        let mut changed = 0;
        for row in values.chunks(width) {
            bind(&mut statement, row).map_err(LiteError::of)?;
            changed += statement.raw_execute().map_err(LiteError::of)?;
        }
        Ok(changed as u64)
    }

    pub fn rows(&mut self, sql: &str, values: &[Value], at_most: usize) -> Result<Vec<LiteRow>, sqlx::Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(LiteError::of)?;
        read(&mut statement, values, at_most).map_err(LiteError::of)
    }

    /// The numbers of the first row; none when there is no row.
    pub fn numbers(&mut self, sql: &str) -> Result<Vec<i64>, sqlx::Error> {
        let row = self.rows(sql, &[], 1)?.pop();
        Ok(row.map_or_else(Vec::new, |row| row.numbers()))
    }

    /// What is not committed is taken back.
    pub fn close(self) {
        // A statement that will not be finalized keeps the connection until the process ends; nothing else comes of it.
        let _ = self.connection.close();
    }
}

fn bind(statement: &mut Statement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    for (place, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(place + 1, value)?;
    }
    Ok(())
}

/// Also a statement that returns rows, which are not wanted.
fn run_to_its_end(statement: &mut Statement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    bind(statement, values)?;
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

fn read(statement: &mut Statement<'_>, values: &[Value], at_most: usize) -> rusqlite::Result<Vec<LiteRow>> {
    bind(statement, values)?;
    let columns: Arc<[String]> = statement.column_names().into_iter().map(str::to_string).collect();
    let mut rows = statement.raw_query();
    let mut read = Vec::new();
    while read.len() < at_most
        && let Some(row) = rows.next()?
    {
        let values: rusqlite::Result<Vec<Stored>> = (0..columns.len()).map(|place| row.get(place)).collect();
        read.push(LiteRow { columns: columns.clone(), values: values? });
    }
    Ok(read)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let list = |json: String| ToSqlOutput::Owned(Stored::Text(json));
        Ok(match self {
            Value::Int(Some(number)) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Value::Text(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Bytes(Some(bytes)) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Value::Int(None) | Value::Text(None) | Value::Bytes(None) => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Ints(numbers) => list(serde_json::to_string(numbers).expect("numbers are JSON")),
            Value::Texts(texts) => list(serde_json::to_string(texts).expect("texts are JSON")),
        })
    }
}

/// Work that takes long, in this thread: others that run on it are given to another one first.
pub(super) fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        // One thread, as in tests and commands: nobody to give them to.
        Ok(_) | Err(_) => work(),
    }
}

/// What SQLite says of a failure. No row's contents are in it.
#[derive(Debug, thiserror::Error)]
#[error("(code: {code}) {message}")]
struct LiteError {
    code: i32,
    message: String,
}

impl LiteError {
    fn of(error: rusqlite::Error) -> sqlx::Error {
        match error {
            rusqlite::Error::SqliteFailure(failure, message) => {
                let message = message.unwrap_or_else(|| failure.to_string());
                sqlx::Error::Database(Box::new(LiteError { code: failure.extended_code, message }))
            }
            other => sqlx::Error::AnyDriverError(Box::new(other)),
        }
    }
}

impl DatabaseError for LiteError {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        use rusqlite::ffi;
        match self.code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => ErrorKind::UniqueViolation,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
            ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}
