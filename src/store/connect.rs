//! Opens the database, brings its tables up to date and hands out connections.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::buckets::Buckets;
use super::counts::LastCount;
use super::postgres::{self, without_password};
use super::served::Served;
use super::sql::{
    Access, Desk, Keeper, LiteOptions, PAGES_MAX, Pool, Quick, Readers, Share, Snapshot, Tx, Writer, query,
};

/// A failed step of the store. None of the texts holds a row's contents.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "store.url `{url}` is not understood: write sqlite:PATH, as in sqlite:var/claimgate.db, \
         or postgres://USER@HOST/DATABASE"
    )]
    Url { url: String },
    #[error("the folder {folder} for the database cannot be made")]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("the database {path} cannot be opened")]
    Open { path: PathBuf, source: sqlx::Error },
    #[error("the database {url} cannot be reached")]
    Connect { url: String, source: sqlx::Error },
    #[error("the database's tables cannot be brought up to date")]
    Migrate { source: sqlx::migrate::MigrateError },
    #[error(
        "the store was made by a later version of claimgate (its tables are at step {found}, this version knows \
         {known}): run that version or one after it; a store is not taken back to an earlier one"
    )]
    Newer { found: i64, known: usize },
    #[error("the database failed while it was asked to {step}")]
    Query { step: &'static str, source: sqlx::Error },
    #[error("another node took over the work {work}")]
    Lost { work: String },
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
    writers: Writers,
    readers: Pool,
    quick: Desk,
    buckets: Arc<Buckets>,
    last_count: Arc<LastCount>,
}

