//! Attempts to deliver: leases, the row that is committed before anything is sent, and how it ended. One that
//! never came back is seen by its row and looked into.

use super::batches::BatchState;
use super::deliveries::{
    COLUMNS, Delivery, DeliveryState, Doubtful, LONGEST_WAIT_MS, delivery_from, make_sent, set_batch_state,
};
use super::events::{NewBatchEvent, add_batch_event};
use super::sql::{Row, Tx, query};
use super::{Store, StoreError};
use crate::domain::ids::{AlarmId, DeliveryId};

/// A delivery that this gateway alone may work on until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub delivery: Delivery,
    /// Number of the attempt that begins now, from 1.
    pub attempt: i64,
    /// Which try it is since `delivery.since`, from 1.
    pub try_number: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub attempt: i64,
    pub started_at: i64,
    pub finished_at: Option<i64>,
    /// `sent`, `found`, `retry`, `look`, `support`; while it runs empty, then `handing` once the payer may have it.
    pub outcome: String,
    pub detail: String,
}

/// An attempt that failed and will be repeated.
#[derive(Clone, Debug)]
pub struct Failure {
    pub next_at: i64,
    pub doubtful: Doubtful,
    pub reach: Reach,
    pub detail: String,
}

/// Which deliveries wait after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    ThisDelivery,
    /// All that are due to the same payer: they would fail alike, and keep their order so.
    ThisPayer,
}

/// What an attempt is noted as that the gateway did not live to see the end of.
const CUT_OFF: &str = "the gateway stopped before this attempt ended";
/// And one that was under way when it became known that an earlier one had arrived.
const OVERTAKEN: &str = "an earlier attempt had arrived, which was recorded meanwhile";

impl Store {
    /// Leases a delivery and writes the attempt that begins. `None` when it is no longer due or another works
    /// on it. An earlier attempt that never ended
    /// makes it doubtful if the payer may have got the file in it.
    pub async fn take_delivery(
        &self,
        id: DeliveryId,
        node: u8,
        now: i64,
        lease_until: i64,
    ) -> Result<Option<Taken>, StoreError> {
        let step = || StoreError::at("take a delivery");
        let mut tx = self.begin().await?;
        let leased = query(
            "UPDATE delivery SET lease_until = ?1, lease_node = ?4, attempts = attempts + 1,
                 doubtful = CASE WHEN EXISTS (SELECT 1 FROM delivery_attempt a
                     WHERE a.delivery_id = delivery.id AND a.finished_at IS NULL AND a.outcome = 'handing') THEN 1 ELSE doubtful END
             WHERE id = ?2 AND state = 0 AND (next_at <= ?3 OR next_at > ?5) AND lease_until <= ?3",
        )
        .bind(lease_until)
        .bind(id.0)
        .bind(now)
        .bind(node)
        .bind(now.saturating_add(LONGEST_WAIT_MS))
        .execute(&mut tx)
        .await
        .map_err(step())?;
        if leased.rows_affected() != 1 {
            return Ok(None);
        }
        query("UPDATE delivery_attempt SET finished_at = ?, outcome = 'look', detail = ? WHERE delivery_id = ? AND finished_at IS NULL")
            .bind(now)
            .bind(CUT_OFF)
            .bind(id.0)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        let sql = format!(
            "SELECT {COLUMNS}, (SELECT count(*) FROM delivery_attempt a WHERE a.delivery_id = d.id AND a.started_at >= d.since)
             FROM delivery d WHERE d.id = ?"
        );
        let row = query(sql).bind(id.0).fetch_one(&mut tx).await.map_err(step())?;
        let delivery = delivery_from(&row)?;
        let attempt = delivery.attempts;
        query("INSERT INTO delivery_attempt (delivery_id, attempt, started_at) VALUES (?, ?, ?)")
            .bind(id.0)
            .bind(attempt)
            .bind(now)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(Some(Taken { delivery, attempt, try_number: row.get::<i64>(14) + 1 }))
    }

