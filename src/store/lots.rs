//! Lots: the accepted claims of one large file that go to one payer. They are stored as members of a batch of their own,
//! which is opened when their submission is routed: then no claim is touched again. Until then the lot says how
//! many they are.

use super::batches::BatchState;
use super::events::{NewBatchEvent, add_batch_event};
use super::routes::Unplaced;
use super::sql::{Row, Tx, query};
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, EventId, SubmissionId};
use crate::domain::{Cents, ClaimStatus};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The batch that it becomes.
    pub batch: BatchId,
    /// The partner that takes such claims.
    pub payer: String,
    pub claims: Unplaced,
}

/// The lots of a submission that wait to become batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lots {
    pub lots: Vec<Lot>,
    /// Accepted claims that are in none of them.
    pub others: i64,
}

/// A lot whose payer is still the one that takes its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotPlacement {
    pub lot: Lot,
    pub release_at: i64,
    pub event: EventId,
}

/// Claims taken out of a lot in one transaction.
const DISSOLVED_AT_ONCE: i64 = 1_000;

impl Store {
    /// Reads the lots of a submission.
    pub async fn lots_of(&self, submission: SubmissionId) -> Result<Lots, StoreError> {
        let rows = query(
            "SELECT l.id, l.payer, l.payer_id, l.kind, l.purpose, l.claims, l.charge, s.accepted
             FROM claim_lot l JOIN submission s ON s.id = l.submission_id WHERE l.submission_id = ? ORDER BY l.id",
        )
        .bind(submission.0)
        .fetch_all(self.quick())
        .await
        .map_err(StoreError::at("read a submission's lots"))?;
        let lots: Vec<Lot> = rows.iter().map(lot).collect::<Result<_, _>>()?;
        let accepted: i64 = rows.first().map_or(0, |row| row.get(7));
        let others = accepted - lots.iter().map(|lot| lot.claims.claims).sum::<i64>();
        Ok(Lots { lots, others })
    }

    /// Takes the claims out of lots whose payer does not take them any more: they are routed one by one.
    pub async fn dissolve_lots(&self, lots: &[Lot]) -> Result<(), StoreError> {
        for lot in lots {
            while self.dissolve_some(lot.batch).await? {}
        }
        Ok(())
    }

    /// Takes the next claims out of a lot, which ends with the last; whether there may be more.
    async fn dissolve_some(&self, batch: BatchId) -> Result<bool, StoreError> {
        let step = || StoreError::at("take claims out of a lot");
        let mut tx = self.begin_bulk().await?;
        // Holds it, so that nobody opens its batch meanwhile.
        let held = query("UPDATE claim_lot SET claims = claims WHERE id = ?").bind(batch.0).execute(&mut tx).await;
        if held.map_err(step())?.rows_affected() != 1 {
            return Ok(false);
        }
        let sql = "SELECT id FROM claim WHERE batch_id IS NOT NULL AND batch_id = ? ORDER BY id LIMIT ?";
        let rows = query(sql).bind(batch.0).bind(DISSOLVED_AT_ONCE).fetch_all(&mut tx).await.map_err(step())?;
        let claims: Vec<ClaimId> = rows.iter().map(|row| ClaimId(row.get(0))).collect();
        leave_lots(&mut tx, &claims).await?;
        query("UPDATE claim SET status = ? WHERE id IN (SELECT value FROM list(?))")
            .bind(ClaimStatus::Accepted.code())
            .bind(claims.iter().map(|claim| claim.0).collect::<Vec<i64>>())
            .execute(&mut tx)
            .await
            .map_err(step())?;
        let more = claims.len() as i64 == DISSOLVED_AT_ONCE;
        if !more {
            query("DELETE FROM claim_lot WHERE id = ?").bind(batch.0).execute(&mut tx).await.map_err(step())?;
        }
        tx.commit().await.map_err(step())?;
        Ok(more)
    }
}

