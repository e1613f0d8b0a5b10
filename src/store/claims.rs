//! Claims as rows: put in bulk while a submission is checked, read back one by one.

use std::collections::HashSet;

use super::lots::Lot;
use super::sql::{QueryBuilder, Row, Tx, query};
use super::submissions::count;
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, SubmissionId, TransactionId};
use crate::domain::{Cents, ClaimKind, ClaimStatus, Phi};

/// Rows of one statement: 37 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 880;

/// Where a part of a claim stands in its submission's payload; 0, 0 where it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub offset: u64,
    pub bytes: u64,
}

/// The levels that a claim's own 837 is put together from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// HL 20 and what belongs to it.
    pub provider: Span,
    /// HL 22 and what belongs to it.
    pub subscriber: Span,
    /// HL 23 and what belongs to it; nothing when the subscriber is the patient.
    pub patient: Span,
    /// CLM to the last segment of the claim.
    pub claim: Span,
}

/// What a claim says of itself, as it was read from its file.
#[derive(Clone, Debug, PartialEq)]
pub struct NewClaim {
    pub id: ClaimId,
    pub submission_id: SubmissionId,
    pub transaction_id: TransactionId,
    pub partner: String,
    pub kind: ClaimKind,
    /// CLM01.
    pub patient_control_number: Phi<String>,
    /// CLM02.
    pub charge: Cents,
    /// CLM05-3.
    pub frequency: String,
    /// CLM05-1.
    pub facility: String,
    /// REF*F8.
    pub original_reference: Option<String>,
    /// REF*D9 as received.
    pub upstream_trace: Option<String>,
    /// 2010BB NM109 as received.
    pub payer_id: String,
    /// SBR09.
    pub filing_indicator: String,
    /// BHT06.
    pub purpose: String,
    /// 2010AA NM109.
    pub provider_npi: String,
    pub provider_tin: String,
    pub provider_name: String,
    pub member_id: Phi<String>,
    pub patient_last_name: Phi<String>,
    pub patient_first_name: Phi<String>,
    /// `YYYY-MM-DD` or empty.
    pub patient_birth_date: Phi<String>,
    /// `YYYY-MM-DD` or empty.
    pub service_from: String,
    pub service_to: String,
    pub lines: u32,
    /// Of what makes two claims duplicates.
    pub fingerprint: i64,
    pub spans: Spans,
}

/// A claim with what has become of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimRow {
    pub received: NewClaim,
    /// Its own, or that of the batch it travels in, as `batch.claim_status` says.
    pub status: ClaimStatus,
    pub paid: Cents,
    pub patient_responsibility: Cents,
    /// The partner it is routed to.
    pub payer: Option<String>,
    /// REF*1K or CLP07.
    pub payer_claim_control_number: Option<String>,
    pub batch_id: Option<BatchId>,
}

/// The columns that [`claim_from`] reads, of `claim` joined with `batch` by [`CLAIM_TABLES`].
pub(super) const CLAIM_COLUMNS: &str =
    "claim.id, claim.submission_id, claim.transaction_id, claim.partner, claim.kind, claim.patient_control_number,
     claim.charge, claim.paid, claim.patient_responsibility, claim.frequency, claim.facility, claim.original_reference,
     claim.upstream_trace, claim.payer_id, claim.payer, claim.payer_claim_control_number, claim.filing_indicator,
     claim.purpose, claim.provider_npi, claim.provider_tin, claim.provider_name, claim.member_id,
     claim.patient_last_name, claim.patient_first_name, claim.patient_birth_date, claim.service_from,
     claim.service_to, claim.lines, claim.fingerprint, claim.provider_offset, claim.provider_bytes,
     claim.subscriber_offset, claim.subscriber_bytes, claim.patient_offset, claim.patient_bytes, claim.claim_offset,
     claim.claim_bytes, claim.batch_id,
     CASE WHEN claim.status IN (2, 3) AND batch.claim_status IS NOT NULL THEN batch.claim_status
          WHEN claim.status IN (1, 2, 3) AND claim.submission_id IN (SELECT id FROM submission WHERE state IN (0, 1) AND state = 0) THEN 0
          ELSE claim.status END AS shown";
pub(super) const CLAIM_TABLES: &str = "claim LEFT JOIN batch ON batch.id = claim.batch_id";

impl Store {
    pub async fn claim(&self, id: ClaimId) -> Result<Option<ClaimRow>, StoreError> {
        let sql = format!("SELECT {CLAIM_COLUMNS} FROM {CLAIM_TABLES} WHERE claim.id = ?");
        let row = query(sql).bind(id.0).fetch_optional(self.readers()).await;
        row.map_err(StoreError::at("read a claim"))?.as_ref().map(claim_from).transpose()
    }

