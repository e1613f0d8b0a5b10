//! Remittances and their payments, and what a claim has been paid in total.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::awaited::{try_paid, try_passed_on};
use super::earlier::put_aside;
use super::events::{NewClaimEvent, add_claim_events};
use super::exceptions::{NewException, add_exceptions};
use super::inbound::{InboundState, move_inbound};
use super::leases::{Lease, must_hold};
use super::mail::{NewMail, put_mail};
use super::payer_numbers::{add_paid, beside_the_latest, keep_displaced, not_anothers};
use super::sql::{QueryBuilder, Row, Tx, query, query_for};
use super::{Store, StoreError};
use crate::domain::ids::{ClaimId, InboundId, PaymentId, RemittanceId};
use crate::domain::posting::{PaymentKind, Posting, posted};
use crate::domain::{Cents, ClaimStatus, Phi};

/// Rows of one statement: 22 values of a remittance at most, for half as many; 15 of a payment, SQLite takes 32,766.
const ROWS_MAX: usize = 2_000;

/// The numbers are the store's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemittanceState {
    /// Its payments count.
    Posted = 0,
    /// It does not add up; a person looks at it first.
    Held = 1,
    /// It says what an earlier one said.
    Repeat = 2,
}

impl RemittanceState {
    pub const ALL: [RemittanceState; 3] = [RemittanceState::Posted, RemittanceState::Held, RemittanceState::Repeat];

    pub fn as_str(self) -> &'static str {
        match self {
            RemittanceState::Posted => "posted",
            RemittanceState::Held => "held",
            RemittanceState::Repeat => "repeat",
        }
    }
}

/// One 835 transaction.
#[derive(Clone, Debug)]
pub struct RemittanceRow {
    pub id: RemittanceId,
    pub inbound_id: InboundId,
    /// Which 835 transaction of the file, from 0.
    pub ordinal: i64,
    pub payer: String,
    pub trace: String,
    pub trace_payer: String,
    pub amount: Cents,
    pub method: String,
    pub payment_date: String,
    pub payee_npi: String,
    pub payee_tin: String,
    pub payee_name: String,
    pub claims: i64,
    pub claims_paid: Cents,
    pub adjustments: Cents,
    /// JSON list of the PLB adjustments.
    pub adjustment_list: String,
    pub state: RemittanceState,
    pub problem: String,
    pub digest: Vec<u8>,
    pub received_at: i64,
    /// Submitters were handed its provider adjustments with their parts.
    pub adjustments_handed: bool,
    /// Whose each of them is, by the list; empty: nobody's, or not known.
    pub adjustment_owners: Vec<Option<String>>,
    /// The submitter that has all of them by a letter of a decision.
    pub adjustments_with: Option<String>,
}

impl RemittanceRow {
    /// Which of the adjustments this submitter was handed, by their place in the list; `None`: an earlier version handed them
    /// to somebody.
    pub fn adjustments_of(&self, submitter: &str) -> Option<Vec<usize>> {
        let all = serde_json::from_str::<Vec<serde_json::Value>>(&self.adjustment_list).map_or(0, |list| list.len());
        if all == 0 || !self.adjustments_handed {
            return Some(Vec::new());
        }
        if let Some(with) = &self.adjustments_with {
            return Some(if with == submitter { (0..all).collect() } else { Vec::new() });
        }
        let is_own = |n: &usize| self.adjustment_owners.get(*n).is_some_and(|one| one.as_deref() == Some(submitter));
        (!self.adjustment_owners.is_empty()).then(|| (0..all).filter(is_own).collect())
    }
}

/// One CLP.
#[derive(Clone, Debug)]
pub struct PaymentRow {
    pub id: PaymentId,
    pub remittance_id: RemittanceId,
    pub ordinal: i64,
    pub claim_id: Option<ClaimId>,
    pub patient_control_number: Phi<String>,
    pub clp_status: String,
    pub charge: Cents,
    pub paid: Cents,
    pub patient_responsibility: Cents,
    pub denied: Cents,
    pub payer_claim_control_number: Phi<String>,
    pub rule: String,
    pub evidence: String,
    /// JSON: adjustments, lines, remarks.
    pub detail: Phi<String>,
}

