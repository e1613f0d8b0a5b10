//! Routing: the accepted claims of a submission put into the open batches of their payers, in one step for
//! each submission; and the claims that have no payer shown to support.

use super::batches::BatchState;
use super::claims::NewClaim;
use super::events::add_batch_event;
use super::lots::{LotPlacement, open_lots, opened};
use super::sql::{QueryBuilder, Row, Tx, query, query_for};
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, EventId, ExceptionId, SubmissionId};
use crate::domain::{Cents, ClaimKind, ClaimStatus};

/// Accepted claims of one submission that name the same payer and are in no batch yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// 2010BB NM109 as received.
    pub payer_id: String,
    pub kind: ClaimKind,
    /// BHT06.
    pub purpose: String,
    pub claims: i64,
    pub charge: Cents,
}

impl Unplaced {
    pub fn are_like(&self, claim: &NewClaim) -> bool {
        self.payer_id == claim.payer_id && self.kind == claim.kind && self.purpose == claim.purpose
    }
}

/// Some of a submission's claims, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub claims: Vec<Unplaced>,
    /// Before the first, and the last of them.
    pub after: ClaimId,
    pub last: ClaimId,
}

impl Piece {
    /// For a submission whose claims are all in lots.
    pub fn none() -> Piece {
        Piece { claims: Vec::new(), after: ClaimId(i64::MIN), last: ClaimId(i64::MIN) }
    }

    pub fn count(&self) -> i64 {
        self.claims.iter().map(|claims| claims.claims).sum()
    }
}

/// Where such claims go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub claims: Unplaced,
    pub payer: String,
    /// When the batch closes, if it has to be opened.
    pub release_at: i64,
    /// Used if the batch has to be opened.
    pub new_batch: BatchId,
    pub event: EventId,
}

/// Claims that have no payer now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    pub claims: Unplaced,
    pub exception: ExceptionId,
    /// What support can do about it; no patient data.
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placing {
    Done,
    /// The claims are no longer those that were read; nothing was changed.
    ChangedMeanwhile,
}

/// Rows of one statement: 5 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 5_000;
/// Routes up to which each is a statement of its own.
const FEW_ROUTES: usize = 4;

impl Store {
    /// Reads the submissions that are validated and not yet routed, oldest first.
    pub async fn submissions_to_route(&self, limit: u32) -> Result<Vec<SubmissionId>, StoreError> {
        query("SELECT id FROM submission WHERE state IN (0, 1) AND state = 1 ORDER BY id LIMIT ?")
            .bind(limit)
            .fetch_all(self.quick())
            .await
            .map(|rows| rows.iter().map(|row| SubmissionId(row.get(0))).collect())
            .map_err(StoreError::at("find submissions to route"))
    }

    /// Reads the submissions whose claims were once left without a payer.
    pub async fn submissions_with_strays(&self) -> Result<Vec<SubmissionId>, StoreError> {
        let rows = query_for(
            "SELECT DISTINCT response ->> 'submission_id' FROM exception WHERE state = 0 AND kind = 'route'",
            "SELECT DISTINCT CAST(response AS jsonb) ->> 'submission_id' FROM exception
                 WHERE state = 0 AND kind = 'route'",
        )
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find claims without a payer"))?;
        rows.iter()
            .map(|row| {
                let text: String = row.get(0);
                text.parse().map_err(|_| StoreError::Damaged { what: "a route exception's submission".to_string() })
            })
            .collect()
    }

    /// Reads the next accepted claims of a submission after `after` that are in no batch, at most `limit`, by what
    /// decides their route.
    pub async fn claims_to_route(
        &self,
        submission: SubmissionId,
        after: Option<ClaimId>,
        limit: u32,
    ) -> Result<Piece, StoreError> {
        let after = after.map_or(i64::MIN, |id| id.0);
        let rows = query(
            "SELECT payer_id, kind, purpose, count(*), sum(charge), max(id) FROM
               (SELECT id, payer_id, kind, purpose, charge FROM claim
                WHERE submission_id = ? AND id > ? AND status = ? AND batch_id IS NULL ORDER BY id LIMIT ?) AS piece
             GROUP BY 1, 2, 3",
        )
        .bind(submission.0)
        .bind(after)
        .bind(ClaimStatus::Accepted.code())
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read claims to route"))?;
        let last = rows.iter().map(|row| row.get::<i64>(5)).max().unwrap_or(i64::MAX);
        Ok(Piece {
            claims: rows.iter().map(unplaced).collect::<Result<_, _>>()?,
            after: ClaimId(after),
            last: ClaimId(last),
        })
    }

