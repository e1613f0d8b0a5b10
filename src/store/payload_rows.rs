//! A row for each sealed payload that something names, so that a check of the store can look for its file; of a small
//! payload the row holds the sealed bytes themselves (`small_payloads.rs`).

use super::sql::{Row, Tx, query};
use super::{Engine, Held, Sealed, Store, StoreError};
use crate::domain::ids::PayloadId;

pub(super) async fn add_payload(tx: &mut Tx, file: &Sealed, now: i64) -> Result<(), StoreError> {
    let sealed = match &file.held {
        Held::WithRow(bytes) => Some(&bytes[..]),
        Held::Apart => None,
    };
    query("INSERT INTO payload (id, sha256, bytes, created_at, sealed) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(file.id.0)
        .bind(&file.sha256[..])
        .bind(i64::try_from(file.bytes).unwrap_or(i64::MAX))
        .bind(now)
        .bind(sealed)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("record a payload"))?;
    Ok(())
}

/// For a payload that nothing names any more.
pub(super) async fn forget_payload(tx: &mut Tx, id: PayloadId) -> Result<(), StoreError> {
    query("DELETE FROM payload WHERE id = ?")
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("forget a payload"))?;
    Ok(())
}

/// A payload as its row knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadRow {
    pub id: PayloadId,
    pub sha256: Vec<u8>,
    pub bytes: u64,
}

impl Store {
    /// Payloads that something names, oldest first, after `after`.
    pub async fn payload_rows(&self, after: Option<PayloadId>, limit: u32) -> Result<Vec<PayloadRow>, StoreError> {
        let rows = query("SELECT id, sha256, bytes FROM payload WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after.map_or(-1, |id| id.0))
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list payloads"))?;
        let row = |row: &Row| PayloadRow {
            id: PayloadId(row.get(0)),
            sha256: row.get(1),
            bytes: u64::try_from(row.get::<i64>(2)).unwrap_or(0),
        };
        Ok(rows.iter().map(row).collect())
    }

    /// What the database finds wrong with itself; empty when it is whole. PostgreSQL looks at its pages with tools of
    /// its own (data checksums, `pg_amcheck`), beside the gateways that use it.
    pub async fn integrity(&self) -> Result<Vec<String>, StoreError> {
        if self.engine() == Engine::Postgres {
            return Ok(Vec::new());
        }
        let rows =
            query("PRAGMA integrity_check").fetch_all(self.readers()).await.map_err(StoreError::at("check itself"))?;
        Ok(rows.iter().map(|row| row.get::<String>(0)).filter(|line| line != "ok").collect())
    }
}