    /// Ends the lease of a delivery that was taken without the taker's knowing: nothing was sent.
    pub async fn give_delivery_back(&self, id: DeliveryId, node: u8, lease_until: i64) -> Result<(), StoreError> {
        let mut tx = self.begin_beside().await?;
        query("UPDATE delivery SET lease_until = 0 WHERE id = ? AND state = 0 AND lease_node = ? AND lease_until = ?")
            .bind(id.0)
            .bind(node)
            .bind(lease_until)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("give a delivery back"))?;
        tx.commit().await.map_err(StoreError::at("give a delivery back"))
    }

    /// From now on the payer may have the file, whatever happens to this attempt.
    pub async fn begin_second_half(&self, taken: &Taken) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        must_be_under_way(&mut tx, taken).await?;
        query("UPDATE delivery_attempt SET outcome = 'handing' WHERE delivery_id = ? AND attempt = ?")
            .bind(taken.delivery.id.0)
            .bind(taken.attempt)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("begin the second half of an attempt"))?;
        tx.commit().await.map_err(StoreError::at("begin the second half of an attempt"))
    }

    /// Keeps a delivery that is still being sent.
    pub async fn extend_lease(&self, taken: &Taken, lease_until: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        must_be_under_way(&mut tx, taken).await?;
        query("UPDATE delivery SET lease_until = ? WHERE id = ?")
            .bind(lease_until)
            .bind(taken.delivery.id.0)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("keep a delivery"))?;
        tx.commit().await.map_err(StoreError::at("keep a delivery"))
    }

    /// The file is at the payer: the delivery, its batch and with it all its claims are sent. So it is also where another node
    /// took this attempt for cut off meanwhile and looks into it, or told support: what arrived has arrived. Of that node's
    /// own attempt nothing is changed. Recorded again, it changes nothing.
    pub async fn record_sent(
        &self,
        taken: &Taken,
        outcome: &'static str,
        detail: &str,
        event: &NewBatchEvent,
    ) -> Result<(), StoreError> {
        let step = || StoreError::at("record a delivery as sent");
        let mut tx = self.begin().await?;
        let learned = query(
            "UPDATE delivery_attempt SET finished_at = ?, outcome = ?, detail = ?
             WHERE delivery_id = ? AND attempt = ? AND outcome NOT IN ('sent', 'found')",
        )
        .bind(event.at)
        .bind(outcome)
        .bind(detail)
        .bind(taken.delivery.id.0)
        .bind(taken.attempt)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        if learned.rows_affected() == 1 && !is_sent(&mut tx, taken).await? {
            make_sent(&mut tx, taken.delivery.id, event).await?;
        }
        tx.commit().await.map_err(step())
    }

    /// Ends an attempt that is no longer its delivery's. When the delivery is sent, an earlier attempt has arrived, and this
    /// one is over; when it is not, another looks into this one. Says whether it is sent.
    pub async fn end_overtaken(&self, taken: &Taken, now: i64) -> Result<bool, StoreError> {
        let step = || StoreError::at("end an attempt that was overtaken");
        let mut tx = self.begin().await?;
        let sent = is_sent(&mut tx, taken).await?;
        if sent {
            query(
                "UPDATE delivery_attempt SET finished_at = ?, outcome = 'found', detail = ?
                 WHERE delivery_id = ? AND attempt = ? AND finished_at IS NULL",
            )
            .bind(now)
            .bind(OVERTAKEN)
            .bind(taken.delivery.id.0)
            .bind(taken.attempt)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        }
        tx.commit().await.map_err(step())?;
        Ok(sent)
    }

    /// The attempt failed; the delivery is due again later.
    pub async fn record_failed(&self, taken: &Taken, failure: &Failure, now: i64) -> Result<(), StoreError> {
        let step = || StoreError::at("record a failed attempt");
        let mut tx = self.begin().await?;
        let outcome = match failure.doubtful {
            Doubtful::MayHaveArrived => "look",
            Doubtful::No | Doubtful::ToldToSupport => "retry",
        };
        finish_attempt(&mut tx, taken, now, outcome, &failure.detail).await?;
        query("UPDATE delivery SET next_at = ?, lease_until = 0, doubtful = ? WHERE id = ? AND state = 0")
            .bind(failure.next_at)
            .bind(failure.doubtful as i64)
            .bind(taken.delivery.id.0)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        match failure.reach {
            Reach::ThisDelivery => {}
            Reach::ThisPayer => {
                query("UPDATE delivery SET next_at = greatest(next_at, ?) WHERE state = 0 AND partner = ?")
                    .bind(failure.next_at)
                    .bind(&taken.delivery.partner)
                    .execute(&mut tx)
                    .await
                    .map_err(step())?;
            }
        }
        tx.commit().await.map_err(step())
    }

    /// Repeating cannot help, or was tried long enough: support gets the delivery and its batch, and an alarm
    /// stands until it is sent or given back. `event.text` says why.
    pub async fn record_given_up(
        &self,
        taken: &Taken,
        doubtful: Doubtful,
        alarm: AlarmId,
        event: &NewBatchEvent,
    ) -> Result<(), StoreError> {
        let step = || StoreError::at("hand a delivery to support");
        let mut tx = self.begin().await?;
        finish_attempt(&mut tx, taken, event.at, "support", &event.text).await?;
        query("UPDATE delivery SET state = ?, lease_until = 0, doubtful = ? WHERE id = ?")
            .bind(DeliveryState::WithSupport.code())
            .bind(doubtful as i64)
            .bind(taken.delivery.id.0)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        set_batch_state(&mut tx, event.batch_id, BatchState::WithSupport).await?;
        add_batch_event(&mut tx, event).await?;
        query(
            "INSERT INTO alarm (id, kind, subject, text, raised_at) VALUES (?, 'delivery', ?, ?, ?)
             ON CONFLICT (kind, subject) WHERE cleared_at IS NULL DO UPDATE SET text = excluded.text",
        )
        .bind(alarm.0)
        .bind(taken.delivery.id.to_string())
        .bind(format!("{} to {}: {}", taken.delivery.file_name, taken.delivery.partner, event.text))
        .bind(event.at)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        tx.commit().await.map_err(step())
    }

    /// Reads the attempts of a delivery, oldest first.
    pub async fn delivery_attempts(&self, id: DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        let rows = query(
            "SELECT attempt, started_at, finished_at, outcome, detail FROM delivery_attempt WHERE delivery_id = ? ORDER BY attempt",
        )
        .bind(id.0)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("list the attempts of a delivery"))?;
        let attempt = |row: &Row| Attempt {
            attempt: row.get(0),
            started_at: row.get(1),
            finished_at: row.get(2),
            outcome: row.get(3),
            detail: row.get(4),
        };
        Ok(rows.iter().map(attempt).collect())
    }
}

