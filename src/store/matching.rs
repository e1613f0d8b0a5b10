//! Questions of the matching ladder: claims by trace number, payer's number, control number and the rest; and
//! the batches that TA1, 999 and 277CA name.

use super::buckets::ANY_BUCKET;
use super::sql::{Bind, QueryBuilder, Row, query};
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, SubmissionId, TransactionId};
use crate::domain::{Cents, ClaimStatus, Phi};

/// Candidates for one truncated control number; where there are more, it says too little to tell them apart.
pub const PREFIX_CANDIDATES_MAX: usize = 200;

/// Claims of one day for one last name that are shown as candidates.
const NAMESAKES_MAX: i64 = 50;

/// What an answer is compared with, and what is needed to hand it on.
#[derive(Clone, Debug)]
pub struct ClaimFacts {
    pub id: ClaimId,
    pub submission_id: SubmissionId,
    pub transaction_id: TransactionId,
    /// The submitter.
    pub partner: String,
    pub payer: Option<String>,
    /// The batch in whose file it went; `None` while there is no such file, whatever window it waits in.
    pub batch_id: Option<BatchId>,
    /// Its own, or its batch's while it has none of its own.
    pub status: ClaimStatus,
    pub patient_control_number: Phi<String>,
    pub charge: Cents,
    pub payer_claim_control_number: Option<Phi<String>>,
    /// Others that it was answered under, of those that are asked for.
    pub other_payer_numbers: Vec<Phi<String>>,
    pub provider_npi: String,
    pub provider_tin: String,
    pub provider_name: String,
    pub member_id: Phi<String>,
    pub patient_last_name: Phi<String>,
    pub patient_first_name: Phi<String>,
    pub service_from: String,
    pub service_to: String,
    /// CLM05-3.
    pub frequency: String,
    /// The payer to which the first one passed it on, whose remittance is expected too.
    pub passed_on_to: Option<String>,
    /// REF*D9 as the submitter sent it; ours stands in its place on the way to the payer.
    pub upstream_trace: Option<String>,
}

impl ClaimFacts {
    /// What its payer is known to call it.
    pub fn payer_numbers(&self) -> impl Iterator<Item = &str> {
        self.payer_claim_control_number.iter().chain(&self.other_payer_numbers).map(|number| number.reveal().as_str())
    }

    /// True when this payer has the claim: it was sent there, or passed on to it by the payer before.
    pub fn is_with(&self, payer: &str) -> bool {
        self.payer.as_deref() == Some(payer) || self.passed_on_to.as_deref() == Some(payer)
    }
}

/// Under which numbers and with which charge a posted payment came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidUnder {
    pub claim_id: ClaimId,
    pub patient_control_number: Phi<String>,
    pub payer_claim_control_number: Phi<String>,
    /// Of a reversal below zero.
    pub charge: Cents,
}

/// Who handed in a claim's transaction, as answers to it are addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddresseeFacts {
    pub id: TransactionId,
    pub bht03: String,
    pub submitter_name: String,
    pub submitter_etin: String,
}

/// The batch that a TA1 or 999 names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchFacts {
    pub id: BatchId,
    /// `837P`, ...; `276` for questions.
    pub kind: String,
    pub claim_status: Option<ClaimStatus>,
}

/// One ST of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTransactionFacts {
    pub batch_id: BatchId,
    pub st02: String,
    pub bht03: String,
    pub first_claim_id: ClaimId,
    pub last_claim_id: ClaimId,
}

/// By what claims are looked for; each is one question to the database however many values it has.
#[derive(Clone, Copy, Debug)]
pub enum ClaimKey {
    Id,
    PayerClaimControlNumber,
    /// In any case.
    PatientControlNumber,
    MemberId,
}

impl ClaimKey {
    /// What lets the planner take the key's index.
    pub(super) fn bucket(self) -> String {
        match self {
            ClaimKey::Id | ClaimKey::PayerClaimControlNumber => String::new(),
            ClaimKey::PatientControlNumber | ClaimKey::MemberId => format!("{ANY_BUCKET} AND "),
        }
    }

