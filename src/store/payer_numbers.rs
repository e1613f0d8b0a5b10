//! Payers' numbers under which a claim was answered before another was told, or beside it: an answer under any of them is
//! about this claim. The latest stands with the claim itself; here stand the others, each with what told it, so that a
//! decision that is taken back takes only its own.

use std::collections::BTreeSet;

use super::awaited::try_learned;
use super::sql::{Tx, query, query_for};
use super::{Store, StoreError};
use crate::domain::Phi;
use crate::domain::ids::{ClaimId, ExceptionId};
use crate::domain::posting::Posting;

/// `told_by` of a number that an answer told which found its claim by itself, for good.
const FOR_GOOD: i64 = 0;

/// A claim and a number that its payer knows it by.
pub type Numbered = (ClaimId, Phi<String>);

/// No other claim of the payer is known by this number, which would make answers to that one doubtful. `number` is an
/// expression of SQL.
pub(super) fn not_anothers(number: &str) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM claim other
             WHERE other.payer_claim_control_number = {number} AND other.payer = claim.payer AND other.id <> claim.id)
         AND NOT EXISTS (SELECT 1 FROM payer_number n JOIN claim other ON other.id = n.claim_id
             WHERE n.number = {number} AND other.payer = claim.payer AND other.id <> claim.id)"
    )
}

/// A bound list of ids and numbers, as JSON, as a table.
const SAID_SQLITE: &str =
    "(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS number FROM json_each(?1)) AS said";
const SAID_POSTGRES: &str = "(SELECT CAST(one ->> 0 AS bigint) AS id, one ->> 1 AS number
     FROM jsonb_array_elements(CAST(?1 AS jsonb)) AS told(one)) AS said";

impl Store {
    /// The claims that were known by these numbers, beside the ones that stand with them.
    pub async fn other_payer_numbers(&self, numbers: &[&str]) -> Result<Vec<Numbered>, StoreError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let rows = query(
            "SELECT DISTINCT claim_id, number FROM payer_number WHERE number IN (SELECT value FROM list(?))
             ORDER BY claim_id, number",
        )
        .bind(numbers)
        .fetch_all(self.quick())
        .await
        .map_err(StoreError::at("find claims by earlier payers' numbers"))?;
        Ok(rows.iter().map(|row| (ClaimId(row.get(0)), Phi::new(row.get(1)))).collect())
    }
}

/// Numbers that answers tell of claims that have one: `told_by` is the event of the decision that applied the answer, if
/// there was one. Those that only repeat what stands with the claim for good are left out.
pub(super) async fn add_told(tx: &mut Tx, told: &[(i64, &str)], told_by: Option<i64>) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let insert = |said: &str| {
        format!(
            "INSERT INTO payer_number (claim_id, number, told_by) SELECT claim.id, said.number, CAST(?2 AS bigint)
             FROM {said} JOIN claim ON claim.id = said.id
             WHERE ?2 <> 0 OR (claim.payer_claim_control_number <> said.number
                OR EXISTS (SELECT 1 FROM payer_number n
                           WHERE n.claim_id = claim.id AND n.number = said.number AND n.told_by > 0)
                OR EXISTS (SELECT 1 FROM payment p
                           WHERE p.claim_id = claim.id AND p.payer_claim_control_number = said.number))
                AND {}
             ON CONFLICT (claim_id, number, told_by) DO NOTHING RETURNING claim_id",
            not_anothers("said.number")
        )
    };
    let rows = query_for(insert(SAID_SQLITE), insert(SAID_POSTGRES))
        .bind(as_json(told))
        .bind(told_by.unwrap_or(FOR_GOOD))
        .fetch_all(&mut *tx)
        .await
        .map_err(StoreError::at("keep payers' claim numbers"))?;
    if rows.is_empty() { Ok(()) } else { try_learned(tx, rows.iter().map(|row| row.get(0)).collect()).await }
}

/// Before a decision adds to what a claim's number rests on: that of the answers before it is for good.
pub(super) async fn keep_told(tx: &mut Tx, claim: ClaimId) -> Result<(), StoreError> {
    query(
        "INSERT INTO payer_number (claim_id, number, told_by)
         SELECT c.id, c.payer_claim_control_number, 0 FROM claim c
         WHERE c.id = ? AND c.payer_claim_control_number IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.claim_id = c.id
                           AND p.payer_claim_control_number = c.payer_claim_control_number)
           AND NOT EXISTS (SELECT 1 FROM payer_number n WHERE n.claim_id = c.id
                           AND n.number = c.payer_claim_control_number)
         ON CONFLICT (claim_id, number, told_by) DO NOTHING",
    )
    .bind(claim.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("keep a payer's claim number"))?;
    Ok(())
}

