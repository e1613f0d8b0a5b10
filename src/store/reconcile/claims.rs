//! Claims one after another, in pieces: whether each one's status, money and payer are those of the answers, payments and
//! batch that it has.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::discrepancy::{Findings, Quantity};
use super::rules::Subject;
use super::{Discrepancy, Period};
use crate::domain::ids::{SubmissionId, first_of};
use crate::domain::posting::{Posting, posted};
use crate::domain::{Cents, ClaimStatus};
use crate::store::StoreError;
use crate::store::remittances::{POSTING, posting};
use crate::store::sql::{Row, Snapshot, query};

/// Claims that are in memory at one time, with all that is known of them.
const PIECE: i64 = 5_000;

const STATUS: &str = "a claim's status is not what its answers and payments say";
const PAID: &str = "a claim's paid amount is not the sum of its payments";
const SHARE: &str = "a claim's patient responsibility is not the sum of its payments'";
const PAYER: &str = "a claim is in the batch of another payer";

/// A claim as its row tells it.
struct Told {
    id: i64,
    submission: SubmissionId,
    status: Option<ClaimStatus>,
    /// What is true of all claims of its batch.
    batch_status: Option<ClaimStatus>,
    paid: Cents,
    share: Cents,
    is_with_another_payer: bool,
}

impl Told {
    fn wrong(&self, rule: &'static str, expected: Quantity, found: Quantity) -> Discrepancy {
        let place = format!("submission {}", self.submission);
        Discrepancy { rule, about: Subject::Claim, subject: self.id, place, expected, found }
    }
}

/// Claims of submissions that came in the period.
pub(super) async fn look(look: &mut Snapshot, period: Period, found: &mut Findings) -> Result<(), StoreError> {
    let mut after = first_of(period.since_ms) - 1;
    loop {
        let piece = piece(look, period, after).await?;
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else { return Ok(()) };
        let ids = first.id..=last.id;
        let payments = payments(look, &ids).await?;
        let said = said(look, &ids).await?;
        for claim in &piece {
            let paid = payments.get(&claim.id).map(Vec::as_slice).unwrap_or_default();
            judge(claim, paid, said.get(&claim.id).map(Vec::as_slice).unwrap_or_default(), found);
        }
        after = last.id;
    }
}

/// The cross join has SQLite walk the claims in their order.
async fn piece(look: &mut Snapshot, period: Period, after: i64) -> Result<Vec<Told>, StoreError> {
    let rows = query(
        "SELECT c.id, c.submission_id, c.status, b.claim_status, c.paid, c.patient_responsibility,
                CASE WHEN b.id IS NOT NULL AND coalesce(c.payer, '') <> b.payer THEN 1 ELSE 0 END
         FROM claim c CROSS JOIN submission s LEFT JOIN batch b ON b.id = c.batch_id
         WHERE c.id > ? AND s.id = c.submission_id AND s.received_at >= ? AND s.received_at < ? AND s.state IN (1, 2)
         ORDER BY c.id LIMIT ?",
    )
    .bind(after)
    .bind(period.since_ms)
    .bind(period.until_ms)
    .bind(PIECE)
    .fetch_all(&mut *look)
    .await
    .map_err(StoreError::at("look at claims"))?;
    let told = |row: &Row| Told {
        id: row.get(0),
        submission: SubmissionId(row.get(1)),
        status: ClaimStatus::from_code(row.get(2)),
        batch_status: row.get::<Option<i64>>(3).and_then(ClaimStatus::from_code),
        paid: Cents(row.get(4)),
        share: Cents(row.get(5)),
        is_with_another_payer: row.get::<i64>(6) == 1,
    };
    Ok(rows.iter().map(told).collect())
}

/// The payments that count, oldest first.
async fn payments(look: &mut Snapshot, ids: &RangeInclusive<i64>) -> Result<HashMap<i64, Vec<Posting>>, StoreError> {
    let rows = query(format!(
        "SELECT {POSTING} FROM payment p JOIN remittance r ON r.id = p.remittance_id
         WHERE p.claim_id >= ? AND p.claim_id <= ? AND r.state = 0 ORDER BY p.id"
    ))
    .bind(*ids.start())
    .bind(*ids.end())
    .fetch_all(&mut *look)
    .await
    .map_err(StoreError::at("look at payments of claims"))?;
    let mut payments: HashMap<i64, Vec<Posting>> = HashMap::with_capacity(rows.len());
    for row in &rows {
        payments.entry(row.get(0)).or_default().push(posting(row));
    }
    Ok(payments)
}

