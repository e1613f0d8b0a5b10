//! Answers that wait for their claim: the numbers by which each would know it, and the batches that were sent since.
//! A batch is compared once with all that waits, whatever the number of either.
//!
//! Neither may miss the other. An answer looks for its claim first and is noted as waiting later; in between a batch may
//! be built and tried. So whoever adds to what waits counts it for the payer, and a batch is marked as tried only if
//! nothing was counted since its trial began; and what was tried since the answer began to look is tried again.

use std::collections::BTreeSet;

use super::exceptions::NewException;
use super::sql::{QueryBuilder, Row, Tx, query};
use super::{Store, StoreError};
use crate::domain::Phi;
use crate::domain::clock::SLACK_MS;
use crate::domain::ids::{BatchId, ClaimId, ExceptionId};

/// Rows of one statement: 2 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 10_000;

/// A batch whose claims were not yet compared with the answers that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntriedBatch {
    pub id: BatchId,
    pub payer: String,
}

/// The numbers of a claim by which an answer may look for it.
#[derive(Clone, Debug)]
pub struct ClaimNumbers {
    pub id: ClaimId,
    pub patient_control_number: Phi<String>,
    pub member_id: Phi<String>,
    pub payer_claim_control_number: Option<Phi<String>>,
    pub other_payer_numbers: Vec<Phi<String>>,
    /// The next payer, which may answer for it too.
    pub passed_on_to: Option<String>,
}

/// Of a batch, how often anything was added to what waits of its payers.
const TIMES: &str = "(SELECT coalesce(SUM(a.times), 0) FROM awaited_count a WHERE a.payer = batch.payer OR a.payer IN (
     SELECT c.passed_on_to FROM claim c WHERE c.batch_id = batch.id AND c.passed_on_to IS NOT NULL))";

/// The key of a claim that the payer knows by this number.
pub fn number_key(payer: &str, number: &str) -> String {
    format!("{}{number}", number_prefix(payer))
}

fn number_prefix(payer: &str) -> String {
    format!("{payer} number ")
}

impl Store {
    /// The oldest batches that were built and not tried.
    pub async fn untried_batches(&self, limit: u32) -> Result<Vec<UntriedBatch>, StoreError> {
        let rows =
            query("SELECT id, payer FROM batch WHERE isa13 IS NOT NULL AND tried_at IS NULL ORDER BY id LIMIT ?")
                .bind(i64::from(limit))
                .fetch_all(self.quick())
                .await
                .map_err(StoreError::at("find batches that answers may wait for"))?;
        Ok(rows.iter().map(|row| UntriedBatch { id: BatchId(row.get(0)), payer: row.get(1) }).collect())
    }