/// Before payments' numbers take the place of those that 277CAs and 277s told. What a payer writes for want of a number, for
/// one claim as for another, is none.
pub(super) async fn keep_displaced(tx: &mut Tx, latest: &[(i64, &str)]) -> Result<(), StoreError> {
    if latest.is_empty() {
        return Ok(());
    }
    let insert = |said: &str| {
        format!(
            "INSERT INTO payer_number (claim_id, number, told_by) SELECT claim.id, claim.payer_claim_control_number, 0
             FROM {said} JOIN claim ON claim.id = said.id
             WHERE claim.payer_claim_control_number IS NOT NULL AND claim.payer_claim_control_number <> said.number
               AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.claim_id = claim.id
                               AND p.payer_claim_control_number = claim.payer_claim_control_number)
               AND NOT EXISTS (SELECT 1 FROM payer_number n WHERE n.claim_id = claim.id
                               AND n.number = claim.payer_claim_control_number)
               AND {}
             ON CONFLICT (claim_id, number, told_by) DO NOTHING",
            not_anothers("claim.payer_claim_control_number")
        )
    };
    let kept = query_for(insert(SAID_SQLITE), insert(SAID_POSTGRES)).bind(as_json(latest)).execute(&mut *tx).await;
    kept.map_err(StoreError::at("keep payers' claim numbers"))?;
    Ok(())
}

/// Of claims with payments under several numbers, those that are not the latest.
pub(super) fn beside_the_latest<'a>(id: i64, postings: &'a [Posting], latest: Option<&str>) -> Vec<(i64, &'a str)> {
    let numbers = postings.iter().map(|one| one.payer_number.as_str());
    let others: BTreeSet<&str> = numbers.filter(|number| !number.is_empty() && Some(*number) != latest).collect();
    others.into_iter().map(|number| (id, number)).collect()
}

/// Keeps what [`beside_the_latest`] gave, after the latest stand with their claims.
pub(super) async fn add_paid(tx: &mut Tx, others: &[(i64, &str)]) -> Result<(), StoreError> {
    if others.is_empty() {
        return Ok(());
    }
    let insert = |said: &str| {
        format!(
            "INSERT INTO payer_number (claim_id, number, told_by) SELECT claim.id, said.number, -1
             FROM {said} JOIN claim ON claim.id = said.id
             WHERE coalesce(claim.payer_claim_control_number, '') <> said.number AND {}
             ON CONFLICT (claim_id, number, told_by) DO NOTHING",
            not_anothers("said.number")
        )
    };
    let added = query_for(insert(SAID_SQLITE), insert(SAID_POSTGRES)).bind(as_json(others)).execute(&mut *tx).await;
    added.map_err(StoreError::at("keep payments' claim numbers"))?;
    Ok(())
}

/// A decision is taken back: the number that its answer told goes, unless another told it too. Its payment, if it has
/// one, is the claim's no more.
pub(super) async fn forget_number(
    tx: &mut Tx,
    exception: ExceptionId,
    claim: ClaimId,
    event: Option<i64>,
) -> Result<(), StoreError> {
    let step = || StoreError::at("forget a payer's claim number");
    let row = query("SELECT response FROM exception WHERE id = ?").bind(exception.0).fetch_optional(&mut *tx);
    let Some(row) = row.await.map_err(step())? else { return Ok(()) };
    let response: serde_json::Value = serde_json::from_str(&row.get::<String>(0)).unwrap_or_default();
    let Some(number) = response["payer_claim_control_number"].as_str().filter(|number| !number.is_empty()) else {
        return Ok(());
    };
    query(
        "DELETE FROM payer_number WHERE claim_id = ?1 AND (told_by = ?2 OR told_by = -1 AND number = ?3
         AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.claim_id = ?1 AND p.payer_claim_control_number = ?3))",
    )
    .bind(claim.0)
    .bind(event.unwrap_or(-2))
    .bind(number)
    .execute(&mut *tx)
    .await
    .map_err(step())?;
    query(
        "UPDATE claim SET payer_claim_control_number = NULL WHERE id = ? AND payer_claim_control_number = ?
         AND NOT EXISTS (SELECT 1 FROM payer_number n WHERE n.claim_id = claim.id
                         AND n.number = claim.payer_claim_control_number)",
    )
    .bind(claim.0)
    .bind(number)
    .execute(&mut *tx)
    .await
    .map_err(step())?;
    Ok(())
}

/// A claim that lost its number stands under one of the others, if it has any.
pub(super) async fn stand_under_another(tx: &mut Tx, claim: ClaimId) -> Result<(), StoreError> {
    query(
        "UPDATE claim SET payer_claim_control_number =
             (SELECT n.number FROM payer_number n WHERE n.claim_id = claim.id ORDER BY n.told_by DESC, n.number LIMIT 1)
         WHERE id = ? AND payer_claim_control_number IS NULL",
    )
    .bind(claim.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("take another of a payer's claim numbers"))?;
    Ok(())
}

fn as_json(pairs: &[(i64, &str)]) -> String {
    serde_json::to_string(pairs).expect("numbers and texts are JSON")
}
