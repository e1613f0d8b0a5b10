//! Sums over all claims and all money, for `claimgate reconcile`. Each question finds what does not add up;
//! an empty answer to all of them is the proof.

use super::search::{EFFECTIVE_STATUS, status};
use super::sql::query;
use super::{Store, StoreError};
use crate::domain::{Cents, ClaimStatus};

/// Claims of one status, received since a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusSum {
    pub status: ClaimStatus,
    pub claims: i64,
    pub charge: Cents,
}

/// What submitters handed in, as their files' own counts say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceivedSum {
    pub submissions: i64,
    /// Still being checked: their claims are not counted yet.
    pub unchecked: i64,
    pub claims: i64,
    pub rejected: i64,
    pub charge: Cents,
}

/// Money of remittances, by what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoneySum {
    pub remittances: i64,
    /// BPR02 of all that are no repeats.
    pub paid_by_payers: Cents,
    pub on_claims: Cents,
    pub unmatched: Cents,
    /// In remittances that do not balance and wait for a person.
    pub held: Cents,
    /// PLB: what payers kept or added beside claims.
    pub adjustments: Cents,
}

/// Something that does not add up: what, and which file, batch or claim by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    pub rule: &'static str,
    pub subject: i64,
    pub expected: i64,
    pub found: i64,
}

/// Each finds rows of (id, expected, found) that differ; `?1` is the time from which submissions count.
const RULES: &[(&str, &str)] = &[
    (
        "a submission's count of claims is not that of its claims",
        "SELECT s.id, s.claims, COUNT(c.id) FROM submission s LEFT JOIN claim c ON c.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.state IN (1, 2) GROUP BY s.id HAVING s.claims <> COUNT(c.id)",
    ),
    (
        "a submission's charge is not that of its claims",
        "SELECT s.id, s.charge, coalesce(SUM(c.charge), 0) FROM submission s LEFT JOIN claim c ON c.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.state IN (1, 2) GROUP BY s.id HAVING s.charge <> coalesce(SUM(c.charge), 0)",
    ),
    (
        "a submission's count of rejected claims is not that of its claims",
        "SELECT s.id, s.rejected, coalesce(SUM(CASE WHEN c.status = 1 THEN 1 END), 0) FROM submission s LEFT JOIN claim c ON c.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.state IN (1, 2) GROUP BY s.id HAVING s.rejected <> coalesce(SUM(CASE WHEN c.status = 1 THEN 1 END), 0)",
    ),
    (
        "an accepted claim is in no batch although its submission was routed",
        "SELECT c.id, 1, 0 FROM claim c JOIN submission s ON s.id = c.submission_id
         WHERE s.received_at >= ?1 AND s.state = 2 AND c.status = 2 AND c.batch_id IS NULL
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.kind = 'route' AND e.state = 0)",
    ),
    (
        "a claim is in a batch that is not there",
        "SELECT c.id, 1, 0 FROM claim c LEFT JOIN batch b ON b.id = c.batch_id
         WHERE c.batch_id IS NOT NULL AND b.id IS NULL AND ?1 = ?1",
    ),
    (
        "a batch's count of claims is not that of the claims in it",
        "SELECT b.id, b.claims, COUNT(c.id) FROM batch b LEFT JOIN claim c ON c.batch_id = b.id
         WHERE b.opened_at >= ?1 GROUP BY b.id HAVING b.claims <> COUNT(c.id)",
    ),
    (
        "a batch's charge is not that of the claims in it",
        "SELECT b.id, b.charge, coalesce(SUM(c.charge), 0) FROM batch b LEFT JOIN claim c ON c.batch_id = b.id
         WHERE b.opened_at >= ?1 GROUP BY b.id HAVING b.charge <> coalesce(SUM(c.charge), 0)",
    ),
    (
        "a batch's transactions do not hold all its claims",
        "SELECT b.id, b.claims, coalesce(SUM(t.claims), 0) FROM batch b LEFT JOIN batch_transaction t ON t.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.state IN (2, 3) GROUP BY b.id HAVING b.claims <> coalesce(SUM(t.claims), 0)",
    ),
    (
        "a batch that is built has not exactly one delivery",
        "SELECT b.id, 1, COUNT(d.id) FROM batch b LEFT JOIN delivery d ON d.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.state IN (2, 3) GROUP BY b.id HAVING COUNT(d.id) <> 1",
    ),
    (
        "a batch counts as sent although its delivery does not",
        "SELECT b.id, 1, d.state FROM batch b JOIN delivery d ON d.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.state = 3 AND d.sent_at IS NULL",
    ),
    (
        "a claim's paid amount is not the sum of its payments",
        "SELECT c.id, c.paid, coalesce(SUM(CASE WHEN r.state = 0 THEN p.paid END), 0) FROM claim c
         LEFT JOIN payment p ON p.claim_id = c.id LEFT JOIN remittance r ON r.id = p.remittance_id
         JOIN submission s ON s.id = c.submission_id WHERE s.received_at >= ?1
         GROUP BY c.id HAVING c.paid <> coalesce(SUM(CASE WHEN r.state = 0 THEN p.paid END), 0)",
    ),
    (
        "a remittance's payments are not all there",
        "SELECT r.id, r.claims, COUNT(p.id) FROM remittance r LEFT JOIN payment p ON p.remittance_id = r.id
         WHERE r.received_at >= ?1 AND r.state IN (0, 1) GROUP BY r.id HAVING r.claims <> COUNT(p.id)",
    ),
    (
        "a remittance's claims do not add up to what it says it paid on claims",
        "SELECT r.id, r.claims_paid, coalesce(SUM(p.paid), 0) FROM remittance r LEFT JOIN payment p ON p.remittance_id = r.id
         WHERE r.received_at >= ?1 AND r.state IN (0, 1) GROUP BY r.id HAVING r.claims_paid <> coalesce(SUM(p.paid), 0)",
    ),
    (
        "a posted remittance does not balance: its amount is not its claims less its adjustments",
        "SELECT r.id, r.amount, r.claims_paid - r.adjustments FROM remittance r
         WHERE r.received_at >= ?1 AND r.state = 0 AND r.problem = '' AND r.amount <> r.claims_paid - r.adjustments",
    ),
    (
        "a payment of a posted remittance is on no claim and in no exception",
        "SELECT p.id, 1, 0 FROM payment p JOIN remittance r ON r.id = p.remittance_id
         WHERE r.received_at >= ?1 AND r.state = 0 AND p.claim_id IS NULL
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.payment_id = p.id)",
    ),
    (
        "a payer's file was kept but never worked",
        "SELECT i.id, 2, i.state FROM inbound i WHERE i.received_at >= ?1 AND i.state IN (0, 1)
         AND i.received_at < (SELECT coalesce(MAX(received_at), 0) - 3600000 FROM inbound)",
    ),
];

