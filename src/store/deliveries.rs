//! Deliveries: what is due, sent, with support or waiting to be fetched. Their attempts stand in `attempts.rs`.

use super::batches::BatchState;
use super::events::{NewBatchEvent, add_batch_event};
use super::sql::{Row, Tx, query};
use super::{Store, StoreError};
use crate::domain::ClaimStatus;
use crate::domain::ids::{BatchId, DeliveryId, PayloadId};

/// The numbers are the store's and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    Due = 0,
    Sent = 1,
    WithSupport = 2,
    /// In the mailbox of a payer that fetches from us.
    WaitsToBeFetched = 3,
}

impl DeliveryState {
    pub const ALL: [DeliveryState; 4] =
        [DeliveryState::Due, DeliveryState::Sent, DeliveryState::WithSupport, DeliveryState::WaitsToBeFetched];

    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<DeliveryState> {
        DeliveryState::ALL.into_iter().find(|state| state.code() == code)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Due => "due",
            DeliveryState::Sent => "sent",
            DeliveryState::WithSupport => "with_support",
            DeliveryState::WaitsToBeFetched => "waits_to_be_fetched",
        }
    }
}

/// Whether an earlier attempt may have arrived. The numbers are the store's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubtful {
    No = 0,
    /// The next attempt looks before it does anything.
    MayHaveArrived = 1,
    /// It was looked for in vain and support was told: who gives it back wants it sent.
    ToldToSupport = 2,
}

impl Doubtful {
    fn from_code(code: i64) -> Option<Doubtful> {
        [Doubtful::No, Doubtful::MayHaveArrived, Doubtful::ToldToSupport]
            .into_iter()
            .find(|doubtful| *doubtful as i64 == code)
    }
}

#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub batch_id: BatchId,
    pub partner: String,
    pub payload_id: PayloadId,
    pub file_name: String,
    pub bytes: u64,
    pub state: DeliveryState,
    pub created_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub batch_id: BatchId,
    pub partner: String,
    pub payload_id: PayloadId,
    pub file_name: String,
    pub bytes: u64,
    pub state: DeliveryState,
    pub attempts: i64,
    pub doubtful: Doubtful,
    pub next_at: i64,
    pub created_at: i64,
    /// When its tries began: when it was created, or when support gave it back.
    pub since: i64,
    pub sent_at: Option<i64>,
    /// How the last attempt that ended did, as an operator reads it.
    pub last_detail: String,
}

/// No delivery waits longer for its next attempt. One that seems to was put off by a clock that has been put back since,
/// and is due.
pub const LONGEST_WAIT_MS: i64 = 86_400_000;

pub(super) const COLUMNS: &str =
    "d.id, d.batch_id, d.partner, d.payload_id, d.file_name, d.bytes, d.state, d.attempts, d.doubtful, d.next_at,
    d.created_at, d.since, d.sent_at, coalesce((SELECT a.detail FROM delivery_attempt a
        WHERE a.delivery_id = d.id AND a.finished_at IS NOT NULL ORDER BY a.attempt DESC LIMIT 1), '')";