/// All that the remittances of one file change.
#[derive(Debug)]
pub struct Remitted {
    pub inbound_id: InboundId,
    /// When its payments began to look for their claims.
    pub at: i64,
    pub notes: Vec<String>,
    /// Sentences that the payer does not see.
    pub house_notes: Vec<String>,
    /// The file whose remittances are all that this one holds.
    pub repeat_of: Option<InboundId>,
    pub remittances: Vec<RemittanceRow>,
    pub payments: Vec<PaymentRow>,
    pub passed_on: Vec<PassedOn>,
    pub claim_events: Vec<NewClaimEvent>,
    pub exceptions: Vec<NewException>,
    pub mail: Vec<NewMail>,
    /// Held ones, each with the posted one that is the same payment and adds up.
    pub instead_of: Vec<(RemittanceId, RemittanceId)>,
}

/// A claim that its payer passed on.
#[derive(Clone, Debug)]
pub struct PassedOn {
    /// The partner that has it now; `None`: none of ours.
    pub to: Option<String>,
    /// Of the claim.
    pub event: NewClaimEvent,
}

/// A payment whose claim was found after it was recorded.
#[derive(Clone, Debug)]
pub struct LateMatch {
    pub payment_id: PaymentId,
    pub claim_id: ClaimId,
    pub rule: &'static str,
    pub evidence: String,
}

pub(super) const COLUMNS: &str =
    "SELECT id, inbound_id, ordinal, payer, trace, trace_payer, amount, method, payment_date, payee_npi,
    payee_tin, payee_name, claims, claims_paid, adjustments, adjustment_list, state, problem, digest, received_at,
    adjustments_handed, adjustment_owners,
    (SELECT m.partner FROM mail m WHERE m.id = remittance.adjustments_mail) FROM remittance ";
pub(super) const PAYMENT_COLUMNS: &str =
    "SELECT p.id, p.remittance_id, p.ordinal, p.claim_id, p.patient_control_number, p.clp_status,
    p.charge, p.paid, p.patient_responsibility, p.denied, p.payer_claim_control_number, p.rule, p.evidence, p.detail
    FROM payment p ";

impl Store {
    /// Records all remittances of a file, posts what may be posted, and ends the file. `false`: another worker did. Only
    /// under the lease of the payer's files: what they were compared with is still all there is.
    pub async fn record_remittances(&self, remitted: &Remitted, lease: &Lease) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        must_hold(&mut tx, lease).await?;
        if !move_inbound(&mut tx, remitted.inbound_id, InboundState::Correlated, InboundState::Done).await? {
            return Ok(false);
        }
        query("UPDATE inbound SET notes = ?, house_notes = ?, repeat_of = ? WHERE id = ?")
            .bind(serde_json::to_string(&remitted.notes).expect("sentences are JSON"))
            .bind(serde_json::to_string(&remitted.house_notes).expect("sentences are JSON"))
            .bind(remitted.repeat_of.map(|id| id.0))
            .bind(remitted.inbound_id.0)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("describe a payer's file"))?;
        add_remittances(&mut tx, &remitted.remittances).await?;
        add_payments(&mut tx, &remitted.payments).await?;
        let claims: Vec<ClaimId> = remitted.payments.iter().filter_map(|payment| payment.claim_id).collect();
        post_claims(&mut tx, &claims).await?;
        if let Some(first) = remitted.remittances.first() {
            try_paid(&mut tx, &first.payer, &numbers_of(&remitted.payments)).await?;
        }
        pass_on(&mut tx, &remitted.passed_on).await?;
        finish(&mut tx, &remitted.claim_events, (&remitted.exceptions, remitted.at), &remitted.mail).await?;
        for (held, posted) in &remitted.instead_of {
            // Released meanwhile: with this one it would count twice, so all is compared once more.
            if !put_aside(&mut tx, *held, *posted, remitted.at).await? {
                return Ok(false);
            }
        }
        tx.commit().await.map_err(StoreError::at("record remittances"))?;
        Ok(true)
    }

    pub async fn remittance(&self, id: RemittanceId) -> Result<Option<RemittanceRow>, StoreError> {
        let sql = format!("{COLUMNS} WHERE id = ?");
        let row = query(sql).bind(id.0).fetch_optional(self.readers()).await;
        row.map_err(StoreError::at("read a remittance"))?.as_ref().map(remittance_row).transpose()
    }

    /// Remittances of a payer (or all), newest first; `before` is the last id of the page before.
    pub async fn list_remittances(
        &self,
        payer: Option<&str>,
        before: Option<RemittanceId>,
        limit: u32,
    ) -> Result<Vec<RemittanceRow>, StoreError> {
        let sql = format!("{COLUMNS} WHERE (?1 IS NULL OR payer = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3");
        let rows = query(sql)
            .bind(payer)
            .bind(before.map_or(i64::MAX, |id| id.0))
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list remittances"))?;
        rows.iter().map(remittance_row).collect()
    }

    /// The payments of a remittance, in the order of the file.
    pub async fn payments_of_remittance(&self, id: RemittanceId) -> Result<Vec<PaymentRow>, StoreError> {
        let sql = format!("{PAYMENT_COLUMNS} WHERE p.remittance_id = ? ORDER BY p.ordinal");
        let rows = query(sql).bind(id.0).fetch_all(self.readers()).await;
        Ok(rows.map_err(StoreError::at("read a remittance's payments"))?.iter().map(payment_row).collect())
    }

    pub async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRow>, StoreError> {
        let sql = format!("{PAYMENT_COLUMNS} WHERE p.id = ?");
        let row = query(sql).bind(id.0).fetch_optional(self.readers()).await;
        Ok(row.map_err(StoreError::at("read a payment"))?.as_ref().map(payment_row))
    }

    /// The payments of a claim that count, oldest first.
    pub async fn payments_of_claim(&self, id: ClaimId) -> Result<Vec<PaymentRow>, StoreError> {
        let sql = format!(
            "{PAYMENT_COLUMNS} JOIN remittance r ON r.id = p.remittance_id
             WHERE p.claim_id = ? AND r.state = 0 ORDER BY p.id"
        );
        let rows = query(sql).bind(id.0).fetch_all(self.readers()).await;
        Ok(rows.map_err(StoreError::at("read a claim's payments"))?.iter().map(payment_row).collect())
    }
}