impl Store {
    pub async fn received_sum(&self, since_ms: i64) -> Result<ReceivedSum, StoreError> {
        let row = query(
            "SELECT COUNT(*), coalesce(SUM(CASE WHEN state = 0 THEN 1 END), 0), coalesce(SUM(claims), 0), coalesce(SUM(rejected), 0),
                    coalesce(SUM(charge), 0) FROM submission WHERE received_at >= ?",
        )
        .bind(since_ms)
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("sum what was received"))?;
        Ok(ReceivedSum {
            submissions: row.get(0),
            unchecked: row.get(1),
            claims: row.get(2),
            rejected: row.get(3),
            charge: Cents(row.get(4)),
        })
    }

    pub async fn status_sums(&self, since_ms: i64) -> Result<Vec<StatusSum>, StoreError> {
        let sql = format!(
            "SELECT {EFFECTIVE_STATUS} AS effective, COUNT(*), SUM(c.charge) FROM claim c
             LEFT JOIN batch b ON b.id = c.batch_id JOIN submission s ON s.id = c.submission_id
             WHERE s.received_at >= ? AND s.state IN (1, 2) GROUP BY effective ORDER BY effective"
        );
        let rows = query(sql)
            .bind(since_ms)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("sum claims by status"))?;
        rows.iter()
            .map(|row| Ok(StatusSum { status: status(row.get(0))?, claims: row.get(1), charge: Cents(row.get(2)) }))
            .collect()
    }

    pub async fn money_sum(&self, since_ms: i64) -> Result<MoneySum, StoreError> {
        let row = query(
            "SELECT COUNT(*), coalesce(SUM(amount), 0), coalesce(SUM(adjustments), 0),
                    coalesce(SUM(CASE WHEN state = 1 THEN claims_paid END), 0) FROM remittance
             WHERE received_at >= ? AND state IN (0, 1)",
        )
        .bind(since_ms)
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("sum remittances"))?;
        let paid = query(
            "SELECT coalesce(SUM(CASE WHEN p.claim_id IS NOT NULL THEN p.paid END), 0),
                    coalesce(SUM(CASE WHEN p.claim_id IS NULL THEN p.paid END), 0)
             FROM payment p JOIN remittance r ON r.id = p.remittance_id WHERE r.received_at >= ? AND r.state = 0",
        )
        .bind(since_ms)
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("sum payments"))?;
        Ok(MoneySum {
            remittances: row.get(0),
            paid_by_payers: Cents(row.get(1)),
            adjustments: Cents(row.get(2)),
            held: Cents(row.get(3)),
            on_claims: Cents(paid.get(0)),
            unmatched: Cents(paid.get(1)),
        })
    }

    /// Everything that does not add up, at most `limit` of each rule.
    pub async fn discrepancies(&self, since_ms: i64, limit: u32) -> Result<Vec<Discrepancy>, StoreError> {
        let mut found = Vec::new();
        for &(rule, sql) in RULES {
            let rows = query(format!("{sql} LIMIT ?2"))
                .bind(since_ms)
                .bind(limit)
                .fetch_all(self.readers())
                .await
                .map_err(StoreError::at("reconcile"))?;
            found.extend(rows.iter().map(|row| Discrepancy {
                rule,
                subject: row.get(0),
                expected: row.get(1),
                found: row.get(2),
            }));
        }
        Ok(found)
    }
}