impl Store {
    /// Reads what is due and not leased, in the order in which each payer shall get it.
    pub async fn deliveries_due(&self, now: i64, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery d WHERE d.state = 0 AND (d.next_at <= ?1 OR d.next_at > ?2)
             AND d.lease_until <= ?1 ORDER BY d.id LIMIT ?3"
        );
        let rows = query(sql)
            .bind(now)
            .bind(now.saturating_add(LONGEST_WAIT_MS))
            .bind(limit)
            .fetch_all(self.quick())
            .await
            .map_err(StoreError::at("find due deliveries"))?;
        rows.iter().map(delivery_from).collect()
    }

    /// Reads when the next delivery is due.
    pub async fn next_delivery(&self) -> Result<Option<i64>, StoreError> {
        query("SELECT min(greatest(next_at, lease_until)) FROM delivery WHERE state = 0")
            .fetch_one(self.quick())
            .await
            .map(|row| row.get(0))
            .map_err(StoreError::at("find the next delivery"))
    }

    /// The payer fetched the file of a batch from its mailbox for the first time; later times change nothing.
    pub async fn record_fetched(&self, event: &NewBatchEvent) -> Result<(), StoreError> {
        self.record_sent_from(&[DeliveryState::WaitsToBeFetched], event).await
    }

    /// The payer answered a batch whose delivery support has, or of which nobody saw that it was fetched.
    pub async fn record_answered(&self, event: &NewBatchEvent) -> Result<(), StoreError> {
        self.record_sent_from(&[DeliveryState::WithSupport, DeliveryState::WaitsToBeFetched], event).await
    }

    async fn record_sent_from(&self, states: &[DeliveryState], event: &NewBatchEvent) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let states: Vec<i64> = states.iter().map(|state| state.code()).collect();
        let row = query("SELECT id FROM delivery WHERE batch_id = ? AND state IN (SELECT value FROM list(?))")
            .bind(event.batch_id.0)
            .bind(states)
            .fetch_optional(&mut tx)
            .await
            .map_err(StoreError::at("record a delivery as sent"))?;
        if let Some(row) = row {
            make_sent(&mut tx, DeliveryId(row.get(0)), event).await?;
        }
        tx.commit().await.map_err(StoreError::at("record a delivery as sent"))
    }

    /// Reads whether the payer has answered the batch, which it can only when it has it.
    pub async fn batch_is_answered(&self, batch: BatchId) -> Result<bool, StoreError> {
        query("SELECT coalesce(ta1_at, n999_at, n277ca_at) IS NOT NULL FROM batch WHERE id = ?")
            .bind(batch.0)
            .fetch_one(self.readers())
            .await
            .map(|row| row.get(0))
            .map_err(StoreError::at("read whether a batch is answered"))
    }

    /// Reads the batches that the payer has answered although nobody saw it take them: those whose delivery support has and
    /// may have arrived, and those that wait in its mailbox.
    pub async fn unseen_and_answered(&self) -> Result<Vec<BatchId>, StoreError> {
        query(
            "SELECT b.id FROM delivery d JOIN batch b ON b.id = d.batch_id
             WHERE d.state = 2 AND d.doubtful > 0 AND coalesce(b.ta1_at, b.n999_at, b.n277ca_at) IS NOT NULL
             UNION ALL
             SELECT b.id FROM batch b JOIN delivery d ON d.batch_id = b.id
             WHERE b.state = 2 AND d.state = 3 AND (coalesce(b.ta1_at, b.n999_at, b.n277ca_at) IS NOT NULL
                 OR EXISTS (SELECT 1 FROM question q WHERE q.batch_id = b.id AND q.answered_at IS NOT NULL))",
        )
        .fetch_all(self.quick())
        .await
        .map(|rows| rows.iter().map(|row| BatchId(row.get(0))).collect())
        .map_err(StoreError::at("find doubtful deliveries that are answered"))
    }

    /// Makes a delivery that support has due at once, its tries counted anew; true when it was with support.
    pub async fn retry_delivery(&self, id: DeliveryId, event: &NewBatchEvent) -> Result<bool, StoreError> {
        let step = || StoreError::at("retry a delivery");
        let mut tx = self.begin().await?;
        let changed = query(
            "UPDATE delivery SET state = ?1, next_at = ?2, since = ?2, lease_until = 0 WHERE id = ?3 AND state = ?4",
        )
        .bind(DeliveryState::Due.code())
        .bind(event.at)
        .bind(id.0)
        .bind(DeliveryState::WithSupport.code())
        .execute(&mut tx)
        .await
        .map_err(step())?;
        if changed.rows_affected() != 1 {
            return Ok(false);
        }
        set_batch_state(&mut tx, event.batch_id, BatchState::Built).await?;
        add_batch_event(&mut tx, event).await?;
        clear_alarm(&mut tx, id, event.at).await?;
        tx.commit().await.map_err(step())?;
        Ok(true)
    }

    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM delivery d WHERE d.id = ?");
        let row =
            query(sql).bind(id.0).fetch_optional(self.quick()).await.map_err(StoreError::at("read a delivery"))?;
        row.as_ref().map(delivery_from).transpose()
    }

    /// Reads deliveries, newest first, before `before`; of one state and one payer when these are given.
    pub async fn deliveries(
        &self,
        state: Option<DeliveryState>,
        partner: Option<&str>,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery d WHERE d.id < ?1 AND (?2 IS NULL OR d.state = ?2) AND (?3 IS NULL OR d.partner = ?3)
             ORDER BY d.id DESC LIMIT ?4"
        );
        let rows = query(sql)
            .bind(before.map_or(i64::MAX, |id| id.0))
            .bind(state.map(DeliveryState::code))
            .bind(partner)
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list deliveries"))?;
        rows.iter().map(delivery_from).collect()
    }
}

