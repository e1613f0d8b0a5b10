//! What the checks of a submission leave: claims, findings and rejections in chunks while the file is read,
//! then everything else in the one transaction that makes the submission validated. Until that transaction
//! nothing acts on the rows, and a try that a crash cut short is cleared before the next.

use std::collections::HashSet;

use super::claims::{NewClaim, add_claims};
use super::duplicates::overtaken;
use super::events::{NewClaimEvent, add_claim_events};
use super::leases::{Lease, must_hold};
use super::lots::{Lot, add_to_lots, leave_lots};
use super::mail::{NewMail, put_mail};
use super::sql::{QueryBuilder, Tx, query, query_for};
use super::submissions::{Counts, SubmissionState, TransactionRow};
use super::{Engine, Store, StoreError};
use crate::domain::ids::{ClaimId, EventId, SubmissionId, TransactionId};
use crate::domain::{ClaimStatus, Phi};

/// Rows of one statement: 4 values each, SQLite takes 32,766.
const FINDING_ROWS_MAX: usize = 8_000;
/// Rows of one statement: 12 values each.
const TRANSACTION_ROWS_MAX: usize = 2_500;
/// Claims rejected with their transaction, in one database transaction.
const REJECTIONS_MAX: i64 = 3_000;

/// After so many claims of a large file, whoever waits has a turn.
const CLAIMS_BETWEEN_LOOKS: usize = 200;

/// What was read since the last chunk.
#[derive(Debug, Default)]
pub struct Chunk {
    pub claims: Vec<NewClaim>,
    pub findings: Vec<NewFinding>,
    /// Of kind `rejected`, for the claims that are rejected by themselves.
    pub rejections: Vec<NewClaimEvent>,
    /// Those that some of these claims belong to, with how many of them.
    pub lots: Vec<Lot>,
}

impl Chunk {
    /// Claims that are rejected by themselves.
    pub fn rejected(&self) -> HashSet<i64> {
        self.rejections.iter().map(|event| event.claim_id.0).collect()
    }
}

/// A finding as it is stored.
#[derive(Clone)]
pub struct NewFinding {
    /// Its place among those of the submission, from 0.
    pub ordinal: u64,
    pub claim_id: Option<ClaimId>,
    /// `domain::Finding` as JSON.
    pub body: String,
}

/// Without the body, which may quote a patient's data.
impl std::fmt::Debug for NewFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewFinding {{ {}, of claim {:?} }}", self.ordinal, self.claim_id)
    }
}

/// A transaction whose claims are all rejected with it.
#[derive(Clone, Debug)]
pub struct RejectedTransaction {
    pub id: TransactionId,
    pub first_claim: ClaimId,
    pub last_claim: ClaimId,
    /// As `IK5:R`, `AK9:R` or `TA1:025`.
    pub code: String,
    pub text: String,
}

/// One ISA..IEA.
#[derive(Clone, Debug)]
pub struct InterchangeRow {
    pub ordinal: u32,
    /// `qualifier:id`.
    pub sender: String,
    pub control_number: String,
    pub verdict: InterchangeVerdict,
    /// TA105.
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterchangeVerdict {
    Rejected = 0,
    Accepted = 1,
}

/// Everything that becomes true at once when the checks are done.
#[derive(Debug)]
pub struct Validated {
    pub submission_id: SubmissionId,
    pub partner: String,
    /// When these checks began.
    pub began_at: i64,
    /// What they could see: [`Store::validated_turn`] when they began.
    pub began_after: i64,
    pub at: i64,
    pub interchanges: Vec<InterchangeRow>,
    pub transactions: Vec<TransactionRow>,
    /// Of its claims, in any order.
    pub fingerprints: Vec<i64>,
    pub counts: Counts,
    pub mail: Vec<NewMail>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Validated,
    /// There is nothing of X12 in it; the sentence says so.
    Refused(String),
}

/// Whether a submission was still waiting for what was done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Done,
    /// Somebody else has finished it.
    NotDue,
    /// Another file of the partner was finished meanwhile and holds some of the same claims or interchanges:
    /// nothing was committed, and the checks must look again.
    Overtaken,
}