    pub(super) fn condition(self) -> &'static str {
        match self {
            ClaimKey::Id => "c.id",
            ClaimKey::PayerClaimControlNumber => "c.payer_claim_control_number",
            ClaimKey::PatientControlNumber => "upper(c.patient_control_number)",
            ClaimKey::MemberId => "c.member_id",
        }
    }

    /// A value of the list as the condition's side has it.
    pub(super) fn sought(self) -> &'static str {
        match self {
            ClaimKey::PatientControlNumber => "upper(value)",
            ClaimKey::Id | ClaimKey::PayerClaimControlNumber | ClaimKey::MemberId => "value",
        }
    }
}

pub(super) const CLAIM_FACTS: &str =
    "SELECT c.id, c.submission_id, c.transaction_id, c.partner, CASE WHEN b.id IS NOT NULL THEN c.payer END AS payer,
    CASE WHEN b.isa13 IS NOT NULL THEN c.batch_id END AS batch_id,
    CASE WHEN c.status IN (2, 3) AND b.claim_status IS NOT NULL THEN b.claim_status ELSE c.status END AS status,
    c.patient_control_number, c.charge, c.payer_claim_control_number, c.provider_npi, c.provider_tin, c.provider_name,
    c.member_id, c.patient_last_name, c.patient_first_name, c.service_from, c.service_to,
    c.upstream_trace, c.frequency, c.passed_on_to
    FROM claim c LEFT JOIN batch b ON b.id = c.batch_id ";

impl Store {
    /// Claims whose `key` is one of `values` (texts or, for ids, numbers), whoever their payer is.
    pub async fn claims_for_answers(&self, key: ClaimKey, values: impl Bind) -> Result<Vec<ClaimFacts>, StoreError> {
        let mut query = QueryBuilder::new(CLAIM_FACTS);
        query
            .push("WHERE ")
            .push(key.bucket())
            .push(key.condition())
            .push(" IN (SELECT ")
            .push(key.sought())
            .push(" FROM list(")
            .push_bind(values)
            .push("))");
        let rows = query.build().fetch_all(self.readers()).await.map_err(StoreError::at("find claims for answers"))?;
        rows.iter().map(claim_facts).collect()
    }

    /// Claims with one of these control numbers, in any case, whoever their payer is.
    pub async fn claims_by_control_number(&self, numbers: &[&str]) -> Result<Vec<ClaimFacts>, StoreError> {
        let places = self.whereabouts(numbers).await?;
        let mut found = Vec::new();
        if !places.any.is_empty() {
            self.add_claims_in(&places.any, numbers, &mut found).await?;
        }
        for (bucket, at) in places.some {
            let here: Vec<&str> = at.into_iter().map(|at| numbers[at]).collect();
            self.add_claims_in(&[bucket], &here, &mut found).await?;
        }
        Ok(found)
    }

    async fn add_claims_in(
        &self,
        buckets: &[i64],
        numbers: &[&str],
        found: &mut Vec<ClaimFacts>,
    ) -> Result<(), StoreError> {
        let mut query = QueryBuilder::new(CLAIM_FACTS);
        query.push("WHERE c.bucket IN (SELECT value FROM list(").push_bind(buckets);
        query
            .push(")) AND upper(c.patient_control_number) IN (SELECT upper(value) FROM list(")
            .push_bind(numbers)
            .push("))");
        let rows = query.build().fetch_all(self.readers()).await;
        for row in &rows.map_err(StoreError::at("find claims by control number"))? {
            found.push(claim_facts(row)?);
        }
        Ok(())
    }

    /// Claims of a payer whose control number begins with `prefix`, in any case: what a payer cut off. One more than
    /// [`PREFIX_CANDIDATES_MAX`] where there are more.
    pub async fn claims_by_control_number_begin(
        &self,
        payer: &str,
        prefix: &str,
    ) -> Result<Vec<ClaimFacts>, StoreError> {
        let mut query = QueryBuilder::new(CLAIM_FACTS);
        query.push("WHERE b.id IS NOT NULL AND c.payer = ").push_bind(payer);
        query.push(" AND ").push(ANY_BUCKET);
        query.push(" AND upper(c.patient_control_number) >= ").push_bind(prefix.to_uppercase());
        query.push(" AND upper(c.patient_control_number) < ").push_bind(format!("{}\u{10ffff}", prefix.to_uppercase()));
        query.push(" LIMIT ").push_bind(PREFIX_CANDIDATES_MAX as i64 + 1);
        let rows = query.build().fetch_all(self.readers()).await.map_err(StoreError::at("find claims by prefix"))?;
        rows.iter().map(claim_facts).collect()
    }

