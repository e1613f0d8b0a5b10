//! The sums over claims.

use super::{Period, ReceivedSum, SentSum, Share, StatusSum};
use crate::domain::Cents;
use crate::store::StoreError;
use crate::store::search::{EFFECTIVE_STATUS, status};
use crate::store::sql::{Row, Snapshot, query};

pub(super) async fn received_sum(look: &mut Snapshot, period: Period) -> Result<ReceivedSum, StoreError> {
    let row = query(
        "SELECT COUNT(*), coalesce(SUM(CASE WHEN state = 0 THEN 1 END), 0), coalesce(SUM(claims), 0), coalesce(SUM(rejected), 0),
                coalesce(SUM(charge), 0) FROM submission WHERE received_at >= ? AND received_at < ?",
    )
    .bind(period.since_ms)
    .bind(period.until_ms)
    .fetch_one(&mut *look)
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

pub(super) async fn status_sums(look: &mut Snapshot, period: Period) -> Result<Vec<StatusSum>, StoreError> {
    let sql = format!(
        "SELECT effective, SUM(n), SUM(charge) FROM (
             SELECT {EFFECTIVE_STATUS} AS effective, COUNT(*) AS n, SUM(c.charge) AS charge FROM claim c
             LEFT JOIN batch b ON b.id = c.batch_id JOIN submission s ON s.id = c.submission_id
             WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2) GROUP BY effective
             UNION ALL
             SELECT g.status, SUM(g.claims), SUM(g.charge) FROM purged_claim g
             JOIN submission s ON s.id = g.submission_id
             WHERE s.received_at >= ?1 AND s.received_at < ?2 GROUP BY g.status) parts
         GROUP BY effective ORDER BY effective"
    );
    let rows = query(sql)
        .bind(period.since_ms)
        .bind(period.until_ms)
        .fetch_all(&mut *look)
        .await
        .map_err(StoreError::at("sum claims by status"))?;
    rows.iter()
        .map(|row| Ok(StatusSum { status: status(row.get(0))?, claims: row.get(1), charge: Cents(row.get(2)) }))
        .collect()
}

/// Of the batches that were sent in the period.
pub(super) async fn sent_sums(look: &mut Snapshot, period: Period) -> Result<Vec<SentSum>, StoreError> {
    let step = || StoreError::at("sum what was sent");
    let batches = query(
        "SELECT payer, coalesce(SUM(claims), 0), coalesce(SUM(charge), 0) FROM batch
         WHERE state = 3 AND sent_at >= ? AND sent_at < ? GROUP BY payer ORDER BY payer",
    );
    let rows = batches.bind(period.since_ms).bind(period.until_ms).fetch_all(&mut *look).await.map_err(step())?;
    let share = |row: &Row, at: usize| Share { claims: row.get(at), charge: Cents(row.get(at + 1)) };
    let mut sums: Vec<SentSum> = Vec::new();
    for row in &rows {
        let nothing = Share::default();
        let (payer, sent) = (row.get(0), share(row, 1));
        sums.push(SentSum { payer, sent, acknowledged: nothing, rejected: nothing, silent: nothing });
    }
    let sql = format!(
        "SELECT payer, CASE effective WHEN 6 THEN 6 WHEN 2 THEN 4 WHEN 3 THEN 4 WHEN 4 THEN 4 ELSE 5 END AS heard,
                SUM(n), SUM(charge) FROM (
             SELECT b.payer, {EFFECTIVE_STATUS} AS effective, COUNT(*) AS n, SUM(c.charge) AS charge
             FROM batch b JOIN claim c ON c.batch_id = b.id
             WHERE b.state = 3 AND b.sent_at >= ?1 AND b.sent_at < ?2 GROUP BY b.payer, effective
             UNION ALL
             SELECT b.payer, g.status, SUM(g.claims), SUM(g.charge) FROM batch b JOIN purged_claim g ON g.batch_id = b.id
             WHERE b.state = 3 AND b.sent_at >= ?1 AND b.sent_at < ?2 GROUP BY b.payer, g.status) parts
         GROUP BY payer, heard"
    );
    let query = query(sql).bind(period.since_ms).bind(period.until_ms);
    for row in &query.fetch_all(&mut *look).await.map_err(step())? {
        let payer: String = row.get(0);
        let Some(sum) = sums.iter_mut().find(|sum| sum.payer == payer) else { continue };
        match row.get::<i64>(1) {
            4 => sum.silent = share(row, 2),
            6 => sum.rejected = share(row, 2),
            _ => sum.acknowledged = share(row, 2),
        }
    }
    Ok(sums)
}
