//! What a payer's file says, recorded: statuses of claims and batches, events, exceptions and mail, in one
//! transaction with the file's next state. Answers come in any order, late and twice: a status moves only
//! forward, whatever another worker did since it was read.

use std::collections::HashSet;

use super::awaited::try_learned;
use super::events::{NewBatchEvent, NewClaimEvent, add_batch_event, add_claim_events};
use super::exceptions::{NewException, add_exceptions};
use super::inbound::{InboundState, move_inbound};
use super::mail::{NewMail, put_mail};
use super::payer_numbers::add_told;
use super::questions::{QuestionKey, answer_questions};
use super::sql::{QueryBuilder, Tx, query, query_for};
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, EventId, ExceptionId, InboundId};
use crate::domain::{ClaimStatus, Phi};

/// All that one file changes.
#[derive(Debug)]
pub struct Answered {
    pub inbound_id: InboundId,
    pub from: InboundState,
    pub to: InboundState,
    /// The file that said all that this one says.
    pub repeat_of: Option<InboundId>,
    /// `TA1,999,835`.
    pub kinds: String,
    /// Sentences on what was wrong with the file.
    pub notes: Vec<String>,
    /// Sentences that the payer does not see.
    pub house_notes: Vec<String>,
    pub at: i64,
    pub claims: Vec<ClaimMove>,
    pub learned: Vec<LearnedNumber>,
    pub claim_events: Vec<NewClaimEvent>,
    pub batches: Vec<BatchMove>,
    pub batch_events: Vec<NewBatchEvent>,
    pub verdicts: Vec<TransactionVerdict>,
    pub exceptions: Vec<NewException>,
    pub mail: Vec<NewMail>,
    /// What its 277s answer.
    pub answered: Vec<QuestionKey>,
}

/// An answer about one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimMove {
    pub claim_id: ClaimId,
    pub said: ClaimStatus,
}

/// The payer's number for a claim, from a 277CA or 277.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedNumber {
    pub claim_id: ClaimId,
    pub payer_claim_control_number: Phi<String>,
}

/// An answer about a whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchMove {
    pub batch_id: BatchId,
    /// Which acknowledgment it was.
    pub ack: Acknowledged,
    /// `None`: it moves no status.
    pub said: Option<ClaimStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    ByTa1,
    By999,
    By277ca,
}

/// IK501 of one ST of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionVerdict {
    pub batch_id: BatchId,
    pub st02: String,
    pub verdict: &'static str,
}

impl Store {
    /// The claims of a batch of which something was said by itself: what is said of the batch does not count for them.
    pub async fn claims_with_words(&self, batch: BatchId) -> Result<HashSet<ClaimId>, StoreError> {
        let rows = query("SELECT id FROM claim WHERE batch_id = ? AND status >= ?")
            .bind(batch.0)
            .bind(ClaimStatus::Sent.code())
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("find what was said of a batch's claims"))?;
        Ok(rows.iter().map(|row| ClaimId(row.get(0))).collect())
    }

    /// Closes the exception of a file that was held, and lets the file be worked. `false`: it is not held, or the exception
    /// not open.
    pub async fn release_inbound(
        &self,
        id: InboundId,
        exception: ExceptionId,
        by: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let closed =
            query("UPDATE exception SET state = 1, resolved_by = ?, resolved_at = ? WHERE id = ? AND state = 0")
                .bind(by)
                .bind(at)
                .bind(exception.0)
                .execute(&mut tx)
                .await
                .map_err(StoreError::at("close the exception of a file that was held"))?;
        if closed.rows_affected() == 0 || !move_inbound(&mut tx, id, InboundState::Held, InboundState::Received).await?
        {
            return Ok(false);
        }
        tx.commit().await.map_err(StoreError::at("release a file that was held"))?;
        Ok(true)
    }

    /// Records an answered file. `false`: another worker did it before, and nothing was changed.
    pub async fn record_answers(&self, answered: &Answered) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !move_inbound(&mut tx, answered.inbound_id, answered.from, answered.to).await? {
            return Ok(false);
        }
        describe(&mut tx, answered).await?;
        for batch in &answered.batches {
            move_batch(&mut tx, batch, answered.at).await?;
        }
        move_claims(&mut tx, &answered.claims).await?;
        learn_numbers(&mut tx, &answered.learned, None).await?;
        for verdict in &answered.verdicts {
            judge_transaction(&mut tx, verdict).await?;
        }
        for event in &answered.batch_events {
            add_batch_event(&mut tx, event).await?;
        }
        answer_questions(&mut tx, &answered.answered, answered.at).await?;
        add_claim_events(&mut tx, &answered.claim_events).await?;
        add_exceptions(&mut tx, &answered.exceptions, answered.at).await?;
        for mail in &answered.mail {
            put_mail(&mut tx, mail).await?;
        }
        tx.commit().await.map_err(StoreError::at("record a payer's answers"))?;
        Ok(true)
    }
}