/// What was said of claims one by one, but for what payments say.
async fn said(look: &mut Snapshot, ids: &RangeInclusive<i64>) -> Result<HashMap<i64, Vec<ClaimStatus>>, StoreError> {
    let rows = query(
        "SELECT claim_id, status FROM claim_event WHERE claim_id >= ? AND claim_id <= ? AND status IS NOT NULL
         AND undone_at IS NULL AND kind <> '835'",
    )
    .bind(*ids.start())
    .bind(*ids.end())
    .fetch_all(&mut *look)
    .await
    .map_err(StoreError::at("look at events of claims"))?;
    let mut said: HashMap<i64, Vec<ClaimStatus>> = HashMap::with_capacity(rows.len());
    for row in &rows {
        said.entry(row.get(0)).or_default().extend(ClaimStatus::from_code(row.get(1)));
    }
    Ok(said)
}

fn judge(claim: &Told, payments: &[Posting], said: &[ClaimStatus], found: &mut Findings) {
    let sum = posted(payments);
    let expected = expected(claim, sum.status, said);
    let stands = standing(claim);
    if let (Some(first), false) = (expected.first(), stands.is_some_and(|stands| expected.contains(&stands))) {
        found.add(claim.wrong(STATUS, Quantity::Status(Some(*first)), Quantity::Status(stands)));
    }
    if claim.paid != sum.paid {
        found.add(claim.wrong(PAID, Quantity::Money(sum.paid), Quantity::Money(claim.paid)));
    }
    if claim.share != sum.patient_responsibility {
        let (expected, told) = (Quantity::Money(sum.patient_responsibility), Quantity::Money(claim.share));
        found.add(claim.wrong(SHARE, expected, told));
    }
    if claim.is_with_another_payer {
        found.add(claim.wrong(PAYER, Quantity::Count(0), Quantity::Count(1)));
    }
}

/// A claim of which nothing was said by itself has its batch's status.
fn standing(claim: &Told) -> Option<ClaimStatus> {
    match claim.status {
        Some(ClaimStatus::Accepted | ClaimStatus::Batched) => claim.batch_status.or(claim.status),
        status => status,
    }
}

/// The statuses that it may have. What payments say is one; of answers that reach as far, either may have come last.
fn expected(claim: &Told, paid: Option<ClaimStatus>, said: &[ClaimStatus]) -> Vec<ClaimStatus> {
    // What we refused ourselves stays so, whatever is said of it.
    if said.contains(&ClaimStatus::Rejected) {
        return vec![ClaimStatus::Rejected];
    }
    if let Some(paid) = paid {
        return vec![paid];
    }
    let furthest = |all: &[ClaimStatus]| -> Vec<ClaimStatus> {
        let furthest = all.iter().map(|one| reach(*one)).max();
        all.iter().copied().filter(|one| Some(reach(*one)) == furthest).collect()
    };
    let with_batch: Vec<ClaimStatus> = said.iter().copied().chain(claim.batch_status).collect();
    let mut expected = furthest(&with_batch);
    if claim.batch_status == Some(ClaimStatus::PayerRejected) {
        // Where a decision was taken back since, it stands where its own answers put it.
        expected.extend(furthest(said));
    }
    if with_batch.is_empty() {
        expected = vec![ClaimStatus::Batched, ClaimStatus::Accepted];
    }
    expected
}

/// How far an answer moves a claim: a denial that is told, and not paid, as far as a refusal.
fn reach(said: ClaimStatus) -> u8 {
    match said {
        ClaimStatus::Received => 0,
        ClaimStatus::Accepted => 1,
        ClaimStatus::Batched => 2,
        ClaimStatus::Sent => 3,
        ClaimStatus::PayerReceived => 4,
        ClaimStatus::PayerAccepted => 5,
        ClaimStatus::Pending => 6,
        ClaimStatus::PayerRejected | ClaimStatus::Denied => 7,
        ClaimStatus::Rejected
        | ClaimStatus::Paid
        | ClaimStatus::PartiallyPaid
        | ClaimStatus::Reversed
        | ClaimStatus::Forwarded => 8,
    }
}