/// From now on the next payer's answers may be about these claims too.
pub(super) async fn pass_on(tx: &mut Tx, claims: &[PassedOn]) -> Result<(), StoreError> {
    let mut by_payer: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for one in claims {
        if let Some(payer) = &one.to {
            by_payer.entry(payer).or_default().push(one.event.claim_id.0);
        }
    }
    for (payer, ids) in by_payer {
        query("UPDATE claim SET passed_on_to = ? WHERE id IN (SELECT value FROM list(?))")
            .bind(payer)
            .bind(&ids[..])
            .execute(&mut *tx)
            .await
            .map_err(StoreError::at("note to whom claims were passed on"))?;
        try_passed_on(tx, &ids).await?;
    }
    let events: Vec<NewClaimEvent> = claims.iter().map(|one| one.event.clone()).collect();
    add_claim_events(tx, &events).await
}

/// A decision is taken back with which a claim was passed on: `event` is what it put on the claim's timeline.
pub(super) async fn take_back_passing_on(tx: &mut Tx, claim: ClaimId, event: i64, at: i64) -> Result<(), StoreError> {
    let undone = query(
        "UPDATE claim_event SET undone_at = ? WHERE claim_id = ? AND kind = 'passed on' AND undone_at IS NULL
         AND at = (SELECT decided.at FROM claim_event decided WHERE decided.id = ?)",
    )
    .bind(at)
    .bind(claim.0)
    .bind(event)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("undo the event of a claim passed on"))?;
    if undone.rows_affected() > 0 {
        query(
            "UPDATE claim SET passed_on_to = NULL WHERE id = ? AND NOT EXISTS (
                 SELECT 1 FROM claim_event e WHERE e.claim_id = claim.id AND e.kind = 'passed on' AND e.undone_at IS NULL)",
        )
        .bind(claim.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("take back that a claim was passed on"))?;
    }
    Ok(())
}

pub(super) async fn finish(
    tx: &mut Tx,
    events: &[NewClaimEvent],
    (exceptions, since): (&[NewException], i64),
    mail: &[NewMail],
) -> Result<(), StoreError> {
    add_claim_events(tx, events).await?;
    add_exceptions(tx, exceptions, since).await?;
    for one in mail {
        put_mail(tx, one).await?;
    }
    Ok(())
}

/// CLP07 of the payments whose claims are known.
fn numbers_of(payments: &[PaymentRow]) -> Vec<(ClaimId, &str)> {
    let known = payments.iter().filter_map(|payment| payment.claim_id.map(|claim| (claim, payment)));
    let numbers = known.map(|(claim, payment)| (claim, payment.payer_claim_control_number.reveal().as_str()));
    numbers.filter(|(_, number)| !number.is_empty()).collect()
}

/// Of a payment, its claim first, as [`posting`] reads it.
pub(super) const POSTING: &str =
    "p.claim_id, p.clp_status, p.charge, p.paid, p.patient_responsibility, p.denied, p.payer_claim_control_number";

