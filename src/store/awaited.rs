//! Answers that wait for their claim: the numbers by which each would know it, and the batches that were sent since.
//! A batch is compared once with all that waits, whatever the number of either.

use super::exceptions::NewException;
use super::sql::{QueryBuilder, Tx, query};
use super::{Store, StoreError};
use crate::domain::Phi;
use crate::domain::ids::{BatchId, ClaimId, ExceptionId};

/// Rows of one statement: 2 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 10_000;

/// A batch whose claims were not yet compared with the answers that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntriedBatch {
    pub id: BatchId,
    pub payer: String,
}

/// The numbers of a claim by which an answer may look for it.
#[derive(Clone, Debug)]
pub struct ClaimNumbers {
    pub id: ClaimId,
    pub patient_control_number: Phi<String>,
    pub member_id: Phi<String>,
}

impl Store {
    /// The oldest batches that were built and not tried.
    pub async fn untried_batches(&self, limit: u32) -> Result<Vec<UntriedBatch>, StoreError> {
        let rows =
            query("SELECT id, payer FROM batch WHERE isa13 IS NOT NULL AND tried_at IS NULL ORDER BY id LIMIT ?")
                .bind(i64::from(limit))
                .fetch_all(self.readers())
                .await
                .map_err(StoreError::at("find batches that answers may wait for"))?;
        Ok(rows.iter().map(|row| UntriedBatch { id: BatchId(row.get(0)), payer: row.get(1) }).collect())
    }

    /// Claims of a batch with ids after `after`, in their order.
    pub async fn claim_numbers_of_batch(
        &self,
        batch: BatchId,
        after: ClaimId,
        limit: u32,
    ) -> Result<Vec<ClaimNumbers>, StoreError> {
        let rows = query(
            "SELECT id, patient_control_number, member_id FROM claim
             WHERE batch_id = ? AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(batch.0)
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read the numbers of a batch's claims"))?;
        let numbers = |row: &super::sql::Row| ClaimNumbers {
            id: ClaimId(row.get(0)),
            patient_control_number: Phi::new(row.get(1)),
            member_id: Phi::new(row.get(2)),
        };
        Ok(rows.iter().map(numbers).collect())
    }

    /// True when any answer waits for its claim.
    pub async fn is_anything_awaited(&self) -> Result<bool, StoreError> {
        let row = query("SELECT 1 FROM awaited LIMIT 1").fetch_optional(self.readers()).await;
        Ok(row.map_err(StoreError::at("look for answers that wait"))?.is_some())
    }

    /// Answers that wait for one of these numbers.
    pub async fn awaiting(&self, keys: Vec<String>) -> Result<Vec<ExceptionId>, StoreError> {
        let rows = query("SELECT DISTINCT exception_id FROM awaited WHERE key IN (SELECT value FROM list(?))")
            .bind(keys)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("find answers that wait for a claim"))?;
        Ok(rows.iter().map(|row| ExceptionId(row.get(0))).collect())
    }

    pub async fn mark_batch_tried(&self, batch: BatchId, at: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query("UPDATE batch SET tried_at = ? WHERE id = ?")
            .bind(at)
            .bind(batch.0)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("mark a batch as tried"))?;
        tx.commit().await.map_err(StoreError::at("mark a batch as tried"))
    }
}

/// Writes what new exceptions wait for. Their answers looked for claims at some time after `since`; a batch that was
/// tried in the meantime is tried again, as neither saw the other.
pub(super) async fn add_awaited(tx: &mut Tx, exceptions: &[NewException], since: i64) -> Result<(), StoreError> {
    let rows: Vec<(&str, i64)> =
        exceptions.iter().flat_map(|one| one.awaits.iter().map(|key| (key.as_str(), one.id.0))).collect();
    for part in rows.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new("INSERT INTO awaited (key, exception_id) ");
        insert.push_values(part, |row, (key, id)| {
            row.push_bind(*key).push_bind(*id);
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("note what answers wait for"))?;
    }
    if let Some(first) = exceptions.iter().find(|one| !one.awaits.is_empty()) {
        query("UPDATE batch SET tried_at = NULL WHERE payer = ? AND tried_at >= ?")
            .bind(&first.payer)
            .bind(since)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::at("try a batch again"))?;
    }
    Ok(())
}

/// It waits no more: a person or a late claim ended it.
pub(super) async fn forget_awaited(tx: &mut Tx, id: ExceptionId) -> Result<(), StoreError> {
    let gone = query("DELETE FROM awaited WHERE exception_id = ?").bind(id.0).execute(&mut *tx).await;
    gone.map_err(StoreError::at("forget what an answer waited for"))?;
    Ok(())
}