fn lot(row: &Row) -> Result<Lot, StoreError> {
    let kind: String = row.get(3);
    Ok(Lot {
        batch: BatchId(row.get(0)),
        payer: row.get(1),
        claims: Unplaced {
            payer_id: row.get(2),
            kind: kind.parse().map_err(|what| StoreError::Damaged { what })?,
            purpose: row.get(4),
            claims: row.get(5),
            charge: Cents(row.get(6)),
        },
    })
}

/// Counts the claims of a chunk into their lots.
pub(super) async fn add_to_lots(tx: &mut Tx, submission: SubmissionId, lots: &[Lot]) -> Result<(), StoreError> {
    for lot in lots.iter().filter(|lot| lot.claims.claims > 0) {
        query(
            "INSERT INTO claim_lot (id, submission_id, payer, payer_id, kind, purpose, claims, charge)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET claims = claim_lot.claims + excluded.claims,
                 charge = claim_lot.charge + excluded.charge",
        )
        .bind(lot.batch.0)
        .bind(submission.0)
        .bind(&lot.payer)
        .bind(&lot.claims.payer_id)
        .bind(lot.claims.kind.as_str())
        .bind(&lot.claims.purpose)
        .bind(lot.claims.claims)
        .bind(lot.claims.charge.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("count claims into a lot"))?;
    }
    Ok(())
}

/// Takes claims out of their lots; their statuses are the caller's.
pub(super) async fn leave_lots(tx: &mut Tx, claims: &[ClaimId]) -> Result<(), StoreError> {
    let ids: Vec<i64> = claims.iter().map(|claim| claim.0).collect();
    let step = || StoreError::at("take claims out of their lots");
    let left = query(
        "SELECT batch_id, count(*), sum(charge) FROM claim
         WHERE id IN (SELECT value FROM list(?)) AND batch_id IS NOT NULL GROUP BY batch_id",
    )
    .bind(ids.clone())
    .fetch_all(&mut *tx)
    .await
    .map_err(step())?;
    for row in &left {
        let (batch, count, charge): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        query("UPDATE claim_lot SET claims = claims - ?, charge = charge - ? WHERE id = ?")
            .bind(count)
            .bind(charge)
            .bind(batch)
            .execute(&mut *tx)
            .await
            .map_err(step())?;
    }
    if !left.is_empty() {
        query("UPDATE claim SET batch_id = NULL, payer = NULL WHERE id IN (SELECT value FROM list(?))")
            .bind(ids)
            .execute(&mut *tx)
            .await
            .map_err(step())?;
    }
    Ok(())
}

/// Opens the batch of each lot. False when one of them is no longer what was read.
pub(super) async fn open_lots(
    tx: &mut Tx,
    submission: SubmissionId,
    placements: &[LotPlacement],
    now: i64,
) -> Result<bool, StoreError> {
    for LotPlacement { lot, release_at, event } in placements {
        let step = || StoreError::at("open a lot's batch");
        let mine = query("DELETE FROM claim_lot WHERE id = ? AND claims = ?");
        let mine = mine.bind(lot.batch.0).bind(lot.claims.claims).execute(&mut *tx).await.map_err(step())?;
        if mine.rows_affected() != 1 {
            return Ok(false);
        }
        if lot.claims.claims == 0 {
            continue;
        }
        query(
            "INSERT INTO batch (id, payer, kind, purpose, state, opened_at, release_at, claims, charge, submission_id)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(lot.batch.0)
        .bind(&lot.payer)
        .bind(lot.claims.kind.as_str())
        .bind(&lot.claims.purpose)
        .bind(BatchState::Open.code())
        .bind(now)
        .bind(*release_at)
        .bind(lot.claims.claims)
        .bind(lot.claims.charge.0)
        .bind(submission.0)
        .execute(&mut *tx)
        .await
        .map_err(step())?;
        add_batch_event(tx, &opened(lot.batch, *event, now)).await?;
    }
    Ok(true)
}

pub(super) fn opened(batch: BatchId, id: EventId, at: i64) -> NewBatchEvent {
    NewBatchEvent {
        id,
        batch_id: batch,
        at,
        kind: "opened",
        st02: String::new(),
        code: String::new(),
        text: String::new(),
        inbound_id: None,
        said: None,
    }
}