    /// Claims of a batch with ids after `after`, in their order.
    pub async fn claim_numbers_of_batch(
        &self,
        batch: BatchId,
        after: ClaimId,
        limit: u32,
    ) -> Result<Vec<ClaimNumbers>, StoreError> {
        let rows = query(
            "SELECT id, patient_control_number, member_id, payer_claim_control_number, passed_on_to FROM claim
             WHERE batch_id = ? AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(batch.0)
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read the numbers of a batch's claims"))?;
        let numbers = |row: &Row| ClaimNumbers {
            id: ClaimId(row.get(0)),
            patient_control_number: Phi::new(row.get(1)),
            member_id: Phi::new(row.get(2)),
            payer_claim_control_number: row.get::<Option<String>>(3).map(Phi::new),
            other_payer_numbers: Vec::new(),
            passed_on_to: row.get(4),
        };
        let mut claims: Vec<ClaimNumbers> = rows.iter().map(numbers).collect();
        let Some(last) = claims.last().map(|claim| claim.id) else { return Ok(claims) };
        let rows = query(
            "SELECT n.claim_id, n.number FROM claim c JOIN payer_number n ON n.claim_id = c.id
             WHERE c.batch_id = ? AND c.id > ? AND c.id <= ?",
        )
        .bind(batch.0)
        .bind(after.0)
        .bind(last.0)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read the earlier numbers of a batch's claims"))?;
        for row in &rows {
            if let Ok(place) = claims.binary_search_by_key(&row.get::<i64>(0), |claim| claim.id.0) {
                claims[place].other_payer_numbers.push(Phi::new(row.get(1)));
            }
        }
        Ok(claims)
    }

    /// True when any answer waits for its claim.
    pub async fn is_anything_awaited(&self) -> Result<bool, StoreError> {
        let row = query("SELECT 1 FROM awaited LIMIT 1").fetch_optional(self.quick()).await;
        Ok(row.map_err(StoreError::at("look for answers that wait"))?.is_some())
    }

    /// Answers that wait for one of these numbers.
    pub async fn awaiting(&self, keys: Vec<String>) -> Result<Vec<ExceptionId>, StoreError> {
        let rows = query("SELECT DISTINCT exception_id FROM awaited WHERE key IN (SELECT value FROM list(?))")
            .bind(keys)
            .fetch_all(self.quick())
            .await
            .map_err(StoreError::at("find answers that wait for a claim"))?;
        Ok(rows.iter().map(|row| ExceptionId(row.get(0))).collect())
    }

    /// How often anything was added to what waits of the payers of a batch, those its claims were passed on to among them.
    /// Read before it is tried.
    pub async fn times_awaited(&self, batch: BatchId) -> Result<i64, StoreError> {
        let sql = format!("SELECT {TIMES} FROM batch WHERE id = ?");
        let row = query(sql).bind(batch.0).fetch_optional(self.readers());
        Ok(row.await.map_err(StoreError::at("count what waits"))?.map_or(0, |row| row.get(0)))
    }

    /// Marks a batch as tried with all that waited when `times` was read. `false`: more was added since.
    pub async fn mark_batch_tried(&self, batch: BatchId, times: i64, at: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let marked = query(format!("UPDATE batch SET tried_at = ? WHERE id = ? AND {TIMES} = ?"))
            .bind(at)
            .bind(batch.0)
            .bind(times)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("mark a batch as tried"))?;
        tx.commit().await.map_err(StoreError::at("mark a batch as tried"))?;
        Ok(marked.rows_affected() == 1)
    }
}

/// Writes what new exceptions wait for. Their answers looked for claims at some time after `since`; batches that were
/// tried in the meantime are tried again, and those with a claim whose payer's number was learned in the meantime.
pub(super) async fn add_awaited(tx: &mut Tx, exceptions: &[NewException], since: i64) -> Result<(), StoreError> {
    let rows: Vec<(&str, i64)> =
        exceptions.iter().flat_map(|one| one.awaits.iter().map(|key| (key.as_str(), one.id.0))).collect();
    for part in rows.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new("INSERT INTO awaited (key, exception_id) ");
        insert.push_values(part, |row, (key, id)| {
            row.push_bind(*key).push_bind(*id);
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("note what answers wait for"))?;
    }
    // All of one file, so of one payer.
    let Some(first) = exceptions.iter().find(|one| !one.awaits.is_empty()) else { return Ok(()) };
    count_awaited(tx, &first.payer).await?;
    let prefix = number_prefix(&first.payer);
    let numbers: Vec<&str> = rows.iter().filter_map(|(key, _)| key.strip_prefix(&prefix)).collect();
    query(
        "UPDATE batch SET tried_at = NULL WHERE tried_at IS NOT NULL AND payer = ?1 AND (tried_at >= ?2 OR id IN (
             SELECT c.batch_id FROM claim c
             WHERE c.payer_claim_control_number IN (SELECT value FROM list(?3)) AND c.payer = ?1) OR id IN (
             SELECT c.batch_id FROM payer_number n JOIN claim c ON c.id = n.claim_id
             WHERE n.number IN (SELECT value FROM list(?3)) AND c.payer = ?1))",
    )
    .bind(&first.payer)
    .bind(since - SLACK_MS)
    .bind(numbers.clone())
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("try a batch again"))?;
    // Batches of other payers, with claims that were passed on to this one.
    query(
        "UPDATE batch SET tried_at = NULL WHERE tried_at >= ? AND EXISTS (
             SELECT 1 FROM claim c WHERE c.batch_id = batch.id AND c.passed_on_to = ?)",
    )
    .bind(since - SLACK_MS)
    .bind(&first.payer)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("try a batch again"))?;
    query(
        "UPDATE batch SET tried_at = NULL WHERE tried_at IS NOT NULL AND id IN (
             SELECT c.batch_id FROM claim c
             WHERE c.payer_claim_control_number IN (SELECT value FROM list(?)) AND c.passed_on_to = ?)",
    )
    .bind(numbers)
    .bind(&first.payer)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("try a batch again"))?;
    Ok(())
}