/// Ends the transaction of a node whose attempt another took for cut off, or whose delivery is known to have arrived: how it
/// failed is the other's to find out, and must not undo what the other did.
async fn must_be_under_way(tx: &mut Tx, taken: &Taken) -> Result<(), StoreError> {
    let row = query("SELECT 1 FROM delivery WHERE id = ? AND state = 0 AND attempts = ?")
        .bind(taken.delivery.id.0)
        .bind(taken.attempt)
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::at("see whether an attempt is still under way"))?;
    match row {
        Some(_) => Ok(()),
        None => Err(StoreError::Lost { work: format!("delivery {}, attempt {}", taken.delivery.id, taken.attempt) }),
    }
}

/// Whether the file is known to have arrived.
async fn is_sent(tx: &mut Tx, taken: &Taken) -> Result<bool, StoreError> {
    let row = query("SELECT state FROM delivery WHERE id = ?")
        .bind(taken.delivery.id.0)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::at("see whether a delivery is sent"))?;
    Ok(row.get::<i64>(0) == DeliveryState::Sent.code())
}

/// The end of an attempt that is still the delivery's.
async fn finish_attempt(
    tx: &mut Tx,
    taken: &Taken,
    now: i64,
    outcome: &'static str,
    detail: &str,
) -> Result<(), StoreError> {
    must_be_under_way(tx, taken).await?;
    query("UPDATE delivery_attempt SET finished_at = ?, outcome = ?, detail = ? WHERE delivery_id = ? AND attempt = ?")
        .bind(now)
        .bind(outcome)
        .bind(detail)
        .bind(taken.delivery.id.0)
        .bind(taken.attempt)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("record the end of an attempt"))?;
    Ok(())
}