impl Store {
    /// Begins the checks of a submission: clears what an earlier try left.
    pub async fn begin_validation(&self, id: SubmissionId, lease: &Lease) -> Result<Step, StoreError> {
        let mut tx = self.begin().await?;
        must_hold(&mut tx, lease).await?;
        let row = query("SELECT state FROM submission WHERE id = ?").bind(id.0).fetch_optional(&mut tx).await;
        let state: Option<i64> = row.map_err(StoreError::at("begin a submission's checks"))?.map(|row| row.get(0));
        if state != Some(SubmissionState::Received.code()) {
            return Ok(Step::NotDue);
        }
        clear_earlier_try(&mut tx, id).await?;
        tx.commit().await.map_err(StoreError::at("begin a submission's checks"))?;
        Ok(Step::Done)
    }

    /// Adds what was read since the last chunk, in a transaction of its own, or in several when others wait.
    pub async fn add_checked(&self, id: SubmissionId, chunk: &Chunk, lease: &Lease) -> Result<(), StoreError> {
        let place = self.bucket_for(chunk.claims.first().map(|claim| claim.id), chunk.claims.len()).await?;
        let rejected = chunk.rejected();
        let mut tx = self.begin_bulk().await?;
        must_hold(&mut tx, lease).await?;
        self.must_be_open(&mut tx, &place).await?;
        // First, so that no claim is ever stored under a number that the next run may draw again.
        add_to_lots(&mut tx, id, &chunk.lots).await?;
        let at_once = match self.engine() {
            Engine::Sqlite => CLAIMS_BETWEEN_LOOKS,
            // Nobody waits for this transaction, and each COPY is a turn of talk.
            Engine::Postgres => chunk.claims.len().max(1),
        };
        for piece in chunk.claims.chunks(at_once) {
            add_claims(&mut tx, place.number, piece, &rejected, &chunk.lots).await?;
            if tx.is_waited_for() {
                tx.commit().await.map_err(StoreError::at("add checked claims"))?;
                tx = self.begin_bulk().await?;
                must_hold(&mut tx, lease).await?;
                self.must_be_open(&mut tx, &place).await?;
            }
        }
        add_said(&mut tx, id, chunk).await?;
        tx.commit().await.map_err(StoreError::at("add checked claims"))
    }

    /// Notes the rejection of every claim of a transaction that is not rejected by itself.
    pub async fn reject_transaction(
        &self,
        rejected: &RejectedTransaction,
        lease: &Lease,
        at: i64,
        draw: impl Fn() -> EventId,
    ) -> Result<(), StoreError> {
        let mut after = Some(rejected.first_claim.0 - 1);
        while let Some(from) = after {
            let mut tx = self.begin_bulk().await?;
            must_hold(&mut tx, lease).await?;
            after = reject_some(&mut tx, rejected, from, at, &draw).await?;
            tx.commit().await.map_err(StoreError::at("reject a transaction's claims"))?;
        }
        Ok(())
    }

    /// Commits the result of the checks: acknowledgements, transactions, each claim's status, the submission's.
    pub async fn finish_validation(&self, done: &Validated, lease: &Lease) -> Result<Step, StoreError> {
        let mut tx = self.begin().await?;
        must_hold(&mut tx, lease).await?;
        match finish(&mut tx, done).await? {
            Step::Done => tx.commit().await.map_err(StoreError::at("finish a submission's checks"))?,
            other @ (Step::NotDue | Step::Overtaken) => return Ok(other),
        }
        Ok(Step::Done)
    }

    /// The whole result of the checks of a small submission in one transaction, from the begin to the end. A step that
    /// is not done leaves nothing.
    pub async fn record_checked(
        &self,
        chunks: &[Chunk],
        rejected: &[RejectedTransaction],
        done: &Validated,
        draw: impl Fn() -> EventId,
    ) -> Result<Step, StoreError> {
        let first = chunks.iter().flat_map(|chunk| &chunk.claims).next().map(|claim| claim.id);
        let place = self.bucket_for(first, chunks.iter().map(|chunk| chunk.claims.len()).sum()).await?;
        // What it adds is its own: others have their turn until it comes to what they may change too.
        let mut tx = self.begin_beside().await?;
        self.must_be_open(&mut tx, &place).await?;
        let row = query_for(
            "SELECT state, (SELECT count(*) FROM claim WHERE submission_id = s.id)
                         + (SELECT count(*) FROM finding WHERE submission_id = s.id) FROM submission s WHERE id = ?",
            "SELECT state, (SELECT count(*) FROM claim WHERE submission_id = s.id)
                         + (SELECT count(*) FROM finding WHERE submission_id = s.id) FROM submission s WHERE id = ? FOR UPDATE",
        )
        .bind(done.submission_id.0)
        .fetch_optional(&mut tx)
        .await
        .map_err(StoreError::at("begin a submission's checks"))?;
        match row.map(|row| (row.get::<i64>(0), row.get::<i64>(1))) {
            Some((state, 0)) if state == SubmissionState::Received.code() => {}
            Some((state, _)) if state == SubmissionState::Received.code() => {
                clear_earlier_try(&mut tx, done.submission_id).await?;
            }
            Some(_) | None => return Ok(Step::NotDue),
        }
        for chunk in chunks {
            add_chunk(&mut tx, done.submission_id, place.number, chunk).await?;
        }
        for one in rejected {
            let mut after = Some(one.first_claim.0 - 1);
            while let Some(from) = after {
                after = reject_some(&mut tx, one, from, done.at, &draw).await?;
            }
        }
        self.take_turn(&mut tx).await?;
        match finish(&mut tx, done).await? {
            Step::Done => tx.commit().await.map_err(StoreError::at("record a submission's checks"))?,
            other @ (Step::NotDue | Step::Overtaken) => return Ok(other),
        }
        Ok(Step::Done)
    }
}

