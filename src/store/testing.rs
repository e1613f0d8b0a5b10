//! A store for tests: SQLite in the test's folder, or, where `CLAIMGATE_TEST_STORE` names a PostgreSQL server
//! (`postgres://user@host/postgres`), a database of the folder's own on it. `make test` runs the tests over both.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Store, StoreError};

/// Opens the store of a test, making it the first time the folder is seen.
pub async fn open(folder: &Path) -> Store {
    try_open(folder).await.unwrap()
}

/// The database of the folder on the PostgreSQL server, where there is one.
pub async fn postgres_url(folder: &Path) -> Option<String> {
    let server = std::env::var("CLAIMGATE_TEST_STORE").ok()?;
    Some(database_for(&server, folder).await)
}

/// Opens it, where it may be refused.
pub async fn try_open(folder: &Path) -> Result<Store, StoreError> {
    match std::env::var("CLAIMGATE_TEST_STORE") {
        Ok(server) => Store::open(&database_for(&server, folder).await, folder).await,
        Err(_) => Store::open("sqlite:var/claimgate.db", folder).await,
    }
}

async fn database_for(server: &str, folder: &Path) -> String {
    let letters = folder.to_string_lossy().bytes().map(|b| if b.is_ascii_alphanumeric() { b } else { b'_' }).collect();
    let name = String::from_utf8(letters).unwrap().to_ascii_lowercase();
    let name = format!("t{}_{}", std::process::id(), &name[name.len().saturating_sub(40)..]);
    let mut connection = PgConnection::connect(server).await.unwrap();
    let known = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(&name).fetch_optional(&mut connection);
    if known.await.unwrap().is_none() {
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    let (host, _) = server.rsplit_once('/').unwrap();
    format!("{host}/{name}")
}