    /// Puts the claims of the piece into their batches, opening those that are missing.
    pub async fn place_piece(
        &self,
        submission: SubmissionId,
        piece: &Piece,
        placements: &[Placement],
        now: i64,
    ) -> Result<Placing, StoreError> {
        let mut tx = self.begin_bulk().await?;
        let placing = place(&mut tx, submission, piece, placements, now).await?;
        if placing == Placing::Done {
            tx.commit().await.map_err(StoreError::at("put claims into batches"))?;
        }
        Ok(placing)
    }

    /// The same with the last piece: also opens the batches of the submission's lots, raises an exception for each stray once, settles those that are strays no
    /// more, and makes the submission routed.
    pub async fn place_claims(
        &self,
        submission: SubmissionId,
        piece: &Piece,
        placements: &[Placement],
        strays: &[Stray],
        lots: &[LotPlacement],
        now: i64,
    ) -> Result<Placing, StoreError> {
        let mut tx = self.begin_beside().await?;
        if !open_lots(&mut tx, submission, lots, now).await? {
            return Ok(Placing::ChangedMeanwhile);
        }
        if place(&mut tx, submission, piece, placements, now).await? == Placing::ChangedMeanwhile {
            return Ok(Placing::ChangedMeanwhile);
        }
        for stray in strays {
            raise_stray(&mut tx, submission, stray, now).await?;
        }
        query("UPDATE submission SET state = 2 WHERE id = ? AND state = 1")
            .bind(submission.0)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("make a submission routed"))?;
        tx.commit().await.map_err(StoreError::at("put claims into batches"))?;
        Ok(Placing::Done)
    }
}

/// Runs beside others: it holds the rows of the batches that it puts claims into, so that none is closed meanwhile, and
/// takes claims on the condition that nobody else took them. Batches are held in one order, so that no two wait for
/// each other.
async fn place(
    tx: &mut Tx,
    submission: SubmissionId,
    piece: &Piece,
    placements: &[Placement],
    now: i64,
) -> Result<Placing, StoreError> {
    let mut order: Vec<usize> = (0..placements.len()).collect();
    order.sort_by_key(|&place| window_of(&placements[place]));
    let mut batches = vec![BatchId(0); placements.len()];
    for place in order {
        batches[place] = open_batch(tx, &placements[place], now).await?;
    }
    for (placements, batches) in placements.chunks(ROWS_MAX).zip(batches.chunks(ROWS_MAX)) {
        let wanted: i64 = placements.iter().map(|placement| placement.claims.claims).sum();
        if put_claims(tx, submission, piece, placements, batches).await? != wanted {
            return Ok(Placing::ChangedMeanwhile);
        }
    }
    for (placement, batch) in placements.iter().zip(&batches) {
        count_in(tx, *batch, &placement.claims).await?;
        settle_stray(tx, submission, &placement.claims, now).await?;
    }
    Ok(Placing::Done)
}

fn unplaced(row: &Row) -> Result<Unplaced, StoreError> {
    let kind: String = row.get(1);
    Ok(Unplaced {
        payer_id: row.get(0),
        kind: kind.parse().map_err(|what| StoreError::Damaged { what })?,
        purpose: row.get(2),
        claims: row.get(3),
        charge: Cents(row.get(4)),
    })
}

/// What a payer has one open batch for.
fn window_of(placement: &Placement) -> (&str, &'static str, &str) {
    (&placement.payer, placement.claims.kind.as_str(), &placement.claims.purpose)
}