/// A row that begins with [`POSTING`].
pub(super) fn posting(row: &Row) -> Posting {
    Posting {
        kind: PaymentKind::from_clp02(&row.get::<String>(1)),
        charge: Cents(row.get(2)),
        paid: Cents(row.get(3)),
        patient_responsibility: Cents(row.get(4)),
        denied: Cents(row.get(5)),
        payer_number: row.get(6),
    }
}

/// Sums all posted payments of these claims anew and moves the claims accordingly.
pub(super) async fn post_claims(tx: &mut Tx, claims: &[ClaimId]) -> Result<(), StoreError> {
    if claims.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = claims.iter().map(|id| id.0).collect();
    let rows = query(format!(
        "SELECT {POSTING} FROM payment p JOIN remittance r ON r.id = p.remittance_id
         WHERE p.claim_id IN (SELECT value FROM list(?)) AND r.state = 0 ORDER BY p.id"
    ))
    .bind(&ids[..])
    .fetch_all(&mut *tx)
    .await
    .map_err(StoreError::at("read all payments of claims"))?;
    let mut postings: BTreeMap<i64, Vec<Posting>> = ids.iter().map(|&id| (id, Vec::new())).collect();
    for row in &rows {
        postings.entry(row.get(0)).or_default().push(posting(row));
    }
    // A number that another claim of the payer has, or gets here, would make answers to that one doubtful.
    let mut numbers = BTreeSet::new();
    let mut others = Vec::new();
    let said = postings.iter().map(|(&id, all)| {
        let sum = posted(all);
        others.extend(beside_the_latest(id, all, sum.payer_number.as_deref()));
        let number = sum.payer_number.filter(|number| numbers.insert(number.clone()));
        json!([id, sum.status.map(ClaimStatus::code), sum.paid.0, sum.patient_responsibility.0, number])
    });
    // Id, status, paid, patient's share and payer's number, as the update of claims takes them.
    let said: Vec<serde_json::Value> = said.collect();
    let latest = said.iter().filter_map(|one| Some((one[0].as_i64()?, one[4].as_str()?)));
    keep_displaced(tx, &latest.collect::<Vec<_>>()).await?;
    let not_anothers = not_anothers("said.number");
    // A claim that we rejected ourselves never went out; whatever is said of it does not bring it back.
    query_for(
        format!(
            "UPDATE claim SET status = CASE WHEN claim.status = 1 THEN 1 ELSE COALESCE(said.status, claim.status) END,
             paid = said.paid, patient_responsibility = said.share,
             payer_claim_control_number = COALESCE(CASE WHEN {not_anothers} THEN said.number END,
                 claim.payer_claim_control_number)
         FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS status,
                      json_extract(value, '$[2]') AS paid, json_extract(value, '$[3]') AS share,
                      json_extract(value, '$[4]') AS number FROM json_each(?)) AS said
         WHERE claim.id = said.id"
        ),
        format!(
            "UPDATE claim SET status = CASE WHEN claim.status = 1 THEN 1 ELSE COALESCE(said.status, claim.status) END,
             paid = said.paid, patient_responsibility = said.share,
             payer_claim_control_number = COALESCE(CASE WHEN {not_anothers} THEN said.number END,
                 claim.payer_claim_control_number)
         FROM (SELECT CAST(one ->> 0 AS bigint) AS id, CAST(one ->> 1 AS bigint) AS status,
                      CAST(one ->> 2 AS bigint) AS paid, CAST(one ->> 3 AS bigint) AS share, one ->> 4 AS number
               FROM jsonb_array_elements(CAST(? AS jsonb)) AS told(one)) AS said
         WHERE claim.id = said.id"
        ),
    )
    .bind(serde_json::to_string(&said).expect("numbers and texts are JSON"))
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("post payments on claims"))?;
    add_paid(tx, &others).await
}

/// Ties a payment to a claim, by a rule and on what, or unties it.
pub(super) async fn attach_payment(
    tx: &mut Tx,
    payment: PaymentId,
    claim: Option<(ClaimId, &str, &str)>,
) -> Result<(), StoreError> {
    let (claim, rule, evidence) = match claim {
        Some((claim, rule, evidence)) => (Some(claim.0), rule, evidence),
        None => (None, "", ""),
    };
    query("UPDATE payment SET claim_id = ?, rule = ?, evidence = ? WHERE id = ?")
        .bind(claim)
        .bind(rule)
        .bind(evidence)
        .bind(payment.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("tie a payment to a claim"))?;
    query(
        "UPDATE remittance SET lines_tied_at = NULL, lines_version = lines_version + 1
         WHERE id = (SELECT remittance_id FROM payment WHERE id = ?)",
    )
    .bind(payment.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("have a payment's lines tied"))?;
    Ok(())
}

