//! A claim whole: its identifiers, its payments, and its timeline, which is its own events and those of
//! all that it travelled in.

use super::events::{LineTold, lines_of};
use super::search::{EFFECTIVE_STATUS, status};
use super::sql::{Row, query};
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, InboundId, PaymentId, RemittanceId, SubmissionId};
use crate::domain::{Cents, ClaimStatus, Phi};

/// All that the store knows of one claim but its events and payments.
#[derive(Clone, Debug)]
pub struct ClaimRecord {
    pub id: ClaimId,
    pub submission_id: SubmissionId,
    pub partner: String,
    pub kind: String,
    pub status: ClaimStatus,
    pub patient_control_number: Phi<String>,
    pub charge: Cents,
    pub paid: Cents,
    pub patient_responsibility: Cents,
    pub frequency: String,
    pub facility: String,
    pub original_reference: Option<Phi<String>>,
    pub upstream_trace: Option<Phi<String>>,
    pub payer_id: String,
    pub payer: Option<String>,
    pub payer_claim_control_number: Option<Phi<String>>,
    pub filing_indicator: String,
    pub provider_npi: String,
    pub provider_name: String,
    pub member_id: Phi<String>,
    pub patient_last_name: Phi<String>,
    pub patient_first_name: Phi<String>,
    pub patient_birth_date: Phi<String>,
    pub service_from: String,
    pub service_to: String,
    pub lines: i64,
    pub batch_id: Option<BatchId>,
    /// ISA13, GS06, ST02 and BHT03 of the file it came in.
    pub received_in: [String; 4],
    /// Name of the file it came in.
    pub file_name: String,
}

#[derive(Clone, Debug)]
pub struct TimelineEvent {
    pub at: i64,
    /// `received`, `validated`, `batched`, `sent`, `999`, `277CA`, `835`, ...
    pub kind: String,
    pub status: Option<ClaimStatus>,
    pub code: String,
    pub text: String,
    pub rule: String,
    /// What spoke for this claim, and what against it.
    pub evidence: Vec<String>,
    /// What it says of single service lines.
    pub lines: Phi<Vec<LineTold>>,
    pub inbound_id: Option<InboundId>,
    /// The file the event came with, when one did.
    pub file_name: Option<String>,
}

#[derive(Clone, Debug)]
pub struct ClaimPayment {
    pub id: PaymentId,
    pub remittance_id: RemittanceId,
    pub check_number: String,
    pub payment_date: String,
    pub clp_status: String,
    pub charge: Cents,
    pub paid: Cents,
    pub patient_responsibility: Cents,
    pub payer_claim_control_number: Phi<String>,
    pub rule: String,
    /// Adjustments, lines and remarks as JSON.
    pub detail: String,
    pub received_at: i64,
}

impl Store {
    pub async fn claim_record(&self, id: ClaimId) -> Result<Option<ClaimRecord>, StoreError> {
        let sql = format!(
            "SELECT c.id, c.submission_id, c.partner, c.kind, {EFFECTIVE_STATUS}, c.patient_control_number, c.charge, c.paid,
                    c.patient_responsibility, c.frequency, c.facility, c.original_reference, c.upstream_trace, c.payer_id,
                    c.payer, c.payer_claim_control_number, c.filing_indicator, c.provider_npi, c.provider_name, c.member_id,
                    c.patient_last_name, c.patient_first_name, c.patient_birth_date, c.service_from, c.service_to, c.lines,
                    c.batch_id, t.isa13, t.gs06, t.st02, t.bht03, s.file_name
             FROM claim c LEFT JOIN batch b ON b.id = c.batch_id
             LEFT JOIN submission_transaction t ON t.id = c.transaction_id
             JOIN submission s ON s.id = c.submission_id WHERE c.id = ?"
        );
        let row = query(sql).bind(id.0).fetch_optional(self.readers()).await.map_err(StoreError::at("read a claim"))?;
        row.as_ref().map(record).transpose()
    }