async fn clear_earlier_try(tx: &mut Tx, id: SubmissionId) -> Result<(), StoreError> {
    for clear in [
        "DELETE FROM claim_event WHERE claim_id IN (SELECT id FROM claim WHERE submission_id = ?)",
        "DELETE FROM claim WHERE submission_id = ?",
        "DELETE FROM finding WHERE submission_id = ?",
        "DELETE FROM claim_lot WHERE submission_id = ?",
    ] {
        let cleared = query(clear).bind(id.0).execute(&mut *tx).await;
        cleared.map_err(StoreError::at("clear an earlier try of a submission's checks"))?;
    }
    Ok(())
}

async fn add_chunk(tx: &mut Tx, id: SubmissionId, bucket: i64, chunk: &Chunk) -> Result<(), StoreError> {
    add_to_lots(tx, id, &chunk.lots).await?;
    add_claims(tx, bucket, &chunk.claims, &chunk.rejected(), &chunk.lots).await?;
    add_said(tx, id, chunk).await
}

/// What is said of a chunk's claims and of the file.
async fn add_said(tx: &mut Tx, id: SubmissionId, chunk: &Chunk) -> Result<(), StoreError> {
    add_claim_events(tx, &chunk.rejections).await?;
    for part in chunk.findings.chunks(FINDING_ROWS_MAX) {
        let mut insert = QueryBuilder::new("INSERT INTO finding (submission_id, ordinal, claim_id, body) ");
        insert.push_values(part, |row, finding| {
            row.push_bind(id.0)
                .push_bind(finding.ordinal as i64)
                .push_bind(finding.claim_id.map(|claim| claim.0))
                .push_bind(&finding.body);
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("add findings"))?;
    }
    Ok(())
}

/// Rejects the next claims after `after`; says where to go on, or that there are no more.
async fn reject_some(
    tx: &mut Tx,
    rejected: &RejectedTransaction,
    after: i64,
    at: i64,
    draw: &impl Fn() -> EventId,
) -> Result<Option<i64>, StoreError> {
    let rows = query(
        "SELECT id FROM claim WHERE id > ? AND id <= ? AND transaction_id = ?
           AND NOT EXISTS (SELECT 1 FROM claim_event WHERE claim_id = claim.id AND kind = 'rejected')
         ORDER BY id LIMIT ?",
    )
    .bind(after)
    .bind(rejected.last_claim.0)
    .bind(rejected.id.0)
    .bind(REJECTIONS_MAX)
    .fetch_all(&mut *tx)
    .await
    .map_err(StoreError::at("find the claims of a rejected transaction"))?;
    let events: Vec<NewClaimEvent> =
        rows.iter().map(|row| rejection(rejected, ClaimId(row.get(0)), at, draw())).collect();
    add_claim_events(tx, &events).await?;
    leave_lots(tx, &events.iter().map(|event| event.claim_id).collect::<Vec<_>>()).await?;
    query("UPDATE claim SET status = ? WHERE id IN (SELECT value FROM list(?))")
        .bind(ClaimStatus::Rejected.code())
        .bind(events.iter().map(|event| event.claim_id.0).collect::<Vec<i64>>())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("reject a transaction's claims"))?;
    Ok(rows.last().map(|row| row.get(0)))
}

