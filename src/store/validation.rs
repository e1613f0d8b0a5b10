//! What the checks of a submission leave: claims, findings and rejections in chunks while the file is read,
//! then everything else in the one transaction that makes the submission validated. Until that transaction
//! nothing acts on the rows, and a try that a crash cut short is cleared before the next.

use std::collections::HashSet;

use super::claims::{NewClaim, add_claims};
use super::events::{NewClaimEvent, add_claim_events};
use super::mail::{NewMail, put_mail};
use super::sql::{QueryBuilder, Tx, query};
use super::submissions::{Counts, SubmissionState, TransactionRow};
use super::{Store, StoreError};
use crate::domain::ClaimStatus;
use crate::domain::ids::{ClaimId, EventId, SubmissionId, TransactionId};

/// Rows of one statement: 4 values each, SQLite takes 32,766.
const FINDING_ROWS_MAX: usize = 8_000;
/// Rows of one statement: 12 values each.
const TRANSACTION_ROWS_MAX: usize = 2_500;
/// Claims rejected with their transaction, in one database transaction.
const REJECTIONS_MAX: i64 = 3_000;

/// What was read since the last chunk.
#[derive(Debug, Default)]
pub struct Chunk {
    pub claims: Vec<NewClaim>,
    pub findings: Vec<NewFinding>,
    /// Of kind `rejected`, for the claims that are rejected by themselves.
    pub rejections: Vec<NewClaimEvent>,
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
    pub at: i64,
    pub interchanges: Vec<InterchangeRow>,
    pub transactions: Vec<TransactionRow>,
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
    pub async fn begin_validation(&self, id: SubmissionId) -> Result<Step, StoreError> {
        let mut tx = self.begin().await?;
        let row = query("SELECT state FROM submission WHERE id = ?").bind(id.0).fetch_optional(&mut tx).await;
        let state: Option<i64> = row.map_err(StoreError::at("begin a submission's checks"))?.map(|row| row.get(0));
        if state != Some(SubmissionState::Received.code()) {
            return Ok(Step::NotDue);
        }
        for clear in [
            "DELETE FROM claim_event WHERE claim_id IN (SELECT id FROM claim WHERE submission_id = ?)",
            "DELETE FROM claim WHERE submission_id = ?",
            "DELETE FROM finding WHERE submission_id = ?",
        ] {
            let cleared = query(clear).bind(id.0).execute(&mut tx).await;
            cleared.map_err(StoreError::at("clear an earlier try of a submission's checks"))?;
        }
        tx.commit().await.map_err(StoreError::at("begin a submission's checks"))?;
        Ok(Step::Done)
    }