    /// The findings of a claim itself as JSON (`domain::Finding`), in the order of the file.
    pub async fn claim_findings(&self, id: ClaimId) -> Result<Vec<String>, StoreError> {
        let rows = query("SELECT body FROM finding WHERE claim_id = ? ORDER BY ordinal")
            .bind(id.0)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("read a claim's findings"))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

/// Puts claims in with what the check says of them, those of a lot as members of it; until their submission is validated
/// they are shown as `received`.
/// The bucket is that of [`Store::bucket_for`].
pub(super) async fn add_claims(
    tx: &mut Tx,
    bucket: i64,
    claims: &[NewClaim],
    rejected: &HashSet<i64>,
    lots: &[Lot],
) -> Result<(), StoreError> {
    let verdict = |claim: &NewClaim| {
        if rejected.contains(&claim.id.0) {
            return (ClaimStatus::Rejected, None);
        }
        let lot = lots.iter().find(|lot| lot.claims.are_like(claim));
        (lot.map_or(ClaimStatus::Accepted, |_| ClaimStatus::Batched), lot)
    };
    for part in claims.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO claim
             (id, bucket, submission_id, transaction_id, partner, kind, status, patient_control_number, charge, frequency,
              facility, original_reference, upstream_trace, payer_id, filing_indicator, purpose, provider_npi,
              provider_tin, provider_name, member_id, patient_last_name, patient_first_name, patient_birth_date,
              service_from, service_to, lines, fingerprint, provider_offset, provider_bytes, subscriber_offset,
              subscriber_bytes, patient_offset, patient_bytes, claim_offset, claim_bytes, batch_id, payer) ",
        );
        insert.push_values(part, |row, claim| {
            let (status, lot) = verdict(claim);
            row.push_bind(claim.id.0)
                .push_bind(bucket)
                .push_bind(claim.submission_id.0)
                .push_bind(claim.transaction_id.0)
                .push_bind(&claim.partner)
                .push_bind(claim.kind.as_str())
                .push_bind(status.code())
                .push_bind(claim.patient_control_number.reveal())
                .push_bind(claim.charge.0)
                .push_bind(&claim.frequency)
                .push_bind(&claim.facility)
                .push_bind(&claim.original_reference)
                .push_bind(&claim.upstream_trace)
                .push_bind(&claim.payer_id)
                .push_bind(&claim.filing_indicator)
                .push_bind(&claim.purpose)
                .push_bind(&claim.provider_npi)
                .push_bind(&claim.provider_tin)
                .push_bind(&claim.provider_name)
                .push_bind(claim.member_id.reveal())
                .push_bind(claim.patient_last_name.reveal())
                .push_bind(claim.patient_first_name.reveal())
                .push_bind(claim.patient_birth_date.reveal())
                .push_bind(&claim.service_from)
                .push_bind(&claim.service_to)
                .push_bind(claim.lines)
                .push_bind(claim.fingerprint);
            let Spans { provider, subscriber, patient, claim } = claim.spans;
            for span in [provider, subscriber, patient, claim] {
                row.push_bind(span.offset as i64).push_bind(span.bytes as i64);
            }
            row.push_bind(lot.map(|lot| lot.batch.0)).push_bind(lot.map(|lot| &lot.payer));
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("add claims"))?;
    }
    Ok(())
}

pub(super) fn claim_from(row: &Row) -> Result<ClaimRow, StoreError> {
    let id = ClaimId(row.get("id"));
    let damaged = |what: &str| StoreError::Damaged { what: format!("claim {id}: {what}") };
    let text = |column: &str| row.get::<String>(column);
    let span = |offset: &str, bytes: &str| Span { offset: count(row, offset), bytes: count(row, bytes) };
    let received = NewClaim {
        id,
        submission_id: SubmissionId(row.get("submission_id")),
        transaction_id: TransactionId(row.get("transaction_id")),
        partner: text("partner"),
        kind: row.get::<String>("kind").parse().map_err(|_| damaged("kind"))?,
        patient_control_number: Phi::new(text("patient_control_number")),
        charge: Cents(row.get("charge")),
        frequency: text("frequency"),
        facility: text("facility"),
        original_reference: row.get("original_reference"),
        upstream_trace: row.get("upstream_trace"),
        payer_id: text("payer_id"),
        filing_indicator: text("filing_indicator"),
        purpose: text("purpose"),
        provider_npi: text("provider_npi"),
        provider_tin: text("provider_tin"),
        provider_name: text("provider_name"),
        member_id: Phi::new(text("member_id")),
        patient_last_name: Phi::new(text("patient_last_name")),
        patient_first_name: Phi::new(text("patient_first_name")),
        patient_birth_date: Phi::new(text("patient_birth_date")),
        service_from: text("service_from"),
        service_to: text("service_to"),
        lines: u32::try_from(count(row, "lines")).map_err(|_| damaged("lines"))?,
        fingerprint: row.get("fingerprint"),
        spans: Spans {
            provider: span("provider_offset", "provider_bytes"),
            subscriber: span("subscriber_offset", "subscriber_bytes"),
            patient: span("patient_offset", "patient_bytes"),
            claim: span("claim_offset", "claim_bytes"),
        },
    };
    Ok(ClaimRow {
        received,
        status: ClaimStatus::from_code(row.get("shown")).ok_or_else(|| damaged("status"))?,
        paid: Cents(row.get("paid")),
        patient_responsibility: Cents(row.get("patient_responsibility")),
        payer: row.get("payer"),
        payer_claim_control_number: row.get("payer_claim_control_number"),
        batch_id: row.get::<Option<i64>>("batch_id").map(BatchId),
    })
}
