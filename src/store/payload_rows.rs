//! A row for each sealed payload that something names, so that a check of the store can look for its file.

use sqlx::{Sqlite, Transaction};

use super::{Sealed, StoreError};
use crate::domain::ids::PayloadId;

pub(super) async fn add_payload(
    tx: &mut Transaction<'static, Sqlite>,
    file: &Sealed,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT OR IGNORE INTO payload (id, sha256, bytes, created_at) VALUES (?, ?, ?, ?)")
        .bind(file.id.0)
        .bind(&file.sha256[..])
        .bind(i64::try_from(file.bytes).unwrap_or(i64::MAX))
        .bind(now)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::at("record a payload"))?;
    Ok(())
}

/// For a payload that nothing names any more.
pub(super) async fn forget_payload(tx: &mut Transaction<'static, Sqlite>, id: PayloadId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM payload WHERE id = ?")
        .bind(id.0)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::at("forget a payload"))?;
    Ok(())
}