async fn add_remittances(tx: &mut Tx, rows: &[RemittanceRow]) -> Result<(), StoreError> {
    for part in rows.chunks(ROWS_MAX / 2) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO remittance (id, inbound_id, ordinal, payer, trace, trace_payer, amount, method, payment_date,
                 payee_npi, payee_tin, payee_name, claims, claims_paid, adjustments, adjustment_list, state, problem,
                 digest, received_at, adjustments_handed, adjustment_owners) ",
        );
        insert.push_values(part, |row, one| {
            row.push_bind(one.id.0).push_bind(one.inbound_id.0).push_bind(one.ordinal).push_bind(&one.payer);
            row.push_bind(&one.trace).push_bind(&one.trace_payer).push_bind(one.amount.0).push_bind(&one.method);
            row.push_bind(&one.payment_date).push_bind(&one.payee_npi).push_bind(&one.payee_tin);
            row.push_bind(&one.payee_name).push_bind(one.claims).push_bind(one.claims_paid.0);
            row.push_bind(one.adjustments.0).push_bind(&one.adjustment_list).push_bind(one.state as i64);
            row.push_bind(&one.problem).push_bind(&one.digest[..]).push_bind(one.received_at);
            row.push_bind(i64::from(one.adjustments_handed)).push_bind(owners_as_json(&one.adjustment_owners));
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("add remittances"))?;
    }
    Ok(())
}

pub(super) fn owners_as_json(owners: &[Option<String>]) -> String {
    serde_json::to_string(owners).expect("names are JSON")
}

async fn add_payments(tx: &mut Tx, rows: &[PaymentRow]) -> Result<(), StoreError> {
    for part in rows.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO payment (id, remittance_id, ordinal, claim_id, patient_control_number, clp_status, charge, paid,
                 patient_responsibility, denied, payer_claim_control_number, rule, evidence, detail) ",
        );
        insert.push_values(part, |row, one| {
            row.push_bind(one.id.0).push_bind(one.remittance_id.0).push_bind(one.ordinal);
            row.push_bind(one.claim_id.map(|id| id.0)).push_bind(one.patient_control_number.reveal());
            row.push_bind(&one.clp_status).push_bind(one.charge.0).push_bind(one.paid.0);
            row.push_bind(one.patient_responsibility.0).push_bind(one.denied.0);
            row.push_bind(one.payer_claim_control_number.reveal()).push_bind(&one.rule).push_bind(&one.evidence);
            row.push_bind(one.detail.reveal());
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("add payments"))?;
    }
    Ok(())
}

pub(super) fn remittance_row(row: &Row) -> Result<RemittanceRow, StoreError> {
    let id = RemittanceId(row.get(0));
    let state: i64 = row.get(16);
    let state = RemittanceState::ALL.into_iter().find(|one| *one as i64 == state);
    Ok(RemittanceRow {
        id,
        inbound_id: InboundId(row.get(1)),
        ordinal: row.get(2),
        payer: row.get(3),
        trace: row.get(4),
        trace_payer: row.get(5),
        amount: Cents(row.get(6)),
        method: row.get(7),
        payment_date: row.get(8),
        payee_npi: row.get(9),
        payee_tin: row.get(10),
        payee_name: row.get(11),
        claims: row.get(12),
        claims_paid: Cents(row.get(13)),
        adjustments: Cents(row.get(14)),
        adjustment_list: row.get(15),
        state: state.ok_or_else(|| StoreError::Damaged { what: format!("remittance {id}: state") })?,
        problem: row.get(17),
        digest: row.get(18),
        received_at: row.get(19),
        adjustments_handed: row.get(20),
        adjustment_owners: serde_json::from_str(&row.get::<String>(21)).unwrap_or_default(),
        adjustments_with: row.get(22),
    })
}

pub(super) fn payment_row(row: &Row) -> PaymentRow {
    PaymentRow {
        id: PaymentId(row.get(0)),
        remittance_id: RemittanceId(row.get(1)),
        ordinal: row.get(2),
        claim_id: row.get::<Option<i64>>(3).map(ClaimId),
        patient_control_number: Phi::new(row.get(4)),
        clp_status: row.get(5),
        charge: Cents(row.get(6)),
        paid: Cents(row.get(7)),
        patient_responsibility: Cents(row.get(8)),
        denied: Cents(row.get(9)),
        payer_claim_control_number: Phi::new(row.get(10)),
        rule: row.get(11),
        evidence: row.get(12),
        detail: Phi::new(row.get(13)),
    }
}