/// All that becomes true at once, but for the commit.
async fn finish(tx: &mut Tx, done: &Validated) -> Result<Step, StoreError> {
    match finish_submission(tx, done).await? {
        Step::Done => {}
        other @ (Step::NotDue | Step::Overtaken) => return Ok(other),
    }
    add_interchanges(tx, done).await?;
    if overtaken(tx, done).await? {
        return Ok(Step::Overtaken);
    }
    add_transactions(tx, &done.transactions).await?;
    add_fingerprints(tx, done).await?;
    for mail in &done.mail {
        put_mail(tx, mail).await?;
    }
    Ok(Step::Done)
}

fn rejection(of: &RejectedTransaction, claim_id: ClaimId, at: i64, id: EventId) -> NewClaimEvent {
    NewClaimEvent {
        id,
        claim_id,
        at,
        kind: "rejected",
        status: Some(ClaimStatus::Rejected),
        code: of.code.clone(),
        text: of.text.clone(),
        rule: "",
        evidence: String::new(),
        inbound_id: None,
        said: None,
        lines: Phi::default(),
    }
}

async fn finish_submission(tx: &mut Tx, done: &Validated) -> Result<Step, StoreError> {
    let (state, refused) = match &done.outcome {
        Outcome::Validated => (SubmissionState::Validated, None),
        Outcome::Refused(sentence) => (SubmissionState::Refused, Some(sentence)),
    };
    let finished = query(
        "UPDATE submission SET state = ?, refused = ?, claims = ?, accepted = ?, rejected = ?, charge = ?, errors = ?,
                warnings = ?, validated_at = ?,
                validated_turn = 1 + (SELECT COALESCE(max(other.validated_turn), 0) FROM submission AS other
                                      WHERE other.partner = ? AND other.validated_turn IS NOT NULL)
         WHERE id = ? AND state = 0",
    )
    .bind(state.code())
    .bind(refused)
    .bind(done.counts.claims as i64)
    .bind(done.counts.accepted as i64)
    .bind(done.counts.rejected as i64)
    .bind(done.counts.charge.0)
    .bind(done.counts.errors as i64)
    .bind(done.counts.warnings as i64)
    .bind(done.at)
    .bind(&done.partner)
    .bind(done.submission_id.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("finish a submission"))?;
    Ok(if finished.rows_affected() == 1 { Step::Done } else { Step::NotDue })
}

async fn add_interchanges(tx: &mut Tx, done: &Validated) -> Result<(), StoreError> {
    for part in done.interchanges.chunks(TRANSACTION_ROWS_MAX) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO interchange (submission_id, ordinal, partner, sender, control_number, accepted, note) ",
        );
        insert.push_values(part, |row, interchange| {
            row.push_bind(done.submission_id.0)
                .push_bind(interchange.ordinal)
                .push_bind(&done.partner)
                .push_bind(&interchange.sender)
                .push_bind(&interchange.control_number)
                .push_bind(interchange.verdict as i64)
                .push_bind(&interchange.note);
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("add interchanges"))?;
    }
    Ok(())
}

async fn add_fingerprints(tx: &mut Tx, done: &Validated) -> Result<(), StoreError> {
    if done.fingerprints.is_empty() {
        return Ok(());
    }
    let bytes: Vec<u8> = done.fingerprints.iter().flat_map(|one| one.to_be_bytes()).collect();
    query("INSERT INTO submission_fingerprint (submission_id, fingerprints) VALUES (?, ?)")
        .bind(done.submission_id.0)
        .bind(bytes)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("keep the fingerprints of a submission's claims"))?;
    Ok(())
}

async fn add_transactions(tx: &mut Tx, rows: &[TransactionRow]) -> Result<(), StoreError> {
    for part in rows.chunks(TRANSACTION_ROWS_MAX) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO submission_transaction
             (id, submission_id, isa13, gs06, st02, guide, verdict, bht03, submitter_name, submitter_etin, claims, charge) ",
        );
        insert.push_values(part, |row, transaction| {
            row.push_bind(transaction.id.0)
                .push_bind(transaction.submission_id.0)
                .push_bind(&transaction.isa13)
                .push_bind(&transaction.gs06)
                .push_bind(&transaction.st02)
                .push_bind(&transaction.guide)
                .push_bind(&transaction.verdict)
                .push_bind(&transaction.bht03)
                .push_bind(&transaction.submitter_name)
                .push_bind(&transaction.submitter_etin)
                .push_bind(transaction.claims as i64)
                .push_bind(transaction.charge.0);
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("add a submission's transactions"))?;
    }
    Ok(())
}