    /// Claims of a payer for patients of this last name, whatever its capitals, with this first day of service.
    pub async fn claims_by_name_and_day(
        &self,
        payer: &str,
        last_name: &str,
        service_from: &str,
    ) -> Result<Vec<ClaimFacts>, StoreError> {
        let mut query = QueryBuilder::new(CLAIM_FACTS);
        query
            .push("WHERE ")
            .push(ANY_BUCKET)
            .push(" AND lower(c.patient_last_name) = lower(")
            .push_bind(last_name.to_string());
        query.push(") AND c.service_from = ").push_bind(service_from.to_string());
        query.push(" AND b.id IS NOT NULL AND c.payer = ").push_bind(payer.to_string());
        query.push(" LIMIT ").push_bind(NAMESAKES_MAX);
        let rows = query.build().fetch_all(self.readers()).await.map_err(StoreError::at("find claims by name"))?;
        rows.iter().map(claim_facts).collect()
    }

    /// The posted payments of these claims.
    pub async fn paid_under(&self, claims: &[i64]) -> Result<Vec<PaidUnder>, StoreError> {
        let rows = query(
            "SELECT p.claim_id, p.patient_control_number, p.payer_claim_control_number, p.charge
             FROM payment p JOIN remittance r ON r.id = p.remittance_id
             WHERE p.claim_id IN (SELECT value FROM list(?)) AND r.state = 0",
        )
        .bind(claims)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find under which numbers claims were paid"))?;
        let paid = |row: &Row| PaidUnder {
            claim_id: ClaimId(row.get(0)),
            patient_control_number: Phi::new(row.get(1)),
            payer_claim_control_number: Phi::new(row.get(2)),
            charge: Cents(row.get(3)),
        };
        Ok(rows.iter().map(paid).collect())
    }

    /// Claims of one ST of a batch, in the order of their ids; with `provider`, an NPI or tax id, those of one billing
    /// provider.
    pub async fn claims_of_transaction(
        &self,
        transaction: &BatchTransactionFacts,
        provider: Option<&str>,
    ) -> Result<Vec<ClaimFacts>, StoreError> {
        let mut query = QueryBuilder::new(CLAIM_FACTS);
        query.push("WHERE c.batch_id = ").push_bind(transaction.batch_id.0);
        query.push(" AND c.id BETWEEN ").push_bind(transaction.first_claim_id.0);
        query.push(" AND ").push_bind(transaction.last_claim_id.0);
        if let Some(id) = provider {
            query.push(" AND (c.provider_npi = ").push_bind(id);
            query.push(" OR c.provider_tin = ").push_bind(id).push(")");
        }
        query.push(" ORDER BY c.id");
        let rows =
            query.build().fetch_all(self.readers()).await.map_err(StoreError::at("find a transaction's claims"))?;
        rows.iter().map(claim_facts).collect()
    }

    /// All claims of a batch, in the order of their ids.
    pub async fn claims_of_batch(&self, batch: BatchId) -> Result<Vec<ClaimFacts>, StoreError> {
        let mut query = QueryBuilder::new(CLAIM_FACTS);
        query.push("WHERE c.batch_id = ").push_bind(batch.0).push(" ORDER BY c.id");
        let rows = query.build().fetch_all(self.readers()).await.map_err(StoreError::at("find a batch's claims"))?;
        rows.iter().map(claim_facts).collect()
    }

    /// The batch that was sent to `payer` under this ISA13, whatever zeros it is written with.
    pub async fn batch_by_isa13(&self, payer: &str, isa13: &str) -> Result<Option<BatchFacts>, StoreError> {
        let sql =
            "SELECT id, claim_status, kind FROM batch WHERE payer = ? AND isa13 IN (?, ?, ?) ORDER BY id DESC LIMIT 1";
        self.batch_by_control(sql, payer, isa13).await
    }

    /// The same by GS06.
    pub async fn batch_by_gs06(&self, payer: &str, gs06: &str) -> Result<Option<BatchFacts>, StoreError> {
        let sql =
            "SELECT id, claim_status, kind FROM batch WHERE payer = ? AND gs06 IN (?, ?, ?) ORDER BY id DESC LIMIT 1";
        self.batch_by_control(sql, payer, gs06).await
    }

