//! What payers wrote beside their amounts, read one row after another: the adjustments (CAS) that explain what a payment
//! leaves unpaid, and the provider adjustments (PLB) of a remittance.

use serde::Deserialize;

use super::discrepancy::{Findings, Quantity};
use super::rules::Subject;
use super::{Discrepancy, Period};
use crate::domain::Cents;
use crate::domain::ids::{InboundId, first_of};
use crate::store::StoreError;
use crate::store::sql::{Row, Snapshot, query};

/// Rows that are in memory at one time; each has what a payer said of all lines of a claim.
const PIECE: i64 = 2_000;

const CAS: &str = "a payment's charge less its adjustments is not what it pays";
const PLB: &str = "a remittance's provider adjustments are not the sum of those that it lists";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    adjustments: Vec<Adjustment>,
    lines: Vec<Line>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    adjustments: Vec<Adjustment>,
}

#[derive(Deserialize)]
struct Adjustment {
    amount: Cents,
}

/// Payments and remittances of the period. A remittance that a person looked at need not add up.
pub(super) async fn look(look: &mut Snapshot, period: Period, found: &mut Findings) -> Result<(), StoreError> {
    payments(look, period, found).await?;
    remittances(look, period, found).await
}

async fn payments(look: &mut Snapshot, period: Period, found: &mut Findings) -> Result<(), StoreError> {
    let mut after = first_of(period.since_ms) - 1;
    loop {
        let rows = query(
            "SELECT p.id, p.claim_id, p.charge, p.paid, p.detail, r.inbound_id, r.trace
             FROM payment p CROSS JOIN remittance r
             WHERE p.id > ? AND r.id = p.remittance_id AND r.received_at >= ? AND r.received_at < ? AND r.state = 0
             AND r.problem = '' ORDER BY p.id LIMIT ?",
        )
        .bind(after)
        .bind(period.since_ms)
        .bind(period.until_ms)
        .bind(PIECE)
        .fetch_all(&mut *look)
        .await
        .map_err(StoreError::at("look at payments"))?;
        let Some(last) = rows.last() else { return Ok(()) };
        rows.iter().filter_map(unexplained).for_each(|one| found.add(one));
        after = last.get(0);
    }
}

fn unexplained(row: &Row) -> Option<Discrepancy> {
    let detail: Detail = serde_json::from_str(&row.get::<String>(4)).unwrap_or_default();
    let of_lines = detail.lines.iter().flat_map(|line| &line.adjustments);
    let adjusted: Cents = detail.adjustments.iter().chain(of_lines).map(|one| one.amount).sum();
    let (left, paid) = (Cents(row.get(2)) - adjusted, Cents(row.get(3)));
    let (about, subject) = match row.get::<Option<i64>>(1) {
        Some(claim) => (Subject::Claim, claim),
        None => (Subject::Payment, row.get(0)),
    };
    (left != paid).then(|| Discrepancy {
        rule: CAS,
        about,
        subject,
        place: place(row, 5),
        expected: Quantity::Money(left),
        found: Quantity::Money(paid),
    })
}

async fn remittances(look: &mut Snapshot, period: Period, found: &mut Findings) -> Result<(), StoreError> {
    let mut after = first_of(period.since_ms) - 1;
    loop {
        let rows = query(
            "SELECT r.id, r.adjustments, r.adjustment_list, r.inbound_id, r.trace
             FROM remittance r LEFT JOIN inbound i ON i.id = r.inbound_id
             WHERE r.id > ? AND r.received_at >= ? AND r.received_at < ? AND r.state IN (0, 1) AND i.purged_at IS NULL
             ORDER BY r.id LIMIT ?",
        )
        .bind(after)
        .bind(period.since_ms)
        .bind(period.until_ms)
        .bind(PIECE)
        .fetch_all(&mut *look)
        .await
        .map_err(StoreError::at("look at provider adjustments"))?;
        let Some(last) = rows.last() else { return Ok(()) };
        rows.iter().filter_map(unlisted).for_each(|one| found.add(one));
        after = last.get(0);
    }
}

fn unlisted(row: &Row) -> Option<Discrepancy> {
    let listed: Vec<Adjustment> = serde_json::from_str(&row.get::<String>(2)).unwrap_or_default();
    let (sum, told) = (listed.iter().map(|one| one.amount).sum::<Cents>(), Cents(row.get(1)));
    (sum != told).then(|| Discrepancy {
        rule: PLB,
        about: Subject::Remittance,
        subject: row.get(0),
        place: place(row, 3),
        expected: Quantity::Money(sum),
        found: Quantity::Money(told),
    })
}

/// From the payer's file and the check number, which follow each other.
fn place(row: &Row, at: usize) -> String {
    format!("file of a payer {}, check {}", InboundId(row.get(at)), row.get::<String>(at + 1))
}
