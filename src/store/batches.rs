//! Batches: windows closed, claims read for the file, the file and its delivery recorded, or the batch handed
//! to support.

use super::deliveries::{NewDelivery, add_delivery};
use super::events::{NewBatchEvent, add_batch_event};
use super::mail::{MailKind, NewMail, Shelf, put_mail};
use super::payload_rows::add_payload;
use super::sql::{QueryBuilder, Row, Tx, query};
use super::{Sealed, Store, StoreError};
use crate::domain::clock::SLACK_MS;
use crate::domain::ids::{BatchId, ClaimId, ExceptionId, MailId, PayloadId, SubmissionId};
use crate::domain::{Cents, ClaimKind};

/// The numbers are the store's and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchState {
    /// Takes claims until its window closes.
    Open = 0,
    /// Takes no more; its file is to be built.
    Closed = 1,
    /// Its file is on its way.
    Built = 2,
    Sent = 3,
    /// Could not be built, or not be delivered.
    WithSupport = 4,
}

impl BatchState {
    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<BatchState> {
        [BatchState::Open, BatchState::Closed, BatchState::Built, BatchState::Sent, BatchState::WithSupport]
            .into_iter()
            .find(|state| state.code() == code)
    }
}

/// What building needs to know of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub id: BatchId,
    pub payer: String,
    pub kind: ClaimKind,
    /// BHT06.
    pub purpose: String,
    pub claims: i64,
    pub charge: Cents,
}

/// A stretch of a submission's payload; no bytes: there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Range {
    pub offset: u64,
    pub bytes: u64,
}

impl Range {
    pub fn is_empty(self) -> bool {
        self.bytes == 0
    }
}

/// A claim of a batch and where its segments stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchClaim {
    pub id: ClaimId,
    pub submission_id: SubmissionId,
    pub payload_id: PayloadId,
    /// How many interchanges its submission holds.
    pub interchanges: i64,
    pub charge: Cents,
    pub provider: Range,
    pub subscriber: Range,
    /// Empty when the subscriber is the patient.
    pub patient: Range,
    pub claim: Range,
}

/// One ST..SE of a batch's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTransaction {
    pub st02: String,
    pub bht03: String,
    pub first_claim: ClaimId,
    pub last_claim: ClaimId,
    pub claims: i64,
    pub charge: Cents,
}

/// A batch whose file is sealed and checked.
#[derive(Clone, Debug)]
pub struct BuiltBatch {
    pub id: BatchId,
    pub payer: String,
    pub isa13: String,
    pub gs06: String,
    pub file: Sealed,
    pub file_name: String,
    pub transactions: Vec<BatchTransaction>,
    pub delivery: NewDelivery,
    /// Set for a payer that fetches from us: the file waits in its mailbox.
    pub mail: Option<MailId>,
    pub event: NewBatchEvent,
}

/// Rows of one statement: 7 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 4_000;

impl Store {
    /// Reads the open batches whose window is over, or was opened by a clock that has been put back since: nobody knows
    /// when such a window would end.
    pub async fn batches_to_close(&self, now: i64, limit: u32) -> Result<Vec<BatchId>, StoreError> {
        query("SELECT id FROM batch WHERE state = 0 AND (release_at <= ?1 OR opened_at > ?2) ORDER BY id LIMIT ?3")
            .bind(now)
            .bind(now.saturating_add(SLACK_MS))
            .bind(limit)
            .fetch_all(self.quick())
            .await
            .map(|rows| rows.iter().map(|row| BatchId(row.get(0))).collect())
            .map_err(StoreError::at("find batches to close"))
    }

    /// Reads the batches of a state, oldest first.
    pub async fn batches_in(&self, state: BatchState) -> Result<Vec<BatchId>, StoreError> {
        query("SELECT id FROM batch WHERE state = ? ORDER BY id")
            .bind(state.code())
            .fetch_all(self.readers())
            .await
            .map(|rows| rows.iter().map(|row| BatchId(row.get(0))).collect())
            .map_err(StoreError::at("list batches"))
    }

    /// Reads when the next window closes.
    pub async fn next_release(&self) -> Result<Option<i64>, StoreError> {
        query("SELECT min(release_at) FROM batch WHERE state = 0")
            .fetch_one(self.quick())
            .await
            .map(|row| row.get(0))
            .map_err(StoreError::at("find the next release"))
    }

    /// Reads when the first open window that has claims of the submission closes, `now` when it is over already;
    /// `None` when none of them is in an open window.
    pub async fn next_release_for(&self, submission: SubmissionId, now: i64) -> Result<Option<i64>, StoreError> {
        let row = query(
            "SELECT min(b.release_at) FROM batch b WHERE b.state = 0
               AND b.id IN (SELECT c.batch_id FROM claim c WHERE c.submission_id = ?)",
        )
        .bind(submission.0)
        .fetch_one(self.quick())
        .await
        .map_err(StoreError::at("find a submission's next release"))?;
        Ok(row.get::<Option<i64>>(0).map(|at| at.max(now)))
    }