    /// The claim's timeline, oldest first.
    pub async fn claim_timeline(&self, id: ClaimId) -> Result<Vec<TimelineEvent>, StoreError> {
        let rows = query(
            "SELECT s.received_at AS at, 0 AS rank, 'received' AS kind, CAST(NULL AS BIGINT) AS status, s.channel AS code, '' AS text, '' AS rule,
                    CAST(NULL AS BIGINT) AS inbound_id, s.file_name AS file_name, '' AS evidence, CAST(NULL AS TEXT) AS lines
             FROM claim c JOIN submission s ON s.id = c.submission_id WHERE c.id = ?1
             UNION ALL
             SELECT s.validated_at, 1, 'validated', CAST(NULL AS BIGINT), t.verdict, '', '', CAST(NULL AS BIGINT), CAST(NULL AS TEXT),
                    '', CAST(NULL AS TEXT)
             FROM claim c JOIN submission s ON s.id = c.submission_id
             LEFT JOIN submission_transaction t ON t.id = c.transaction_id
             WHERE c.id = ?1 AND s.validated_at IS NOT NULL
             UNION ALL
             SELECT e.at, e.id, e.kind, CAST(NULL AS BIGINT), e.code, e.text, '', e.inbound_id, i.file_name,
                    '', CAST(NULL AS TEXT)
             FROM claim c JOIN batch_event e ON e.batch_id = c.batch_id LEFT JOIN inbound i ON i.id = e.inbound_id
             WHERE c.id = ?1 AND (e.st02 = '' OR EXISTS (
                 SELECT 1 FROM batch_transaction t WHERE t.batch_id = e.batch_id AND t.st02 = e.st02
                 AND c.id BETWEEN t.first_claim_id AND t.last_claim_id))
             UNION ALL
             SELECT e.at, e.id, e.kind, e.status, e.code, e.text, e.rule, e.inbound_id, i.file_name,
                    e.evidence, e.lines
             FROM claim_event e LEFT JOIN inbound i ON i.id = e.inbound_id WHERE e.claim_id = ?1
             ORDER BY 1, 2",
        )
        .bind(id.0)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read a claim's timeline"))?;
        rows.iter().map(event).collect()
    }

    /// How many payments were ever taken in.
    pub async fn payments_count(&self) -> Result<i64, StoreError> {
        let row = query("SELECT COUNT(*) FROM payment").fetch_one(self.readers()).await;
        Ok(row.map_err(StoreError::at("count payments"))?.get(0))
    }

    pub async fn claim_payments(&self, id: ClaimId) -> Result<Vec<ClaimPayment>, StoreError> {
        let rows = query(
            "SELECT p.id, p.remittance_id, r.trace, r.payment_date, p.clp_status, p.charge, p.paid, p.patient_responsibility,
                    p.payer_claim_control_number, p.rule, p.detail, r.received_at
             FROM payment p JOIN remittance r ON r.id = p.remittance_id
             WHERE p.claim_id = ? AND r.state = 0 ORDER BY p.id",
        )
        .bind(id.0)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read a claim's payments"))?;
        Ok(rows.iter().map(payment).collect())
    }
}

fn record(row: &Row) -> Result<ClaimRecord, StoreError> {
    let text = |column: usize| row.get::<String>(column);
    let phi = |column: usize| Phi::new(row.get::<String>(column));
    let phi_if_any = |column: usize| row.get::<Option<String>>(column).map(Phi::new);
    let if_any = |column: usize| row.get::<Option<String>>(column).unwrap_or_default();
    Ok(ClaimRecord {
        id: ClaimId(row.get(0)),
        submission_id: SubmissionId(row.get(1)),
        partner: text(2),
        kind: text(3),
        status: status(row.get(4))?,
        patient_control_number: phi(5),
        charge: Cents(row.get(6)),
        paid: Cents(row.get(7)),
        patient_responsibility: Cents(row.get(8)),
        frequency: text(9),
        facility: text(10),
        original_reference: phi_if_any(11),
        upstream_trace: phi_if_any(12),
        payer_id: text(13),
        payer: row.get(14),
        payer_claim_control_number: phi_if_any(15),
        filing_indicator: text(16),
        provider_npi: text(17),
        provider_name: text(18),
        member_id: phi(19),
        patient_last_name: phi(20),
        patient_first_name: phi(21),
        patient_birth_date: phi(22),
        service_from: text(23),
        service_to: text(24),
        lines: row.get(25),
        batch_id: row.get::<Option<i64>>(26).map(BatchId),
        received_in: [if_any(27), if_any(28), if_any(29), if_any(30)],
        file_name: text(31),
    })
}

fn event(row: &Row) -> Result<TimelineEvent, StoreError> {
    Ok(TimelineEvent {
        at: row.get(0),
        kind: row.get(2),
        status: row.get::<Option<i64>>(3).map(status).transpose()?,
        code: row.get::<Option<String>>(4).unwrap_or_default(),
        text: row.get(5),
        rule: row.get(6),
        inbound_id: row.get::<Option<i64>>(7).map(InboundId),
        file_name: row.get(8),
        // What a person decided has none.
        evidence: serde_json::from_str(&row.get::<String>(9)).unwrap_or_default(),
        lines: lines_of(row.get(10)),
    })
}

fn payment(row: &Row) -> ClaimPayment {
    ClaimPayment {
        id: PaymentId(row.get(0)),
        remittance_id: RemittanceId(row.get(1)),
        check_number: row.get(2),
        payment_date: row.get(3),
        clp_status: row.get(4),
        charge: Cents(row.get(5)),
        paid: Cents(row.get(6)),
        patient_responsibility: Cents(row.get(7)),
        payer_claim_control_number: Phi::new(row.get(8)),
        rule: row.get(9),
        detail: row.get(10),
        received_at: row.get(11),
    }
}
