//! Claim search by the fields of the contract, newest first, page by page.

use super::buckets::ANY_BUCKET;
use super::sql::{QueryBuilder, Row};
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, SubmissionId};
use crate::domain::{Cents, ClaimStatus, Phi};

/// What a claim must be like. Empty fields ask nothing.
#[derive(Clone, Debug, Default)]
pub struct ClaimQuery {
    /// Only claims of this submitter: what a partner's own key may see.
    pub partner: Option<String>,
    /// Only claims routed to this payer: what a payer's own key may see.
    pub only_payer: Option<String>,
    pub claim_id: Option<ClaimId>,
    pub patient_control_number: Option<Phi<String>>,
    /// A payer's partner name, or a payer id as it stands in claims.
    pub payer: Option<String>,
    pub payer_claim_control_number: Option<Phi<String>>,
    pub status: Option<ClaimStatus>,
    pub submission: Option<SubmissionId>,
    pub batch: Option<BatchId>,
    pub provider_npi: Option<String>,
    pub member_id: Option<Phi<String>>,
    pub patient_last_name: Option<Phi<String>>,
    pub patient_birth_date: Option<Phi<String>>,
    pub service_from: Option<String>,
    pub service_to: Option<String>,
    pub charge_min: Option<Cents>,
    pub charge_max: Option<Cents>,
    /// TRN02 of a remittance that paid it.
    pub check_number: Option<String>,
    /// The last id of the page before.
    pub before: Option<ClaimId>,
    pub limit: u32,
}

/// A line of a list of claims.
#[derive(Clone, Debug)]
pub struct ClaimLine {
    pub id: ClaimId,
    pub submission_id: SubmissionId,
    pub partner: String,
    pub kind: String,
    pub status: ClaimStatus,
    pub patient_control_number: Phi<String>,
    pub charge: Cents,
    pub paid: Cents,
    pub payer_id: String,
    pub payer: Option<String>,
    pub payer_claim_control_number: Option<Phi<String>>,
    pub provider_npi: String,
    pub service_from: String,
    pub service_to: String,
}

/// A claim's own status, or its batch's while it has none of its own: the numbers are those of
/// accepted (2) and batched (3).
pub(super) const EFFECTIVE_STATUS: &str =
    "CASE WHEN c.status IN (2, 3) AND b.claim_status IS NOT NULL THEN b.claim_status
          WHEN c.status IN (1, 2) AND c.submission_id IN (SELECT id FROM submission WHERE state IN (0, 1) AND state = 0) THEN 0
          ELSE c.status END";

impl Store {
    pub async fn search_claims(&self, query: &ClaimQuery) -> Result<Vec<ClaimLine>, StoreError> {
        let mut sql = QueryBuilder::new("SELECT c.id, c.submission_id, c.partner, c.kind, ");
        sql.push(EFFECTIVE_STATUS).push(
            " AS effective, c.patient_control_number, c.charge, c.paid, c.payer_id, c.payer, c.payer_claim_control_number,
              c.provider_npi, c.service_from, c.service_to
              FROM claim c LEFT JOIN batch b ON b.id = c.batch_id WHERE 1 = 1",
        );
        add_identifiers(&mut sql, query);
        add_facts(&mut sql, query);
        sql.push(" ORDER BY c.id DESC LIMIT ").push_bind(i64::from(query.limit));
        let rows = sql.build().fetch_all(self.readers()).await.map_err(StoreError::at("search claims"))?;
        rows.iter().map(line).collect()
    }

    /// How many claims of a submitter (or of all) are in each state.
    pub async fn count_claims_by_status(
        &self,
        partner: Option<&str>,
    ) -> Result<Vec<(ClaimStatus, i64, Cents)>, StoreError> {
        let mut sql = QueryBuilder::new("SELECT ");
        sql.push(EFFECTIVE_STATUS)
            .push(" AS effective, COUNT(*), SUM(c.charge) FROM claim c LEFT JOIN batch b ON b.id = c.batch_id");
        if let Some(partner) = partner {
            sql.push(" WHERE c.partner = ").push_bind(partner.to_string());
        }
        sql.push(" GROUP BY effective");
        let rows = sql.build().fetch_all(self.readers()).await.map_err(StoreError::at("count claims"))?;
        rows.iter().map(|row| Ok((status(row.get(0))?, row.get(1), Cents(row.get(2))))).collect()
    }
}