pub(super) async fn add_delivery(tx: &mut Tx, new: &NewDelivery) -> Result<(), StoreError> {
    query(
        "INSERT INTO delivery (id, batch_id, partner, payload_id, file_name, bytes, state, next_at, created_at, since)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8)",
    )
    .bind(new.id.0)
    .bind(new.batch_id.0)
    .bind(&new.partner)
    .bind(new.payload_id.0)
    .bind(&new.file_name)
    .bind(i64::try_from(new.bytes).unwrap_or(i64::MAX))
    .bind(new.state.code())
    .bind(new.created_at)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("add a delivery"))?;
    Ok(())
}

pub(super) fn delivery_from(row: &Row) -> Result<Delivery, StoreError> {
    let id = DeliveryId(row.get(0));
    let state = DeliveryState::from_code(row.get(6))
        .ok_or_else(|| StoreError::Damaged { what: format!("the state of delivery {id}") })?;
    Ok(Delivery {
        id,
        batch_id: BatchId(row.get(1)),
        partner: row.get(2),
        payload_id: PayloadId(row.get(3)),
        file_name: row.get(4),
        bytes: u64::try_from(row.get::<i64>(5)).unwrap_or(0),
        state,
        attempts: row.get(7),
        doubtful: Doubtful::from_code(row.get(8))
            .ok_or_else(|| StoreError::Damaged { what: format!("the doubt about delivery {id}") })?,
        next_at: row.get(9),
        created_at: row.get(10),
        since: row.get(11),
        sent_at: row.get(12),
        last_detail: row.get(13),
    })
}

/// A payer may have answered before it was known here that it has the file: its answer stands.
pub(super) async fn make_sent(tx: &mut Tx, delivery: DeliveryId, event: &NewBatchEvent) -> Result<(), StoreError> {
    let step = || StoreError::at("record a delivery as sent");
    query("UPDATE delivery SET state = ?, sent_at = ?, lease_until = 0, doubtful = 0 WHERE id = ?")
        .bind(DeliveryState::Sent.code())
        .bind(event.at)
        .bind(delivery.0)
        .execute(&mut *tx)
        .await
        .map_err(step())?;
    query("UPDATE batch SET state = ?, sent_at = ?, claim_status = coalesce(claim_status, ?) WHERE id = ?")
        .bind(BatchState::Sent.code())
        .bind(event.at)
        .bind(ClaimStatus::Sent.code())
        .bind(event.batch_id.0)
        .execute(&mut *tx)
        .await
        .map_err(step())?;
    add_batch_event(tx, event).await?;
    clear_alarm(tx, delivery, event.at).await
}

pub(super) async fn set_batch_state(tx: &mut Tx, batch: BatchId, state: BatchState) -> Result<(), StoreError> {
    query("UPDATE batch SET state = ? WHERE id = ?")
        .bind(state.code())
        .bind(batch.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("change a batch's state"))?;
    Ok(())
}

async fn clear_alarm(tx: &mut Tx, delivery: DeliveryId, now: i64) -> Result<(), StoreError> {
    query("UPDATE alarm SET cleared_at = ? WHERE kind = 'delivery' AND subject = ? AND cleared_at IS NULL")
        .bind(now)
        .bind(delivery.to_string())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("clear an alarm on a delivery"))?;
    Ok(())
}