/// Claims were passed on to another payer, whose answers may have come before: their batches are tried again.
pub(super) async fn try_passed_on(tx: &mut Tx, claims: &[i64]) -> Result<(), StoreError> {
    let rows = query(
        "SELECT DISTINCT payer, batch_id FROM claim
         WHERE id IN (SELECT value FROM list(?)) AND batch_id IS NOT NULL AND payer IS NOT NULL",
    )
    .bind(claims)
    .fetch_all(&mut *tx)
    .await
    .map_err(StoreError::at("find the batches of claims passed on"))?;
    try_batches(tx, &rows).await
}

/// Payers' numbers were learned for these claims: the batches of those whose number is waited for are tried again.
pub(super) async fn try_learned(tx: &mut Tx, claims: Vec<i64>) -> Result<(), StoreError> {
    // The key as `number_key` writes it.
    let rows = query(
        "SELECT DISTINCT c.payer, c.batch_id FROM claim c
         WHERE c.id IN (SELECT value FROM list(?)) AND c.batch_id IS NOT NULL AND (
             EXISTS (SELECT 1 FROM awaited a WHERE a.key = c.payer || ' number ' || c.payer_claim_control_number)
             OR c.passed_on_to IS NOT NULL AND EXISTS (
                 SELECT 1 FROM awaited a WHERE a.key = c.passed_on_to || ' number ' || c.payer_claim_control_number)
             OR EXISTS (SELECT 1 FROM payer_number n JOIN awaited a
                 ON a.key IN (c.payer || ' number ' || n.number, c.passed_on_to || ' number ' || n.number)
                 WHERE n.claim_id = c.id))",
    )
    .bind(claims)
    .fetch_all(&mut *tx)
    .await
    .map_err(StoreError::at("find answers that wait for a number"))?;
    try_batches(tx, &rows).await
}

/// Rows of payer and batch.
async fn try_batches(tx: &mut Tx, rows: &[Row]) -> Result<(), StoreError> {
    let payers: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    for payer in &payers {
        count_awaited(tx, payer).await?;
    }
    let batches: Vec<i64> = rows.iter().map(|row| row.get(1)).collect();
    query("UPDATE batch SET tried_at = NULL WHERE tried_at IS NOT NULL AND id IN (SELECT value FROM list(?))")
        .bind(batches)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("try a batch again"))?;
    Ok(())
}

/// The same for numbers that a payer's payments told of their claims: few of very many, if any, are waited for.
pub(super) async fn try_paid(tx: &mut Tx, payer: &str, paid: &[(ClaimId, &str)]) -> Result<(), StoreError> {
    let keys: Vec<String> = paid.iter().map(|(_, number)| number_key(payer, number)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let rows = query("SELECT DISTINCT key FROM awaited WHERE key IN (SELECT value FROM list(?))")
        .bind(keys)
        .fetch_all(&mut *tx)
        .await
        .map_err(StoreError::at("find answers that wait for a payment's number"))?;
    let waited: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let is_waited = |number: &str| waited.contains(&number_key(payer, number));
    let claims: Vec<i64> = paid.iter().filter(|(_, number)| is_waited(number)).map(|(claim, _)| claim.0).collect();
    if claims.is_empty() { Ok(()) } else { try_learned(tx, claims).await }
}

/// A batch whose trial is under way is not marked as tried.
async fn count_awaited(tx: &mut Tx, payer: &str) -> Result<(), StoreError> {
    query(
        "INSERT INTO awaited_count (payer, times) VALUES (?, 1)
         ON CONFLICT (payer) DO UPDATE SET times = awaited_count.times + 1",
    )
    .bind(payer)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("count what waits"))?;
    Ok(())
}

/// It waits no more: a person or a late claim ended it.
pub(super) async fn forget_awaited(tx: &mut Tx, id: ExceptionId) -> Result<(), StoreError> {
    let gone = query("DELETE FROM awaited WHERE exception_id = ?").bind(id.0).execute(&mut *tx).await;
    gone.map_err(StoreError::at("forget what an answer waited for"))?;
    Ok(())
}