#[derive(Clone, Debug)]
enum Writers {
    /// One connection: SQLite takes one writer, and waiting here is fairer than waiting there.
    Sqlite(Writer, Option<Arc<Keeper>>),
    Postgres(Served),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

const READERS: u32 = 4;
const BUSY: Duration = Duration::from_secs(30);
const PAGE_CACHE_KIB: i64 = 64 * 1024;
/// Of each reader: what many of them read is in the system's cache too.
const READER_CACHE_KIB: i64 = 8 * 1024;

impl Store {
    /// Opens (making it if need be) the database of `store.url`, relative paths taken from `base`.
    pub async fn open(url: &str, base: &Path) -> Result<Store, StoreError> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Store::open_postgres(url).await;
        }
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
            .busy_timeout(BUSY)
            .foreign_keys(false);
        let open = |source| StoreError::Open { path: path.to_path_buf(), source };
        let first = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(open)?;
        migrator(SQLITE).run(&first).await.map_err(|source| unmigrated(source, SQLITE))?;
        first.close().await;
        let pragmas = vec![
            ("synchronous", "FULL".to_string()),
            ("wal_autocheckpoint", PAGES_MAX.to_string()),
            ("cache_size", format!("-{PAGE_CACHE_KIB}")),
            ("foreign_keys", "OFF".to_string()),
        ];
        let lite = LiteOptions { path: path.into(), access: Access::Write, busy: BUSY, pragmas };
        let writer = Writer::open(lite.clone()).map_err(open)?;
        let keeper = Keeper::start(lite).map_err(open)?;
        let pragmas = vec![("cache_size", format!("-{READER_CACHE_KIB}"))];
        let lite = LiteOptions { path: path.into(), access: Access::Read, busy: BUSY, pragmas };
        let quick = Desk::Quick(Arc::new(Quick::open(&lite).map_err(open)?));
        let readers = Readers::open(&lite, READERS).map_err(open)?;
        let writers = Writers::Sqlite(writer, Some(Arc::new(keeper)));
        Ok(Store {
            writers,
            readers: Pool::Sqlite(readers),
            quick,
            buckets: Arc::default(),
            last_count: Arc::default(),
        })
    }

    /// With one pool for all questions.
    fn asked_of_pool(writers: Writers, readers: Pool) -> Store {
        Store {
            writers,
            quick: Desk::Pool(readers.clone()),
            readers,
            buckets: Arc::default(),
            last_count: Arc::default(),
        }
    }

    /// Opens a PostgreSQL database that exists and brings its tables up to date.
    pub async fn open_postgres(url: &str) -> Result<Store, StoreError> {
        let (writers, readers) = postgres::open(url).await?;
        migrator(POSTGRES).run(writers.pool()).await.map_err(|source| unmigrated(source, POSTGRES))?;
        Ok(Store::asked_of_pool(Writers::Postgres(writers), Pool::Postgres(readers)))
    }

    /// The same for questions only: makes and changes nothing. `None` where no gateway has stored anything yet.
    pub async fn open_postgres_to_read(url: &str) -> Result<Option<Store>, StoreError> {
        let pool = postgres::open_to_read(url).await?;
        let store = Store::asked_of_pool(Writers::Postgres(pool.clone()), Pool::Postgres(pool));
        let made = query("SELECT CASE WHEN to_regclass('submission') IS NULL THEN 0 ELSE 1 END")
            .fetch_one(store.readers())
            .await
            .map_err(StoreError::at("look for its tables"))?;
        Ok(made.get::<bool>(0).then_some(store))
    }

    /// Opens a database that is there for questions only, also while a gateway writes to it; makes and changes nothing.
    pub async fn open_to_read(path: &Path) -> Result<Store, StoreError> {
        let open = |source| StoreError::Open { path: path.to_path_buf(), source };
        let lite = LiteOptions { path: path.into(), access: Access::Read, busy: BUSY, pragmas: Vec::new() };
        let readers = Readers::open(&lite, 1).map_err(open)?;
        let writer = Writer::open(lite).map_err(open)?;
        Ok(Store::asked_of_pool(Writers::Sqlite(writer, None), Pool::Sqlite(readers)))
    }

    /// Opens a copy that [`Store::snapshot_into`] made, as it is: of nobody else's concern, and without files beside it.
    pub async fn open_copy(path: &Path) -> Result<Store, StoreError> {
        let open = |source| StoreError::Open { path: path.to_path_buf(), source };
        let pragmas = vec![("journal_mode", "DELETE".to_string()), ("foreign_keys", "OFF".to_string())];
        let lite = LiteOptions { path: path.into(), access: Access::Write, busy: BUSY, pragmas };
        let readers = Readers::open(&lite, 1).map_err(open)?;
        let writer = Writer::open(lite).map_err(open)?;
        Ok(Store::asked_of_pool(Writers::Sqlite(writer, None), Pool::Sqlite(readers)))
    }

    /// The same store, whose transactions end as a test says. SQLite only.
    #[cfg(test)]
    pub fn under(self, fates: super::sql::fate::Fates) -> Store {
        match self.writers {
            Writers::Sqlite(writer, keeper) => Store { writers: Writers::Sqlite(writer.under(fates), keeper), ..self },
            Writers::Postgres(_) => self,
        }
    }

    pub fn engine(&self) -> Engine {
        match self.writers {
            Writers::Sqlite(..) => Engine::Sqlite,
            Writers::Postgres(_) => Engine::Postgres,
        }
    }

    /// Begins a transaction that may write. What it reads nobody changes until it ends: on either engine one such
    /// transaction runs at a time. With SQLite those that wait are committed together.
    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        let mut tx = self.begin_as(Share::Group).await?;
        self.take_turn(&mut tx).await?;
        Ok(tx)
    }

    /// From here on what is read nobody changes, as after [`Store::begin`]: for a transaction that first writes much of its
    /// own. With SQLite it has its turn already.
    pub(super) async fn take_turn(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.engine() == Engine::Postgres {
            let turn = query("SELECT id FROM one_writer WHERE id = 1 FOR UPDATE").fetch_one(&mut *tx).await;
            turn.map_err(StoreError::at("wait for its turn to write"))?;
        }
        Ok(())
    }

    /// Begins a transaction beside others, where the engine can have several: for statements that are right whatever
    /// the others do, because they only add rows of their own or change a row on a condition they name themselves.
    pub(super) async fn begin_beside(&self) -> Result<Tx, StoreError> {
        self.begin_as(Share::Group).await
    }

    /// The same for much work, that nobody should wait for longer than need be.
    pub(super) async fn begin_bulk(&self) -> Result<Tx, StoreError> {
        self.begin_as(Share::Alone).await
    }

    async fn begin_as(&self, share: Share) -> Result<Tx, StoreError> {
        let begun = match &self.writers {
            Writers::Sqlite(writer, _) => writer.begin(share).await.map(Tx::Sqlite),
            Writers::Postgres(pool) => pool.begin().await.map(Tx::Postgres),
        };
        begun.map_err(StoreError::at("begin a transaction"))
    }

    pub(super) fn last_count(&self) -> &LastCount {
        &self.last_count
    }

    pub(super) fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// For questions: sees the last committed state.
    pub(super) fn readers(&self) -> &Pool {
        &self.readers
    }

    /// For many questions whose answers must fit each other.
    pub(super) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.readers.snapshot().await.map_err(StoreError::at("look at one moment"))
    }

    /// The same for questions that an index answers at once.
    pub(super) fn quick(&self) -> &Desk {
        &self.quick
    }

    /// True life of the database: a question it must answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.writers {
            Writers::Sqlite(..) => query("SELECT 1").execute(self.quick()).await.map(drop),
            Writers::Postgres(served) => served.answers().await,
        }
        .map_err(StoreError::at("answer"))
    }

    /// Waits for running statements and closes the files.
    pub async fn close(&self) {
        self.readers.close().await;
        self.quick.close();
        match &self.writers {
            Writers::Sqlite(writer, keeper) => {
                if let Some(keeper) = keeper {
                    keeper.end();
                }
                writer.close().await;
            }
            Writers::Postgres(pool) => pool.close().await,
        }
    }
}

