//! Opens the database, brings its tables up to date and hands out connections.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlSafeStr, Sqlite, SqlitePool, Transaction};

/// A failed step of the store. None of the texts holds a row's contents.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("store.url `{url}` is not understood: write sqlite:PATH, as in sqlite:var/claimgate.db")]
    Url { url: String },
    #[error("the folder {folder} for the database cannot be made")]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("the database {path} cannot be opened")]
    Open { path: PathBuf, source: sqlx::Error },
    #[error("the database's tables cannot be brought up to date")]
    Migrate { source: sqlx::migrate::MigrateError },
    #[error("the database failed while it was asked to {step}")]
    Query { step: &'static str, source: sqlx::Error },
    #[error("a stored row does not read back: {what}")]
    Damaged { what: String },
}

impl StoreError {
    /// For `map_err`: names the step that failed.
    pub fn at(step: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |source| StoreError::Query { step, source }
    }
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: SQLite takes one writer, and waiting here is fairer than waiting there.
    writer: SqlitePool,
    readers: SqlitePool,
}

const READERS: u32 = 4;
const BUSY_SECONDS: u64 = 30;
const PAGE_CACHE_KIB: i64 = 64 * 1024;
const CHECKPOINT_PAGES: u32 = 20_000;

impl Store {
    /// Opens (making it if need be) the database of `store.url`, relative paths taken from `base`.
    pub async fn open(url: &str, base: &Path) -> Result<Store, StoreError> {
        let path = url.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        match path {
            Some(path) if !path.is_empty() => Store::open_file(&base.join(path)).await,
            Some(_) | None => Err(StoreError::Url { url: without_password(url) }),
        }
    }

    /// Opens (making it if need be) a database file and brings its tables up to date.
    pub async fn open_file(path: &Path) -> Result<Store, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| StoreError::Folder { folder: folder.to_path_buf(), source })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(BUSY_SECONDS))
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
            .pragma("cache_size", format!("-{PAGE_CACHE_KIB}"))
            .foreign_keys(false);
        let open = |source| StoreError::Open { path: path.to_path_buf(), source };
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // After some failures, as a full disk, SQLite has rolled back by itself, and the connection is taken to be
            // in that transaction for ever. Such a one is closed, and the next is a new one.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await
            .map_err(open)?;
        migrator().run(&writer).await.map_err(|source| StoreError::Migrate { source })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(|source| StoreError::Open { path: path.to_path_buf(), source })?;
        Ok(Store { writer, readers })
    }

    /// Opens a database that is there for questions only, also while a gateway writes to it; makes and changes nothing.
    pub async fn open_to_read(path: &Path) -> Result<Store, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .create_if_missing(false)
            .busy_timeout(Duration::from_secs(BUSY_SECONDS));
        let readers = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|source| StoreError::Open { path: path.to_path_buf(), source })?;
        Ok(Store { writer: readers.clone(), readers })
    }

    /// Begins a transaction that may write; it holds the one writer until committed or dropped.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::at("begin a transaction"))
    }

    /// For questions: sees the last committed state.
    pub(super) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// True life of the database: a question it must answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await.map_err(StoreError::at("answer"))?;
        Ok(())
    }

    /// Waits for running statements and closes the files.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn migrator() -> Migrator {
    let first = Migration::new(
        1,
        Cow::Borrowed("first"),
        MigrationType::Simple,
        include_str!("migrations/sqlite/0001_first.sql").into_sql_str(),
        false,
    );
    Migrator::with_migrations(vec![first])
}

/// A URL as it may be shown: without what stands between `//` and `@`.
fn without_password(url: &str) -> String {
    match (url.find("//"), url.rfind('@')) {
        (Some(start), Some(end)) if start < end => format!("{}//…{}", &url[..start], &url[end..]),
        (_, _) => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stands for a full disk: the database may not grow, as long as this connection lives.
    async fn fail_for_want_of_room(store: &Store) {
        let mut tx = store.begin().await.unwrap();
        sqlx::query("PRAGMA max_page_count = 1").execute(&mut *tx).await.unwrap();
        let full = sqlx::query("CREATE TABLE ballast AS SELECT randomblob(1000000) AS bytes").execute(&mut *tx).await;
        assert!(full.unwrap_err().to_string().contains("full"));
    }

    #[tokio::test]
    async fn a_store_that_was_full_takes_writes_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open("sqlite:claims.db", folder.path()).await.unwrap();
        fail_for_want_of_room(&store).await;
        for _ in 0..2 {
            let tx = store.begin().await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_store_opened_to_read_sees_what_is_written_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claims.db");
        assert!(Store::open_to_read(&path).await.is_err(), "it made a database");
        assert!(!path.exists());
        let store = Store::open_file(&path).await.unwrap();
        let reading = Store::open_to_read(&path).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sqlx::query("CREATE TABLE later (id INTEGER)").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        sqlx::query("SELECT id FROM later").fetch_all(reading.readers()).await.unwrap();
        assert!(sqlx::query("INSERT INTO later VALUES (1)").execute(reading.readers()).await.is_err());
    }

    #[tokio::test]
    async fn a_transaction_that_is_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open("sqlite:claims.db", folder.path()).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sqlx::query("CREATE TABLE passing (id INTEGER)").execute(&mut *tx).await.unwrap();
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        assert!(sqlx::query("SELECT id FROM passing").fetch_all(&mut *tx).await.is_err());
    }
}