fn add_identifiers(sql: &mut QueryBuilder, query: &ClaimQuery) {
    let mut equal = |column: &'static str, value: Option<String>| {
        if let Some(value) = value {
            sql.push(" AND ").push(column).push(" = ").push_bind(value);
        }
    };
    let bare = |value: &Option<Phi<String>>| value.as_ref().map(|value| value.reveal().clone());
    equal("c.partner", query.partner.clone());
    equal("c.payer", query.only_payer.clone());
    equal("c.payer_claim_control_number", bare(&query.payer_claim_control_number));
    equal("c.provider_npi", query.provider_npi.clone());
    if let Some(member) = &query.member_id {
        sql.push(" AND ").push(ANY_BUCKET).push(" AND c.member_id = ").push_bind(member.reveal().clone());
    }
    if let Some(number) = &query.patient_control_number {
        sql.push(" AND ").push(ANY_BUCKET);
        sql.push(" AND upper(c.patient_control_number) = upper(").push_bind(number.reveal().clone()).push(")");
    }
    if let Some(born) = &query.patient_birth_date {
        sql.push(" AND ").push(ANY_BUCKET).push(" AND c.patient_birth_date = ").push_bind(born.reveal().clone());
    }
    if let Some(name) = &query.patient_last_name {
        sql.push(" AND ").push(ANY_BUCKET);
        sql.push(" AND lower(c.patient_last_name) = lower(").push_bind(name.reveal().clone()).push(")");
    }
    for (column, id) in [
        ("c.id", query.claim_id.map(|id| id.0)),
        ("c.submission_id", query.submission.map(|id| id.0)),
        ("c.batch_id", query.batch.map(|id| id.0)),
    ] {
        if let Some(id) = id {
            sql.push(" AND ").push(column).push(" = ").push_bind(id);
        }
    }
    if let Some(before) = query.before {
        sql.push(" AND c.id < ").push_bind(before.0);
    }
}

fn add_facts(sql: &mut QueryBuilder, query: &ClaimQuery) {
    if let Some(payer) = &query.payer {
        sql.push(" AND (c.payer = ").push_bind(payer.clone());
        sql.push(" OR c.payer_id = ").push_bind(payer.clone()).push(")");
    }
    if let Some(status) = query.status {
        sql.push(" AND ").push(EFFECTIVE_STATUS).push(" = ").push_bind(status.code());
    }
    if let Some(from) = &query.service_from {
        sql.push(" AND c.service_to >= ").push_bind(from.clone());
    }
    if let Some(to) = &query.service_to {
        sql.push(" AND c.service_from <> '' AND c.service_from <= ").push_bind(to.clone());
    }
    if let Some(least) = query.charge_min {
        sql.push(" AND c.charge >= ").push_bind(least.0);
    }
    if let Some(most) = query.charge_max {
        sql.push(" AND c.charge <= ").push_bind(most.0);
    }
    if let Some(check) = &query.check_number {
        sql.push(
            " AND c.id IN (SELECT p.claim_id FROM payment p JOIN remittance r ON r.id = p.remittance_id WHERE r.trace = ",
        );
        sql.push_bind(check.clone()).push(")");
    }
}

fn line(row: &Row) -> Result<ClaimLine, StoreError> {
    Ok(ClaimLine {
        id: ClaimId(row.get(0)),
        submission_id: SubmissionId(row.get(1)),
        partner: row.get(2),
        kind: row.get(3),
        status: status(row.get(4))?,
        patient_control_number: Phi::new(row.get(5)),
        charge: Cents(row.get(6)),
        paid: Cents(row.get(7)),
        payer_id: row.get(8),
        payer: row.get(9),
        payer_claim_control_number: row.get::<Option<String>>(10).map(Phi::new),
        provider_npi: row.get(11),
        service_from: row.get(12),
        service_to: row.get(13),
    })
}

pub(super) fn status(code: i64) -> Result<ClaimStatus, StoreError> {
    ClaimStatus::from_code(code).ok_or_else(|| StoreError::Damaged { what: format!("claim status {code}") })
}