    pub async fn add_checked(&self, id: SubmissionId, chunk: &Chunk) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        add_claims(&mut tx, &chunk.claims).await?;
        add_claim_events(&mut tx, &chunk.rejections).await?;
        for part in chunk.findings.chunks(FINDING_ROWS_MAX) {
            let mut insert = QueryBuilder::new("INSERT INTO finding (submission_id, ordinal, claim_id, body) ");
            insert.push_values(part, |row, finding| {
                row.push_bind(id.0)
                    .push_bind(finding.ordinal as i64)
                    .push_bind(finding.claim_id.map(|claim| claim.0))
                    .push_bind(&finding.body);
            });
            insert.build().execute(&mut tx).await.map_err(StoreError::at("add findings"))?;
        }
        tx.commit().await.map_err(StoreError::at("add checked claims"))
    }

    /// Notes the rejection of every claim of a transaction that is not rejected by itself.
    pub async fn reject_transaction(
        &self,
        rejected: &RejectedTransaction,
        at: i64,
        draw: impl Fn() -> EventId,
    ) -> Result<(), StoreError> {
        let mut after = rejected.first_claim.0 - 1;
        loop {
            let mut tx = self.begin().await?;
            let rows = query(
                "SELECT id FROM claim WHERE id > ? AND id <= ? AND transaction_id = ?
                   AND NOT EXISTS (SELECT 1 FROM claim_event WHERE claim_id = claim.id AND kind = 'rejected')
                 ORDER BY id LIMIT ?",
            )
            .bind(after)
            .bind(rejected.last_claim.0)
            .bind(rejected.id.0)
            .bind(REJECTIONS_MAX)
            .fetch_all(&mut tx)
            .await
            .map_err(StoreError::at("find the claims of a rejected transaction"))?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.get(0);
            let events: Vec<NewClaimEvent> =
                rows.iter().map(|row| rejection(rejected, ClaimId(row.get(0)), at, draw())).collect();
            add_claim_events(&mut tx, &events).await?;
            tx.commit().await.map_err(StoreError::at("reject a transaction's claims"))?;
        }
    }

    /// Commits the result of the checks: acknowledgements, transactions, each claim's status, the submission's.
    pub async fn finish_validation(&self, done: &Validated) -> Result<Step, StoreError> {
        let mut tx = self.begin().await?;
        match finish_submission(&mut tx, done).await? {
            Step::Done if overtaken(&mut tx, done).await? => return Ok(Step::Overtaken),
            Step::Done => {}
            other @ (Step::NotDue | Step::Overtaken) => return Ok(other),
        }
        query(
            "UPDATE claim SET status = CASE WHEN EXISTS
               (SELECT 1 FROM claim_event WHERE claim_id = claim.id AND kind = 'rejected') THEN ?1 ELSE ?2 END
             WHERE submission_id = ?3",
        )
        .bind(ClaimStatus::Rejected.code())
        .bind(ClaimStatus::Accepted.code())
        .bind(done.submission_id.0)
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("set the statuses of a submission's claims"))?;
        add_transactions(&mut tx, &done.transactions).await?;
        for mail in &done.mail {
            put_mail(&mut tx, mail).await?;
        }
        tx.commit().await.map_err(StoreError::at("finish a submission's checks"))?;
        Ok(Step::Done)
    }

    /// Whether an accepted interchange of this sender had the number, in another submission since `since`.
    pub async fn interchange_number_used(
        &self,
        partner: &str,
        sender: &str,
        control_number: &str,
        since: i64,
        but: SubmissionId,
    ) -> Result<bool, StoreError> {
        let row = query(
            "SELECT 1 FROM interchange JOIN submission ON submission.id = interchange.submission_id
             WHERE interchange.partner = ? AND control_number = ? AND sender = ? AND interchange.accepted = 1
               AND submission.received_at >= ? AND submission.id <> ? LIMIT 1",
        )
        .bind(partner)
        .bind(control_number)
        .bind(sender)
        .bind(since)
        .bind(but.0)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("look for an interchange's number"))?;
        Ok(row.is_some())
    }

    /// The fingerprints of all claims of a partner, whatever became of them; `None` where they are more than
    /// `at_most`.
    pub async fn fingerprints_of(&self, partner: &str, at_most: u32) -> Result<Option<HashSet<i64>>, StoreError> {
        let rows = query("SELECT fingerprint FROM claim WHERE partner = ? AND fingerprint <> 0 LIMIT ?")
            .bind(partner)
            .bind(i64::from(at_most) + 1)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("read a partner's fingerprints"))?;
        Ok((rows.len() <= at_most as usize).then(|| rows.iter().map(|row| row.get(0)).collect()))
    }

    /// Which of these fingerprints a claim of an earlier submission of this partner has, received since `since`
    /// and not rejected by us or by its payer, alone or with its whole file.
    pub async fn fingerprints_known(
        &self,
        partner: &str,
        fingerprints: &[i64],
        since: i64,
        but: SubmissionId,
    ) -> Result<HashSet<i64>, StoreError> {
        let rows = query(
            "SELECT DISTINCT claim.fingerprint FROM list(?1 AS wanted)
               JOIN claim ON claim.partner = ?2 AND claim.fingerprint = wanted.value
               JOIN submission ON submission.id = claim.submission_id
               LEFT JOIN batch ON batch.id = claim.batch_id
             WHERE claim.submission_id <> ?3 AND submission.received_at >= ?4
               AND submission.state IN (1, 2) AND claim.status NOT IN (?5, ?6)
               AND NOT (claim.status IN (2, 3) AND COALESCE(batch.claim_status, 0) = ?6)",
        )
        .bind(fingerprints)
        .bind(partner)
        .bind(but.0)
        .bind(since)
        .bind(ClaimStatus::Rejected.code())
        .bind(ClaimStatus::PayerRejected.code())
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look for duplicate claims"))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
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
    }
}

async fn finish_submission(tx: &mut Tx, done: &Validated) -> Result<Step, StoreError> {
    let (state, refused) = match &done.outcome {
        Outcome::Validated => (SubmissionState::Validated, None),
        Outcome::Refused(sentence) => (SubmissionState::Refused, Some(sentence)),
    };
    let finished = query(
        "UPDATE submission SET state = ?, refused = ?, claims = ?, accepted = ?, rejected = ?, charge = ?, errors = ?,
                warnings = ?, validated_at = ? WHERE id = ? AND state = 0",
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
    .bind(done.submission_id.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("finish a submission"))?;
    Ok(if finished.rows_affected() == 1 { Step::Done } else { Step::NotDue })
}

/// Two files checked at the same time do not see each other; the second to finish finds out here.
async fn overtaken(tx: &mut Tx, done: &Validated) -> Result<bool, StoreError> {
    add_interchanges(tx, done).await?;
    let claims = "SELECT 1 FROM submission AS other
           JOIN claim AS theirs ON theirs.submission_id = other.id AND theirs.fingerprint <> 0
           JOIN claim AS ours ON ours.partner = other.partner AND ours.fingerprint = theirs.fingerprint
         WHERE other.partner = ?1 AND other.validated_at >= ?2 AND other.id <> ?3 AND other.state IN (1, 2)
           AND theirs.status <> ?4 AND ours.submission_id = ?3
           AND NOT EXISTS (SELECT 1 FROM claim_event WHERE claim_id = ours.id AND kind = 'rejected') LIMIT 1";
    let interchanges = "SELECT 1 FROM submission AS other
           JOIN interchange AS theirs ON theirs.submission_id = other.id AND theirs.accepted = 1
           JOIN interchange AS ours ON ours.partner = other.partner AND ours.control_number = theirs.control_number
                AND ours.sender = theirs.sender AND ours.accepted = 1
         WHERE other.partner = ?1 AND other.validated_at >= ?2 AND other.id <> ?3 AND ?4 = ?4
           AND ours.submission_id = ?3 LIMIT 1";
    for question in [claims, interchanges] {
        let row = query(question)
            .bind(&done.partner)
            .bind(done.began_at)
            .bind(done.submission_id.0)
            .bind(ClaimStatus::Rejected.code())
            .fetch_optional(&mut *tx)
            .await
            .map_err(StoreError::at("compare two files checked at the same time"))?;
        if row.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
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