async fn describe(tx: &mut Tx, answered: &Answered) -> Result<(), StoreError> {
    query("UPDATE inbound SET kinds = ?, notes = ?, house_notes = ?, repeat_of = ? WHERE id = ?")
        .bind(&answered.kinds)
        .bind(serde_json::to_string(&answered.notes).expect("sentences are JSON"))
        .bind(serde_json::to_string(&answered.house_notes).expect("sentences are JSON"))
        .bind(answered.repeat_of.map(|id| id.0))
        .bind(answered.inbound_id.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("describe a payer's file"))?;
    Ok(())
}

/// The states that an answer moves a claim away from. A denial told by a 277 gives way to what money said.
fn movable(said: ClaimStatus) -> Vec<i64> {
    let bound = if said == ClaimStatus::Denied { ClaimStatus::PayerRejected } else { said };
    let moves = |from: &ClaimStatus| from.after(bound) == bound && *from != said;
    ClaimStatus::ALL.iter().copied().filter(moves).map(ClaimStatus::code).collect()
}

fn push_list(query: &mut QueryBuilder, codes: &[i64]) {
    query.push("(");
    for (place, code) in codes.iter().enumerate() {
        query.push(if place == 0 { "" } else { ", " }).push_bind(*code);
    }
    query.push(")");
}

/// Moves claims forward. What stands on a claim's batch counts as its own.
pub(super) async fn move_claims(tx: &mut Tx, moves: &[ClaimMove]) -> Result<(), StoreError> {
    let mut said: Vec<ClaimStatus> = moves.iter().map(|one| one.said).collect();
    said.sort();
    said.dedup();
    for status in said {
        let ids: Vec<i64> = moves.iter().filter(|one| one.said == status).map(|one| one.claim_id.0).collect();
        let mut query = QueryBuilder::new("UPDATE claim SET status = ");
        query.push_bind(status.code()).push(" WHERE id IN (SELECT value FROM list(");
        query.push_bind(ids);
        query.push(
            ")) AND CASE WHEN status IN (2, 3)
                 THEN COALESCE((SELECT b.claim_status FROM batch b WHERE b.id = claim.batch_id), status)
                 ELSE status END IN ",
        );
        push_list(&mut query, &movable(status));
        query.build().execute(&mut *tx).await.map_err(StoreError::at("move claims"))?;
    }
    Ok(())
}

async fn move_batch(tx: &mut Tx, moved: &BatchMove, at: i64) -> Result<(), StoreError> {
    let stamp = match moved.ack {
        Acknowledged::ByTa1 => "UPDATE batch SET ta1_at = COALESCE(ta1_at, ?) WHERE id = ?",
        Acknowledged::By999 => "UPDATE batch SET n999_at = COALESCE(n999_at, ?) WHERE id = ?",
        Acknowledged::By277ca => "UPDATE batch SET n277ca_at = COALESCE(n277ca_at, ?) WHERE id = ?",
    };
    let stamped = query(stamp).bind(at).bind(moved.batch_id.0).execute(&mut *tx).await;
    stamped.map_err(StoreError::at("stamp a batch"))?;
    let Some(said) = moved.said else { return Ok(()) };
    let from = movable(said);
    let mut query = QueryBuilder::new("UPDATE batch SET claim_status = ");
    query.push_bind(said.code()).push(" WHERE id = ").push_bind(moved.batch_id.0);
    query.push(" AND (claim_status IS NULL OR claim_status IN ");
    push_list(&mut query, &from);
    query.push(")");
    query.build().execute(&mut *tx).await.map_err(StoreError::at("move a batch"))?;
    Ok(())
}