/// The payer's open batch for such claims, which stays open until the transaction ends; there is at most one.
async fn open_batch(tx: &mut Tx, placement: &Placement, now: i64) -> Result<BatchId, StoreError> {
    let (payer, kind, purpose) = window_of(placement);
    loop {
        let found = query_for(
            "SELECT id FROM batch WHERE payer = ? AND kind = ? AND purpose = ? AND state = 0 AND submission_id IS NULL",
            "SELECT id FROM batch WHERE payer = ? AND kind = ? AND purpose = ? AND state = 0 AND submission_id IS NULL
             FOR UPDATE",
        )
        .bind(payer)
        .bind(kind)
        .bind(purpose)
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::at("find an open batch"))?;
        if let Some(row) = found {
            return Ok(BatchId(row.get(0)));
        }
        // Another node may open one at the same moment; then that is looked for.
        let opened = query(
            "INSERT INTO batch (id, payer, kind, purpose, state, opened_at, release_at) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (payer, kind, purpose) WHERE state = 0 AND submission_id IS NULL DO NOTHING",
        )
        .bind(placement.new_batch.0)
        .bind(payer)
        .bind(kind)
        .bind(purpose)
        .bind(BatchState::Open.code())
        .bind(now)
        .bind(placement.release_at)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("open a batch"))?;
        if opened.rows_affected() == 1 {
            break;
        }
    }
    add_batch_event(tx, &opened(placement.new_batch, placement.event, now)).await?;
    Ok(placement.new_batch)
}

/// One pass over the submission's claims, whatever the number of payers; says how many were put. The routes
/// stand in a table of this connection with an index, as the planner would walk a list of values once a claim.
async fn put_claims(
    tx: &mut Tx,
    submission: SubmissionId,
    piece: &Piece,
    placements: &[Placement],
    batches: &[BatchId],
) -> Result<i64, StoreError> {
    if placements.len() <= FEW_ROUTES {
        return put_claims_of_few(tx, submission, piece, placements, batches).await;
    }
    let step = || StoreError::at("put claims into batches");
    let table =
        "CREATE TEMP TABLE IF NOT EXISTS route (payer_id TEXT, kind TEXT, purpose TEXT, payer TEXT, batch_id BIGINT,
                     PRIMARY KEY (payer_id, kind, purpose))";
    query(table).execute(&mut *tx).await.map_err(step())?;
    // PostgreSQL cleans up after no temporary table by itself.
    query_for("DELETE FROM route", "TRUNCATE route").execute(&mut *tx).await.map_err(step())?;
    let mut insert = QueryBuilder::new("INSERT INTO route (payer_id, kind, purpose, payer, batch_id) ");
    insert.push_values(placements.iter().zip(batches), |row, (placement, batch)| {
        row.push_bind(&placement.claims.payer_id)
            .push_bind(placement.claims.kind.as_str())
            .push_bind(&placement.claims.purpose)
            .push_bind(&placement.payer)
            .push_bind(batch.0);
    });
    insert.build().execute(&mut *tx).await.map_err(step())?;
    let done = query(
        "UPDATE claim SET status = ?1, (batch_id, payer) = (SELECT route.batch_id, route.payer FROM route
             WHERE route.payer_id = claim.payer_id AND route.kind = claim.kind AND route.purpose = claim.purpose)
         WHERE submission_id = ?2 AND id > ?4 AND id <= ?5 AND status = ?3 AND batch_id IS NULL AND EXISTS (SELECT 1 FROM route
             WHERE route.payer_id = claim.payer_id AND route.kind = claim.kind AND route.purpose = claim.purpose)",
    )
    .bind(ClaimStatus::Batched.code())
    .bind(submission.0)
    .bind(ClaimStatus::Accepted.code())
    .bind(piece.after.0)
    .bind(piece.last.0)
    .execute(&mut *tx)
    .await
    .map_err(step())?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}

