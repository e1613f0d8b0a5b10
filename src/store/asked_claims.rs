//! What a claim status request asks the store: a submitter's own claims by their numbers, with the last thing that was
//! said about each and the last payment.

use std::collections::HashMap;

use super::matching::ClaimKey;
use super::remittances::{POSTING, posting};
use super::search::{EFFECTIVE_STATUS, status};
use super::sql::{Bind, QueryBuilder, Row, query};
use super::{Store, StoreError};
use crate::domain::ids::ClaimId;
use crate::domain::posting::Posting;
use crate::domain::{Cents, ClaimStatus, Phi};

/// A claim as a 277 tells of it.
#[derive(Clone, Debug)]
pub struct AskedClaim {
    pub id: ClaimId,
    /// `837P`, `837I` or `837D`.
    pub kind: String,
    pub status: ClaimStatus,
    pub patient_control_number: Phi<String>,
    pub charge: Cents,
    pub paid: Cents,
    pub payer_id: String,
    pub payer: Option<String>,
    pub payer_claim_control_number: Option<Phi<String>>,
    /// Others that it was answered under, of those that are asked for.
    pub other_payer_numbers: Vec<Phi<String>>,
    pub provider_npi: String,
    pub provider_tin: String,
    pub member_id: Phi<String>,
    /// `YYYY-MM-DD` or empty.
    pub service_from: String,
    pub service_to: String,
    pub facility: String,
    pub frequency: String,
    /// When its status came to be, as far as that befell its file or its batch.
    pub since: i64,
}

/// A status code that was said of a claim, by us or by its payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidCode {
    pub at: i64,
    /// The claim's status after it.
    pub status: Option<ClaimStatus>,
    /// As `A7:562:85`, perhaps several.
    pub code: String,
}

/// The latest remittance that paid or denied a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastPayment {
    /// TRN02: check or EFT number.
    pub trace: String,
    /// `YYYY-MM-DD`, or empty.
    pub payment_date: String,
    pub received_at: i64,
}

impl Store {
    /// The submitter's claims whose `key` is one of `values`, in any order.
    pub async fn asked_claims(
        &self,
        submitter: &str,
        key: ClaimKey,
        values: impl Bind,
        limit: u32,
    ) -> Result<Vec<AskedClaim>, StoreError> {
        let mut query = QueryBuilder::new("SELECT c.id, c.kind, ");
        query.push(EFFECTIVE_STATUS).push(
            " AS effective, c.patient_control_number, c.charge, c.paid, c.payer_id, c.payer, c.payer_claim_control_number,
              c.provider_npi, c.provider_tin, c.member_id, c.service_from, c.service_to, c.facility, c.frequency,
              coalesce(b.n999_at, b.sent_at, b.closed_at, s.validated_at, s.received_at)
              FROM claim c JOIN submission s ON s.id = c.submission_id LEFT JOIN batch b ON b.id = c.batch_id WHERE ",
        );
        query
            .push(key.bucket())
            .push(key.condition())
            .push(" IN (SELECT ")
            .push(key.sought())
            .push(" FROM list(")
            .push_bind(values);
        query.push(")) AND c.partner = ").push_bind(submitter).push(" LIMIT ").push_bind(limit);
        let rows = query.build().fetch_all(self.quick()).await.map_err(StoreError::at("find claims that are asked"))?;
        rows.iter().map(asked_claim).collect()
    }

    /// All codes that were said of these claims and not taken back, oldest first.
    pub async fn said_codes(&self, claims: &[i64]) -> Result<HashMap<ClaimId, Vec<SaidCode>>, StoreError> {
        let rows = query(
            "SELECT claim_id, at, status, code FROM claim_event
             WHERE claim_id IN (SELECT value FROM list(?)) AND undone_at IS NULL AND code <> '' ORDER BY id",
        )
        .bind(claims)
        .fetch_all(self.quick())
        .await
        .map_err(StoreError::at("find what was said of claims"))?;
        let mut said: HashMap<ClaimId, Vec<SaidCode>> = HashMap::new();
        for row in &rows {
            let after = row.get::<Option<i64>>(2).map(status).transpose()?;
            let code = SaidCode { at: row.get(1), status: after, code: row.get(3) };
            said.entry(ClaimId(row.get(0))).or_default().push(code);
        }
        Ok(said)
    }

    /// The last remittance of each of these claims that has one.
    pub async fn last_payments(&self, claims: &[i64]) -> Result<HashMap<ClaimId, LastPayment>, StoreError> {
        let rows = query(
            "SELECT p.claim_id, r.trace, r.payment_date, r.received_at FROM payment p
             JOIN remittance r ON r.id = p.remittance_id
             WHERE p.claim_id IN (SELECT value FROM list(?)) AND r.state = 0 ORDER BY p.id",
        )
        .bind(claims)
        .fetch_all(self.quick())
        .await
        .map_err(StoreError::at("find what paid claims"))?;
        let payment = |row: &Row| {
            let paid = LastPayment { trace: row.get(1), payment_date: row.get(2), received_at: row.get(3) };
            (ClaimId(row.get(0)), paid)
        };
        Ok(rows.iter().map(payment).collect())
    }
}

/// What a remittance says of a claim's service lines.
#[derive(Clone, Debug)]
pub struct PaidDetail {
    pub posting: Posting,
    /// Its lines were tied to those of the claim that it has now; until then `detail` may name those of another.
    pub tied: bool,
    /// Adjustments, lines and remarks as JSON.
    pub detail: Phi<String>,
}

impl Store {
    /// The posted payments of each of these claims, oldest first.
    pub async fn payment_details(&self, claims: &[i64]) -> Result<HashMap<ClaimId, Vec<PaidDetail>>, StoreError> {
        let rows = query(format!(
            "SELECT {POSTING}, r.lines_tied_at, p.detail FROM payment p JOIN remittance r ON r.id = p.remittance_id
             WHERE p.claim_id IN (SELECT value FROM list(?)) AND r.state = 0 ORDER BY p.id"
        ))
        .bind(claims)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find what was paid of claims' lines"))?;
        let mut paid: HashMap<ClaimId, Vec<PaidDetail>> = HashMap::new();
        for row in &rows {
            let tied = row.get::<Option<i64>>(7).is_some();
            let detail = PaidDetail { posting: posting(row), tied, detail: Phi::new(row.get(8)) };
            paid.entry(ClaimId(row.get(0))).or_default().push(detail);
        }
        Ok(paid)
    }
}

fn asked_claim(row: &Row) -> Result<AskedClaim, StoreError> {
    Ok(AskedClaim {
        id: ClaimId(row.get(0)),
        kind: row.get(1),
        status: status(row.get(2))?,
        patient_control_number: Phi::new(row.get(3)),
        charge: Cents(row.get(4)),
        paid: Cents(row.get(5)),
        payer_id: row.get(6),
        payer: row.get(7),
        payer_claim_control_number: row.get::<Option<String>>(8).map(Phi::new),
        other_payer_numbers: Vec::new(),
        provider_npi: row.get(9),
        provider_tin: row.get(10),
        member_id: Phi::new(row.get(11)),
        service_from: row.get(12),
        service_to: row.get(13),
        facility: row.get(14),
        frequency: row.get(15),
        since: row.get(16),
    })
}
