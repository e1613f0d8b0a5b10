//! Payloads that stand in their rows, sealed; and what a check of all payloads asks.

use std::collections::HashMap;
use std::sync::Arc;

use super::sql::{Row, query};
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, PayloadId};

/// Ids asked for in one statement.
const IDS_PER_QUERY: usize = 500;

impl Store {
    /// The sealed bytes of a payload that stands in its row; `None` for one that stands apart, or has no row.
    pub async fn small_payload(&self, id: PayloadId) -> Result<Option<Arc<[u8]>>, StoreError> {
        let row = query("SELECT sealed FROM payload WHERE id = ?")
            .bind(id.0)
            .fetch_optional(self.quick())
            .await
            .map_err(StoreError::at("read a small payload"))?;
        Ok(row.and_then(|row| row.get::<Option<Vec<u8>>>(0)).map(Arc::from))
    }

    /// The same for many at once, as many as `bytes_max` allows; the others are to be read one by one.
    pub async fn small_payloads(
        &self,
        ids: &[PayloadId],
        bytes_max: usize,
    ) -> Result<HashMap<PayloadId, Arc<[u8]>>, StoreError> {
        let (mut found, mut bytes) = (HashMap::with_capacity(ids.len()), 0);
        for some in ids.chunks(IDS_PER_QUERY) {
            if bytes >= bytes_max {
                break;
            }
            let rows = query(
                "SELECT id, sealed FROM payload
                 WHERE sealed IS NOT NULL AND id IN (SELECT value FROM list(?))",
            )
            .bind(some.iter().map(|id| id.0).collect::<Vec<i64>>())
            .fetch_all(self.quick())
            .await;
            for row in rows.map_err(StoreError::at("read small payloads"))? {
                let sealed: Vec<u8> = row.get(1);
                bytes += sealed.len();
                found.insert(PayloadId(row.get(0)), Arc::from(sealed));
            }
        }
        Ok(found)
    }

    /// Stores small payloads whose keys were wrapped anew.
    pub async fn replace_small_payloads(&self, sealed: &[(PayloadId, Vec<u8>)]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (id, bytes) in sealed {
            query("UPDATE payload SET sealed = ? WHERE id = ? AND sealed IS NOT NULL")
                .bind(&bytes[..])
                .bind(id.0)
                .execute(&mut tx)
                .await
                .map_err(StoreError::at("replace a small payload"))?;
        }
        tx.commit().await.map_err(StoreError::at("replace small payloads"))
    }

    /// Those of these ids that no row has.
    pub async fn payloads_without_row(&self, ids: &[PayloadId]) -> Result<Vec<PayloadId>, StoreError> {
        let mut without = Vec::new();
        for some in ids.chunks(IDS_PER_QUERY) {
            let rows = query("SELECT id FROM payload WHERE id IN (SELECT value FROM list(?))")
                .bind(some.iter().map(|id| id.0).collect::<Vec<i64>>())
                .fetch_all(self.readers())
                .await
                .map_err(StoreError::at("look for payloads"))?;
            let known: Vec<PayloadId> = rows.iter().map(|row| PayloadId(row.get(0))).collect();
            without.extend(some.iter().filter(|id| !known.contains(id)));
        }
        Ok(without)
    }

    /// What a payload belongs to, for a person: each submission, batch, payer's file, letter and upload that names it.
    /// Looks through whole tables: for the few that a check finds at fault.
    pub async fn payload_owners(&self, id: PayloadId) -> Result<Vec<String>, StoreError> {
        let rows = query(
            "SELECT 1, id, partner FROM submission WHERE payload_id = ?
             UNION ALL SELECT 2, id, payer FROM batch WHERE payload_id = ?
             UNION ALL SELECT 3, id, partner FROM inbound WHERE payload_id = ?
             UNION ALL SELECT 4, id, partner FROM mail WHERE payload_id = ?
             UNION ALL SELECT 5, payload_id, partner FROM upload WHERE payload_id = ?
             ORDER BY 1, 2",
        )
        .bind(id.0)
        .bind(id.0)
        .bind(id.0)
        .bind(id.0)
        .bind(id.0)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look whose a payload is"))?;
        let owner = |row: &Row| {
            let (owner, partner): (PayloadId, String) = (PayloadId(row.get(1)), row.get(2));
            match row.get::<i64>(0) {
                1 => format!("submission {owner} of {partner}"),
                2 => format!("batch {owner} for {partner}"),
                3 => format!("file {owner} from {partner}"),
                4 => format!("mailbox file {owner} of {partner}"),
                _ => format!("an unfinished upload of {partner}"),
            }
        };
        Ok(rows.iter().map(owner).collect())
    }

    /// The batch whose file a payload is.
    pub async fn batch_of_payload(&self, id: PayloadId) -> Result<Option<BatchId>, StoreError> {
        let row = query("SELECT id FROM batch WHERE payload_id = ?")
            .bind(id.0)
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("look for a file's batch"))?;
        Ok(row.map(|row| BatchId(row.get(0))))
    }

    /// Stands for a small payload that is lost.
    #[cfg(test)]
    pub async fn lose_small_payload(&self, id: PayloadId) {
        let mut tx = self.begin().await.expect("the store of a test takes writes");
        query("UPDATE payload SET sealed = NULL WHERE id = ?")
            .bind(id.0)
            .execute(&mut tx)
            .await
            .expect("the store of a test takes writes");
        tx.commit().await.expect("the store of a test takes writes");
    }
}