/// The same, one statement for each route: nearly every file has one.
async fn put_claims_of_few(
    tx: &mut Tx,
    submission: SubmissionId,
    piece: &Piece,
    placements: &[Placement],
    batches: &[BatchId],
) -> Result<i64, StoreError> {
    let mut put = 0;
    for (placement, batch) in placements.iter().zip(batches) {
        let done = query(
            "UPDATE claim SET status = ?, batch_id = ?, payer = ?
             WHERE submission_id = ? AND id > ? AND id <= ? AND status = ? AND batch_id IS NULL
               AND payer_id = ? AND kind = ? AND purpose = ?",
        )
        .bind(ClaimStatus::Batched.code())
        .bind(batch.0)
        .bind(&placement.payer)
        .bind(submission.0)
        .bind(piece.after.0)
        .bind(piece.last.0)
        .bind(ClaimStatus::Accepted.code())
        .bind(&placement.claims.payer_id)
        .bind(placement.claims.kind.as_str())
        .bind(&placement.claims.purpose)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("put claims into batches"))?;
        put += i64::try_from(done.rows_affected()).unwrap_or(i64::MAX);
    }
    Ok(put)
}

async fn count_in(tx: &mut Tx, batch: BatchId, claims: &Unplaced) -> Result<(), StoreError> {
    query("UPDATE batch SET claims = claims + ?, charge = charge + ? WHERE id = ?")
        .bind(claims.claims)
        .bind(claims.charge.0)
        .bind(batch.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("count claims into a batch"))?;
    Ok(())
}

fn stray_origin(submission: SubmissionId, claims: &Unplaced) -> String {
    format!("route:{submission}:{}:{}:{}", claims.kind, claims.purpose, claims.payer_id)
}

async fn raise_stray(tx: &mut Tx, submission: SubmissionId, stray: &Stray, now: i64) -> Result<(), StoreError> {
    let response = serde_json::json!({
        "submission_id": submission,
        "payer_id": stray.claims.payer_id,
        "kind": stray.claims.kind,
        "claims": stray.claims.claims,
        "charge": stray.claims.charge,
    });
    query(
        "INSERT INTO exception (id, inbound_id, payer, kind, raised_at, state, reason, response, origin)
         VALUES (?, 0, ?, 'route', ?, 0, ?, ?, ?)
         ON CONFLICT (origin) WHERE origin IS NOT NULL DO UPDATE SET reason = excluded.reason,
           -- What the gateway settled itself is open again; what a person decided stays decided.
           state = CASE WHEN exception.resolved_by = 'gateway' THEN 0 ELSE exception.state END,
           resolved_at = CASE WHEN exception.resolved_by = 'gateway' THEN NULL ELSE exception.resolved_at END,
           resolved_by = CASE WHEN exception.resolved_by = 'gateway' THEN NULL ELSE exception.resolved_by END",
    )
    .bind(stray.exception.0)
    .bind(&stray.claims.payer_id)
    .bind(now)
    .bind(&stray.reason)
    .bind(response.to_string())
    .bind(stray_origin(submission, &stray.claims))
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("raise an exception on claims without a payer"))?;
    Ok(())
}

async fn settle_stray(tx: &mut Tx, submission: SubmissionId, claims: &Unplaced, now: i64) -> Result<(), StoreError> {
    query("UPDATE exception SET state = 1, resolved_by = 'gateway', resolved_at = ? WHERE origin = ? AND state = 0")
        .bind(now)
        .bind(stray_origin(submission, claims))
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("settle an exception on claims without a payer"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn claims_that_lose_their_payer_again_are_shown_to_support_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        let (payer_id, purpose) = ("NEWCO".to_string(), "CH".to_string());
        let claims = Unplaced { payer_id, kind: ClaimKind::Professional, purpose, claims: 2, charge: Cents(500) };
        let stray = Stray { claims, exception: ExceptionId(9), reason: "no payer".to_string() };
        let submission = SubmissionId(7);
        let mut tx = store.begin().await.unwrap();
        raise_stray(&mut tx, submission, &stray, 1).await.unwrap();
        settle_stray(&mut tx, submission, &stray.claims, 2).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.submissions_with_strays().await.unwrap(), []);
        let mut tx = store.begin().await.unwrap();
        raise_stray(&mut tx, submission, &stray, 3).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.submissions_with_strays().await.unwrap(), [submission]);
    }
}