    /// Ends the open windows, of one payer or of all, at `now`; says how many. A gateway that runs closes
    /// them at its next look.
    pub async fn release_batches(&self, payer: Option<&str>, now: i64) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let done =
            query("UPDATE batch SET release_at = least(release_at, ?1) WHERE state = 0 AND (?2 IS NULL OR payer = ?2)")
                .bind(now)
                .bind(payer)
                .execute(&mut tx)
                .await
                .map_err(StoreError::at("release batches"))?;
        tx.commit().await.map_err(StoreError::at("release batches"))?;
        Ok(done.rows_affected())
    }

    /// No more claims go into the batch. Nothing happens when it is closed already.
    pub async fn close_batch(&self, event: &NewBatchEvent) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let closed = query("UPDATE batch SET state = ?, closed_at = ? WHERE id = ? AND state = ?")
            .bind(BatchState::Closed.code())
            .bind(event.at)
            .bind(event.batch_id.0)
            .bind(BatchState::Open.code())
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("close a batch"))?;
        if closed.rows_affected() == 1 {
            add_batch_event(&mut tx, event).await?;
        }
        tx.commit().await.map_err(StoreError::at("close a batch"))
    }

    /// Reads the closed batches whose file is missing, oldest first.
    pub async fn batches_to_build(&self, limit: u32) -> Result<Vec<Batch>, StoreError> {
        let rows =
            query("SELECT id, payer, kind, purpose, claims, charge FROM batch WHERE state IN (0, 1, 2) AND state = 1 ORDER BY id LIMIT ?")
                .bind(limit)
                .fetch_all(self.quick())
                .await
                .map_err(StoreError::at("find batches to build"))?;
        rows.iter().map(batch).collect()
    }

    /// Reads the batch's claims with ids after `after`, in the order of their ids.
    pub async fn batch_claims(
        &self,
        batch: BatchId,
        after: Option<ClaimId>,
        limit: u32,
    ) -> Result<Vec<BatchClaim>, StoreError> {
        let rows = query(
            "SELECT c.id, c.submission_id, s.payload_id, c.charge, c.provider_offset, c.provider_bytes, c.subscriber_offset,
                    c.subscriber_bytes, c.patient_offset, c.patient_bytes, c.claim_offset, c.claim_bytes,
                    (SELECT count(*) FROM interchange i WHERE i.submission_id = s.id)
             FROM claim c JOIN submission s ON s.id = c.submission_id
             WHERE c.batch_id = ? AND c.id > ? ORDER BY c.id LIMIT ?",
        )
        .bind(batch.0)
        .bind(after.map_or(i64::MIN, |id| id.0))
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read a batch's claims"))?;
        rows.iter().map(batch_claim).collect()
    }

    /// Reads which file the batch became; `None` while there is none.
    pub async fn batch_payload(&self, batch: BatchId) -> Result<Option<PayloadId>, StoreError> {
        let row = query("SELECT payload_id FROM batch WHERE id = ?")
            .bind(batch.0)
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("read a batch's file"))?;
        Ok(row.and_then(|row| row.get::<Option<i64>>(0)).map(PayloadId))
    }

    /// Reads whether the batch still waits for its file.
    pub async fn batch_waits(&self, batch: BatchId) -> Result<bool, StoreError> {
        let row = query("SELECT 1 FROM batch WHERE id = ? AND state = ?")
            .bind(batch.0)
            .bind(BatchState::Closed.code())
            .fetch_optional(self.quick())
            .await
            .map_err(StoreError::at("see whether a batch waits for its file"))?;
        Ok(row.is_some())
    }

    /// Records the file, its transactions and its delivery; the batch is built. False, and nothing happens, when it is
    /// no longer waiting to be built.
    pub async fn record_built(&self, built: &BuiltBatch) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = query(
            "UPDATE batch SET state = ?, isa13 = ?, gs06 = ?, payload_id = ?, file_name = ? WHERE id = ? AND state = ?",
        )
        .bind(BatchState::Built.code())
        .bind(&built.isa13)
        .bind(&built.gs06)
        .bind(built.file.id.0)
        .bind(&built.file_name)
        .bind(built.id.0)
        .bind(BatchState::Closed.code())
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("record a built batch"))?;
        if changed.rows_affected() != 1 {
            return Ok(false);
        }
        add_payload(&mut tx, &built.file, built.event.at).await?;
        add_transactions(&mut tx, built).await?;
        add_batch_event(&mut tx, &built.event).await?;
        add_delivery(&mut tx, &built.delivery).await?;
        if let Some(mail) = built.mail {
            put_mail(&mut tx, &mail_of(built, mail)).await?;
        }
        tx.commit().await.map_err(StoreError::at("record a built batch"))?;
        Ok(true)
    }

    /// Hands a batch that cannot be built to support, with an exception of kind `batch` that says why.
    pub async fn batch_to_support(
        &self,
        payer: &str,
        exception: ExceptionId,
        event: &NewBatchEvent,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let changed = query("UPDATE batch SET state = ? WHERE id = ? AND state = ?")
            .bind(BatchState::WithSupport.code())
            .bind(event.batch_id.0)
            .bind(BatchState::Closed.code())
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("hand a batch to support"))?;
        if changed.rows_affected() != 1 {
            return Ok(());
        }
        add_batch_event(&mut tx, event).await?;
        query(
            "INSERT INTO exception (id, inbound_id, payer, kind, raised_at, state, reason, response, origin)
             VALUES (?, 0, ?, 'batch', ?, 0, ?, ?, ?)
             ON CONFLICT (origin) WHERE origin IS NOT NULL DO UPDATE SET state = 0, reason = excluded.reason",
        )
        .bind(exception.0)
        .bind(payer)
        .bind(event.at)
        .bind(&event.text)
        .bind(serde_json::json!({ "batch_id": event.batch_id }).to_string())
        .bind(batch_origin(event.batch_id))
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("raise an exception on a batch"))?;
        tx.commit().await.map_err(StoreError::at("hand a batch to support"))
    }

    /// Lets a batch that could not be built be built again; true when it was with support for that.
    pub async fn rebuild_batch(&self, event: &NewBatchEvent, by: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = query("UPDATE batch SET state = ? WHERE id = ? AND state = ? AND payload_id IS NULL")
            .bind(BatchState::Closed.code())
            .bind(event.batch_id.0)
            .bind(BatchState::WithSupport.code())
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("build a batch again"))?;
        if changed.rows_affected() != 1 {
            return Ok(false);
        }
        add_batch_event(&mut tx, event).await?;
        query("UPDATE exception SET state = 1, resolved_by = ?, resolved_at = ? WHERE origin = ? AND state = 0")
            .bind(by)
            .bind(event.at)
            .bind(batch_origin(event.batch_id))
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("settle an exception on a batch"))?;
        tx.commit().await.map_err(StoreError::at("build a batch again"))?;
        Ok(true)
    }
}

