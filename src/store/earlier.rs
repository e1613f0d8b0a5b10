//! Earlier remittances with the number of a new one: that one may be the same payment again.

use std::collections::HashSet;

use serde::Deserialize;

use super::exceptions::ExceptionState;
use super::remittances::RemittanceState;
use super::sql::{Row, Tx, query, query_for};
use super::{Store, StoreError};
use crate::domain::Cents;
use crate::domain::ids::{ClaimId, RemittanceId};
use crate::domain::payment_facts::{Likeness, PaymentFacts};

/// An earlier remittance that a new one may repeat.
#[derive(Clone, Debug)]
pub struct EarlierRemittance {
    pub id: RemittanceId,
    pub trace: String,
    pub trace_payer: String,
    pub amount: Cents,
    pub payment_date: String,
    pub payee: (String, String),
    pub state: RemittanceState,
    /// It was held, and a person dismissed it.
    pub put_aside: bool,
    pub digest: Vec<u8>,
}

impl EarlierRemittance {
    pub fn facts(&self) -> PaymentFacts<'_> {
        PaymentFacts {
            trace: &self.trace,
            originator: &self.trace_payer,
            amount: self.amount,
            date: &self.payment_date,
            payee_npi: &self.payee.0,
            payee_tin: &self.payee.1,
        }
    }
}

impl Store {
    /// Remittances of the payer with one of these check or EFT numbers, repeats left out.
    pub async fn earlier_remittances(
        &self,
        payer: &str,
        traces: &[&str],
    ) -> Result<Vec<EarlierRemittance>, StoreError> {
        let rows = query(format!(
            "{COLUMNS} WHERE trace IN (SELECT value FROM list(?)) AND payer = ? AND state <> 2 ORDER BY id"
        ))
        .bind(traces.to_vec())
        .bind(payer)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find earlier remittances"))?;
        let mut all: Vec<EarlierRemittance> = rows.iter().map(earlier).collect();
        let held = |row: &&Row| state_of(row) == RemittanceState::Held;
        let files: Vec<i64> = rows.iter().filter(held).map(|row| row.get(9)).collect();
        if !files.is_empty() {
            let put_aside = self.put_aside(files).await?;
            all.iter_mut().for_each(|one| one.put_aside = put_aside.contains(&one.id));
        }
        Ok(all)
    }

    /// The held remittances of these files that a person dismissed.
    async fn put_aside(&self, files: Vec<i64>) -> Result<HashSet<RemittanceId>, StoreError> {
        #[derive(Deserialize)]
        struct Held {
            remittance: RemittanceId,
        }
        let rows = query(
            "SELECT response FROM exception
             WHERE inbound_id IN (SELECT value FROM list(?)) AND kind = 'balance' AND state = 2",
        )
        .bind(files)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find dismissed remittances"))?;
        let held = rows.iter().filter_map(|row| serde_json::from_str::<Held>(&row.get::<String>(0)).ok());
        Ok(held.map(|held| held.remittance).collect())
    }

    /// Those of these remittances that pay the claim.
    pub async fn remittances_paying(
        &self,
        claim: ClaimId,
        among: Vec<i64>,
    ) -> Result<HashSet<RemittanceId>, StoreError> {
        let rows =
            query("SELECT remittance_id FROM payment WHERE claim_id = ?").bind(claim.0).fetch_all(self.readers());
        let rows = rows.await.map_err(StoreError::at("find the remittances of a claim"))?;
        let all = rows.iter().map(|row| row.get::<i64>(0)).filter(|id| among.contains(id));
        Ok(all.map(RemittanceId).collect())
    }
}