    async fn batch_by_control(
        &self,
        sql: &'static str,
        payer: &str,
        control: &str,
    ) -> Result<Option<BatchFacts>, StoreError> {
        let bare = control.trim_start_matches('0');
        let row = query(sql)
            .bind(payer)
            .bind(control)
            .bind(bare)
            .bind(format!("{bare:0>9}"))
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("find the batch of an acknowledgment"))?;
        row.map(|row| {
            let claim_status = row.get::<Option<i64>>(1).map(status).transpose()?;
            Ok(BatchFacts { id: BatchId(row.get(0)), kind: row.get(2), claim_status })
        })
        .transpose()
    }

    /// The transactions of these numbers, in the order of their ids.
    pub async fn addressees(&self, ids: &[TransactionId]) -> Result<Vec<AddresseeFacts>, StoreError> {
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows = query(
            "SELECT id, bht03, submitter_name, submitter_etin FROM submission_transaction
             WHERE id IN (SELECT value FROM list(?)) ORDER BY id",
        )
        .bind(ids)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find whom answers are for"))?;
        let facts = |row: &Row| AddresseeFacts {
            id: TransactionId(row.get(0)),
            bht03: row.get(1),
            submitter_name: row.get(2),
            submitter_etin: row.get(3),
        };
        Ok(rows.iter().map(facts).collect())
    }

    /// The STs of a batch.
    pub async fn transactions_of_batch(&self, batch: BatchId) -> Result<Vec<BatchTransactionFacts>, StoreError> {
        let rows = query(
            "SELECT batch_id, st02, bht03, first_claim_id, last_claim_id FROM batch_transaction WHERE batch_id = ?",
        )
        .bind(batch.0)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find a batch's transactions"))?;
        Ok(rows.iter().map(transaction_facts).collect())
    }

    /// The STs sent to `payer` under this BHT03.
    pub async fn transactions_by_bht03(
        &self,
        payer: &str,
        bht03: &str,
    ) -> Result<Vec<BatchTransactionFacts>, StoreError> {
        let rows = query(
            "SELECT t.batch_id, t.st02, t.bht03, t.first_claim_id, t.last_claim_id
             FROM batch_transaction t JOIN batch b ON b.id = t.batch_id WHERE t.bht03 = ? AND b.payer = ?",
        )
        .bind(bht03)
        .bind(payer)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find the transactions of an acknowledgment"))?;
        Ok(rows.iter().map(transaction_facts).collect())
    }
}

fn transaction_facts(row: &Row) -> BatchTransactionFacts {
    BatchTransactionFacts {
        batch_id: BatchId(row.get(0)),
        st02: row.get(1),
        bht03: row.get(2),
        first_claim_id: ClaimId(row.get(3)),
        last_claim_id: ClaimId(row.get(4)),
    }
}

pub(super) fn claim_facts(row: &Row) -> Result<ClaimFacts, StoreError> {
    Ok(ClaimFacts {
        id: ClaimId(row.get(0)),
        submission_id: SubmissionId(row.get(1)),
        transaction_id: TransactionId(row.get(2)),
        partner: row.get(3),
        payer: row.get(4),
        batch_id: row.get::<Option<i64>>(5).map(BatchId),
        status: status(row.get(6))?,
        patient_control_number: Phi::new(row.get(7)),
        charge: Cents(row.get(8)),
        payer_claim_control_number: row.get::<Option<String>>(9).map(Phi::new),
        other_payer_numbers: Vec::new(),
        provider_npi: row.get(10),
        provider_tin: row.get(11),
        provider_name: row.get(12),
        member_id: Phi::new(row.get(13)),
        patient_last_name: Phi::new(row.get(14)),
        patient_first_name: Phi::new(row.get(15)),
        service_from: row.get(16),
        service_to: row.get(17),
        upstream_trace: row.get(18),
        frequency: row.get(19),
        passed_on_to: row.get(20),
    })
}

pub(super) fn status(code: i64) -> Result<ClaimStatus, StoreError> {
    ClaimStatus::from_code(code).ok_or_else(|| StoreError::Damaged { what: format!("{code} is no claim status") })
}