fn batch_origin(batch: BatchId) -> String {
    format!("batch:{batch}")
}

fn batch(row: &Row) -> Result<Batch, StoreError> {
    let kind: String = row.get(2);
    Ok(Batch {
        id: BatchId(row.get(0)),
        payer: row.get(1),
        kind: kind.parse().map_err(|what| StoreError::Damaged { what })?,
        purpose: row.get(3),
        claims: row.get(4),
        charge: Cents(row.get(5)),
    })
}

fn batch_claim(row: &Row) -> Result<BatchClaim, StoreError> {
    let id = ClaimId(row.get(0));
    let place = |column: usize| {
        u64::try_from(row.get::<i64>(column))
            .map_err(|_| StoreError::Damaged { what: format!("claim {id}: a place before the file's start") })
    };
    let range = |column: usize| Ok::<_, StoreError>(Range { offset: place(column)?, bytes: place(column + 1)? });
    Ok(BatchClaim {
        id,
        submission_id: SubmissionId(row.get(1)),
        payload_id: PayloadId(row.get(2)),
        interchanges: row.get(12),
        charge: Cents(row.get(3)),
        provider: range(4)?,
        subscriber: range(6)?,
        patient: range(8)?,
        claim: range(10)?,
    })
}

async fn add_transactions(tx: &mut Tx, built: &BuiltBatch) -> Result<(), StoreError> {
    for part in built.transactions.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO batch_transaction (batch_id, st02, bht03, first_claim_id, last_claim_id, claims, charge) ",
        );
        insert.push_values(part, |row, transaction| {
            row.push_bind(built.id.0)
                .push_bind(&transaction.st02)
                .push_bind(&transaction.bht03)
                .push_bind(transaction.first_claim.0)
                .push_bind(transaction.last_claim.0)
                .push_bind(transaction.claims)
                .push_bind(transaction.charge.0);
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("record a batch's transactions"))?;
    }
    Ok(())
}

/// The payer's own copy, fetched from our server: the delivery waits until then.
fn mail_of(built: &BuiltBatch, id: MailId) -> NewMail {
    NewMail {
        id,
        partner: built.payer.clone(),
        kind: MailKind::Claims837,
        file_name: built.file_name.clone(),
        payload: built.file.clone(),
        created_at: built.event.at,
        submission_id: None,
        inbound_id: None,
        origin: batch_origin(built.id),
        shelf: Shelf::Mailbox,
        remittances: Vec::new(),
    }
}