/// The posted remittance that is the same payment as this one, or one of another amount under its number that pays claims of
/// it: with this one they would count twice. Payments of nothing share their number and are not asked.
pub(super) async fn posted_already(tx: &mut Tx, id: RemittanceId) -> Result<Option<RemittanceId>, StoreError> {
    let own = query(format!("{COLUMNS} WHERE id = ?")).bind(id.0).fetch_optional(&mut *tx).await;
    let Some(row) = own.map_err(StoreError::at("read a remittance"))? else { return Ok(None) };
    let (own, payer) = (earlier(&row), row.get::<String>(10));
    if own.amount == Cents::ZERO || own.trace.is_empty() {
        return Ok(None);
    }
    let rows = query(format!("{COLUMNS} WHERE trace = ? AND payer = ? AND state = 0 AND id <> ?"))
        .bind(&own.trace)
        .bind(&payer)
        .bind(id.0)
        .fetch_all(&mut *tx)
        .await
        .map_err(StoreError::at("find the same payment"))?;
    let posted: Vec<EarlierRemittance> = rows.iter().map(earlier).collect();
    let is_like = |one: &&EarlierRemittance| own.facts().likeness_but_amount(&one.facts()) == Likeness::Same;
    for one in posted.iter().filter(is_like) {
        if one.amount == own.amount || (one.amount != Cents::ZERO && pay_the_same(tx, id, one.id).await?) {
            return Ok(Some(one.id));
        }
    }
    Ok(None)
}

/// Whether both say the same kind of payment (CLP02) of a claim.
async fn pay_the_same(tx: &mut Tx, one: RemittanceId, other: RemittanceId) -> Result<bool, StoreError> {
    let found = query(
        "SELECT 1 FROM payment a JOIN payment b ON b.claim_id = a.claim_id AND b.clp_status = a.clp_status
         WHERE a.remittance_id = ? AND b.remittance_id = ? LIMIT 1",
    )
    .bind(one.0)
    .bind(other.0)
    .fetch_optional(&mut *tx)
    .await;
    Ok(found.map_err(StoreError::at("compare the claims of two remittances"))?.is_some())
}

/// Who puts a held remittance aside when one that adds up takes its place.
const BY_GATEWAY: &str = "claimgate";

/// Dismisses the exception of a held remittance: the posted one is the same payment. `false`: it was released
/// meanwhile.
pub(super) async fn put_aside(
    tx: &mut Tx,
    held: RemittanceId,
    posted: RemittanceId,
    at: i64,
) -> Result<bool, StoreError> {
    let note = format!("remittance {posted}, which came later and adds up, was posted for the same payment");
    if close_held(tx, held, ExceptionState::Dismissed, (BY_GATEWAY, at, Some(note))).await? {
        return Ok(true);
    }
    let row = query("SELECT state FROM remittance WHERE id = ?").bind(held.0).fetch_optional(&mut *tx).await;
    let row = row.map_err(StoreError::at("read whether a remittance is held"))?;
    Ok(row.is_none_or(|row| row.get::<i64>(0) != RemittanceState::Posted as i64))
}

/// Closes the exception of a held remittance, if it is open.
pub(super) async fn close_held(
    tx: &mut Tx,
    held: RemittanceId,
    state: ExceptionState,
    (by, at, note): (&str, i64, Option<String>),
) -> Result<bool, StoreError> {
    let closed = query_for(
        "UPDATE exception SET state = ?, resolved_by = ?, resolved_at = ?, note = coalesce(?, note)
         WHERE kind = 'balance' AND state = 0 AND json_extract(response, '$.remittance') = ?
           AND inbound_id = (SELECT inbound_id FROM remittance WHERE id = ?)",
        "UPDATE exception SET state = ?, resolved_by = ?, resolved_at = ?, note = coalesce(?, note)
         WHERE kind = 'balance' AND state = 0 AND CAST(response AS jsonb) ->> 'remittance' = ?
           AND inbound_id = (SELECT inbound_id FROM remittance WHERE id = ?)",
    )
    .bind(state as i64)
    .bind(by)
    .bind(at)
    .bind(note)
    .bind(held.to_string())
    .bind(held.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("close a held remittance's exception"))?;
    Ok(closed.rows_affected() > 0)
}

const COLUMNS: &str =
    "SELECT id, trace, trace_payer, amount, payment_date, payee_npi, payee_tin, digest, state, inbound_id,
    payer FROM remittance ";

fn state_of(row: &Row) -> RemittanceState {
    match row.get::<i64>(8) {
        0 => RemittanceState::Posted,
        1 => RemittanceState::Held,
        _ => RemittanceState::Repeat,
    }
}

fn earlier(row: &Row) -> EarlierRemittance {
    EarlierRemittance {
        id: RemittanceId(row.get(0)),
        trace: row.get(1),
        trace_payer: row.get(2),
        amount: Cents(row.get(3)),
        payment_date: row.get(4),
        payee: (row.get(5), row.get(6)),
        state: state_of(row),
        put_aside: false,
        digest: row.get(7),
    }
}