/// The first stands with the claim until money says another, see `store::remittances`; the others stand beside it. Answers
/// that wait for one of them are tried again. `decided`: the event of the decision that applied the answer, if there was one.
pub(super) async fn learn_numbers(
    tx: &mut Tx,
    learned: &[LearnedNumber],
    decided: Option<EventId>,
) -> Result<(), StoreError> {
    if learned.is_empty() {
        return Ok(());
    }
    let pairs: Vec<(i64, &str)> =
        learned.iter().map(|one| (one.claim_id.0, one.payer_claim_control_number.reveal().as_str())).collect();
    let rows = query_for(
        "UPDATE claim SET payer_claim_control_number = said.number
         FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS number FROM json_each(?)) AS said
         WHERE claim.id = said.id AND claim.payer_claim_control_number IS NULL RETURNING claim.id, claim.payer_claim_control_number",
        "UPDATE claim SET payer_claim_control_number = said.number
         FROM (SELECT CAST(one ->> 0 AS bigint) AS id, one ->> 1 AS number
               FROM jsonb_array_elements(CAST(? AS jsonb)) AS told(one)) AS said
         WHERE claim.id = said.id AND claim.payer_claim_control_number IS NULL RETURNING claim.id, claim.payer_claim_control_number",
    )
    .bind(serde_json::to_string(&pairs).expect("numbers and texts are JSON"))
    .fetch_all(&mut *tx)
    .await
    .map_err(StoreError::at("learn payers' claim numbers"))?;
    let first: HashSet<(i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    try_learned(tx, rows.iter().map(|row| row.get(0)).collect()).await?;
    // What an answer told first stands with its claim; a decision's is kept also then, to be taken back alone.
    let is_first = |(claim, number): &(i64, &str)| first.contains(&(*claim, number.to_string()));
    let beside = pairs.into_iter().filter(|pair| decided.is_some() || !is_first(pair));
    add_told(tx, &beside.collect::<Vec<_>>(), decided.map(|event| event.0)).await
}

async fn judge_transaction(tx: &mut Tx, verdict: &TransactionVerdict) -> Result<(), StoreError> {
    query("UPDATE batch_transaction SET verdict = ? WHERE batch_id = ? AND st02 = ?")
        .bind(verdict.verdict)
        .bind(verdict.batch_id.0)
        .bind(&verdict.st02)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("record a payer's verdict on a transaction"))?;
    Ok(())
}

/// A claim's status from its events alone, and the batch it went in: where it returns to when a decision is
/// undone. Events that were undone do not count.
pub(super) async fn replay(tx: &mut Tx, claim: ClaimId) -> Result<Option<ClaimStatus>, StoreError> {
    let row = query("SELECT status, batch_id FROM claim WHERE id = ?").bind(claim.0).fetch_optional(&mut *tx);
    let Some(row) = row.await.map_err(StoreError::at("read a claim"))? else { return Ok(None) };
    let own = ClaimStatus::from_code(row.get(0));
    if own == Some(ClaimStatus::Rejected) {
        return Ok(own);
    }
    let start = if row.get::<Option<i64>>(1).is_some() { ClaimStatus::Batched } else { ClaimStatus::Accepted };
    let rows = query(
        "SELECT status FROM claim_event
         WHERE claim_id = ? AND undone_at IS NULL AND kind IN ('277CA', '277', '999', '997', 'TA1')
         AND status IS NOT NULL",
    )
    .bind(claim.0)
    .fetch_all(&mut *tx)
    .await
    .map_err(StoreError::at("read a claim's events"))?;
    let said = rows.iter().filter_map(|row| ClaimStatus::from_code(row.get(0)));
    Ok(Some(said.fold(start, |status, said| status.after(said))))
}
