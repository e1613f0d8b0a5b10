//! Alarms: what is overdue or stuck. An alarm stands once for its subject, and is cleared when its cause is gone.

use std::collections::BTreeMap;

use sqlx::Row;

use super::{Store, StoreError};
use crate::domain::ids::{AlarmId, BatchId};

/// What an alarm is about: its kind, and an id or a partner's name.
pub type AlarmKey = (String, String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    pub id: AlarmId,
    pub kind: String,
    pub subject: String,
    pub text: String,
    pub raised_at: i64,
    pub cleared_at: Option<i64>,
}

/// What a call of [`Store::set_alarms`] changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmChange {
    pub raised: Vec<AlarmKey>,
    pub cleared: Vec<AlarmKey>,
}

/// An answer to a batch, as a column of `batch` tells whether it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    Ta1,
    Ack999,
    Ack277ca,
    /// Asked of the claims: the batch is answered when none of them waits.
    Remit835,
}

impl Store {
    /// Batches of a payer that were sent before `sent_before` and still wait for this answer.
    pub async fn batches_without(
        &self,
        payer: &str,
        awaited: Awaited,
        sent_before: i64,
    ) -> Result<Vec<(BatchId, i64)>, StoreError> {
        let sql = match awaited {
            Awaited::Ta1 => {
                "SELECT id, sent_at FROM batch b WHERE payer = ? AND state = 3 AND sent_at < ? AND ta1_at IS NULL"
            }
            Awaited::Ack999 => {
                "SELECT id, sent_at FROM batch b WHERE payer = ? AND state = 3 AND sent_at < ? AND n999_at IS NULL
                 AND coalesce(claim_status, 4) <> 6"
            }
            Awaited::Ack277ca => {
                "SELECT id, sent_at FROM batch b WHERE payer = ? AND state = 3 AND sent_at < ? AND n277ca_at IS NULL
                 AND coalesce(claim_status, 4) <> 6"
            }
            Awaited::Remit835 => {
                "SELECT id, sent_at FROM batch b WHERE payer = ? AND state = 3 AND sent_at < ?
                 AND coalesce(claim_status, 4) <> 6
                 AND EXISTS (SELECT 1 FROM claim c WHERE c.batch_id = b.id AND c.status IN (2, 3, 4, 5, 7, 8))"
            }
        };
        let rows = sqlx::query(sql)
            .bind(payer)
            .bind(sent_before)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("look for silent payers"))?;
        Ok(rows.iter().map(|row| (BatchId(row.get(0)), row.get(1))).collect())
    }

    /// Makes exactly these alarms stand: raises the new ones, clears those that are not among them.
    pub async fn set_alarms(
        &self,
        standing: &BTreeMap<AlarmKey, String>,
        now_ms: i64,
        mut new_id: impl FnMut() -> AlarmId,
    ) -> Result<AlarmChange, StoreError> {
        let step = || StoreError::at("set alarms");
        let mut tx = self.begin().await?;
        let rows = sqlx::query("SELECT kind, subject FROM alarm WHERE cleared_at IS NULL")
            .fetch_all(&mut *tx)
            .await
            .map_err(step())?;
        let before: Vec<AlarmKey> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let mut change = AlarmChange::default();
        for key in before.iter().filter(|key| !standing.contains_key(*key)) {
            sqlx::query("UPDATE alarm SET cleared_at = ? WHERE kind = ? AND subject = ? AND cleared_at IS NULL")
                .bind(now_ms)
                .bind(&key.0)
                .bind(&key.1)
                .execute(&mut *tx)
                .await
                .map_err(step())?;
            change.cleared.push(key.clone());
        }
        for (key, text) in standing.iter().filter(|(key, _)| !before.contains(key)) {
            sqlx::query("INSERT INTO alarm (id, kind, subject, text, raised_at) VALUES (?, ?, ?, ?, ?)")
                .bind(new_id().0)
                .bind(&key.0)
                .bind(&key.1)
                .bind(text)
                .bind(now_ms)
                .execute(&mut *tx)
                .await
                .map_err(step())?;
            change.raised.push(key.clone());
        }
        tx.commit().await.map_err(step())?;
        Ok(change)
    }

    /// Alarms that stand, newest first.
    pub async fn standing_alarms(&self) -> Result<Vec<AlarmRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, kind, subject, text, raised_at, cleared_at FROM alarm WHERE cleared_at IS NULL ORDER BY id DESC",
        )
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("list alarms"))?;
        Ok(rows
            .iter()
            .map(|row| AlarmRow {
                id: AlarmId(row.get(0)),
                kind: row.get(1),
                subject: row.get(2),
                text: row.get(3),
                raised_at: row.get(4),
                cleared_at: row.get(5),
            })
            .collect())
    }
}