pub(super) const SQLITE: &[&str] = &[
    include_str!("migrations/sqlite/0001_first.sql"),
    include_str!("migrations/sqlite/0002_names_with_partner.sql"),
    include_str!("migrations/sqlite/0003_said.sql"),
    include_str!("migrations/sqlite/0004_passed_on.sql"),
    include_str!("migrations/sqlite/0005_lots.sql"),
    include_str!("migrations/sqlite/0006_questions.sql"),
    include_str!("migrations/sqlite/0007_extracts.sql"),
    include_str!("migrations/sqlite/0008_open_payments.sql"),
    include_str!("migrations/sqlite/0009_lines_told.sql"),
    include_str!("migrations/sqlite/0010_answers.sql"),
    include_str!("migrations/sqlite/0011_payer_numbers.sql"),
    include_str!("migrations/sqlite/0012_adjustment_owners.sql"),
    include_str!("migrations/sqlite/0013_mailboxes.sql"),
];
pub(super) const POSTGRES: &[&str] = &[
    include_str!("migrations/postgres/0001_first.sql"),
    include_str!("migrations/postgres/0002_names_with_partner.sql"),
    include_str!("migrations/postgres/0003_said.sql"),
    include_str!("migrations/postgres/0004_passed_on.sql"),
    include_str!("migrations/postgres/0005_lots.sql"),
    include_str!("migrations/postgres/0006_questions.sql"),
    include_str!("migrations/postgres/0007_extracts.sql"),
    include_str!("migrations/postgres/0008_periods.sql"),
    include_str!("migrations/postgres/0009_open_payments.sql"),
    include_str!("migrations/postgres/0010_lines_told.sql"),
    include_str!("migrations/postgres/0011_answers.sql"),
    include_str!("migrations/postgres/0012_payer_numbers.sql"),
    include_str!("migrations/postgres/0013_adjustment_owners.sql"),
    include_str!("migrations/postgres/0014_mailboxes.sql"),
    include_str!("migrations/postgres/0015_partitions_read.sql"),
];

pub(super) fn migrator(steps: &[&'static str]) -> Migrator {
    let step = |(place, sql): (usize, &&'static str)| {
        let version = i64::try_from(place).expect("migrations are few") + 1;
        Migration::new(version, Cow::Borrowed("step"), MigrationType::Simple, (*sql).into_sql_str(), false)
    };
    Migrator::with_migrations(steps.iter().enumerate().map(step).collect())
}

/// A step that this version does not have was taken by a later one.
fn unmigrated(source: MigrateError, steps: &[&str]) -> StoreError {
    match source {
        MigrateError::VersionMissing(found) => StoreError::Newer { found, known: steps.len() },
        source => StoreError::Migrate { source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stands for a full disk: the database may not grow, as long as this connection lives.
    async fn fail_for_want_of_room(store: &Store) {
        let mut tx = store.begin().await.unwrap();
        query("PRAGMA max_page_count = 1").execute(&mut tx).await.unwrap();
        let full = query("CREATE TABLE ballast AS SELECT randomblob(1000000) AS bytes").execute(&mut tx).await;
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
    async fn a_store_of_a_later_version_is_refused_in_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        let mut tx = store.begin().await.unwrap();
        query(
            "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
             SELECT version + 1, description, installed_on, success, checksum, execution_time FROM _sqlx_migrations
             ORDER BY version DESC LIMIT 1",
        )
        .execute(&mut tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let refused = crate::store::testing::try_open(folder.path()).await.unwrap_err();
        let steps = match store.engine() {
            Engine::Sqlite => SQLITE.len(),
            Engine::Postgres => POSTGRES.len(),
        };
        let StoreError::Newer { found, known } = refused else { panic!("{refused}") };
        assert_eq!((usize::try_from(found).unwrap(), known), (steps + 1, steps));
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
        query("CREATE TABLE later (id INTEGER)").execute(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        query("SELECT id FROM later").fetch_all(reading.readers()).await.unwrap();
        assert!(query("INSERT INTO later VALUES (1)").execute(reading.readers()).await.is_err());
    }

    #[tokio::test]
    async fn a_transaction_that_is_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open("sqlite:claims.db", folder.path()).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        query("CREATE TABLE passing (id INTEGER)").execute(&mut tx).await.unwrap();
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        assert!(query("SELECT id FROM passing").fetch_all(&mut tx).await.is_err());
    }
}
