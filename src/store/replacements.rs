//! Replacement and void claims (frequency 7 and 8) and the claims they stand for: found by what they refer to, told on
//! the timelines of both, once.

use super::buckets::ANY_BUCKET;
use super::events::{NewClaimEvent, add_claim_events};
use super::matching::{CLAIM_FACTS, ClaimFacts, claim_facts};
use super::payer_numbers::Numbered;
use super::sql::{QueryBuilder, query};
use super::{Store, StoreError};
use crate::domain::Phi;
use crate::domain::ids::{BatchId, ClaimId};

/// Claims of one number that are compared.
const EARLIER_MAX: i64 = 50;

/// What earlier claims are looked for by.
enum Sought {
    Text(String),
    Ids(Vec<i64>),
}

/// A claim that says that it takes another's place.
#[derive(Clone, Debug)]
pub struct Replacement {
    pub id: ClaimId,
    /// 7 replaces, 8 voids.
    pub frequency: String,
    /// REF*F8; empty when it is missing.
    pub original_reference: Phi<String>,
    pub partner: String,
    pub payer: String,
    pub patient_control_number: Phi<String>,
    pub provider_npi: String,
    pub member_id: Phi<String>,
}

impl Store {
    /// Claims of a batch that take others' places and are not linked yet.
    pub async fn replacements_of_batch(&self, batch: BatchId) -> Result<Vec<Replacement>, StoreError> {
        let rows = query(
            "SELECT c.id, c.frequency, c.original_reference, c.partner, c.payer, c.patient_control_number, c.provider_npi,
                    c.member_id
             FROM claim c WHERE c.batch_id = ? AND c.frequency IN ('7', '8') AND NOT EXISTS (
                 SELECT 1 FROM claim_event e WHERE e.claim_id = c.id AND e.kind = 'replaces') ORDER BY c.id",
        )
        .bind(batch.0)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find replacement claims"))?;
        let replacement = |row: &super::sql::Row| Replacement {
            id: ClaimId(row.get(0)),
            frequency: row.get(1),
            original_reference: Phi::new(row.get::<Option<String>>(2).unwrap_or_default()),
            partner: row.get(3),
            payer: row.get::<Option<String>>(4).unwrap_or_default(),
            patient_control_number: Phi::new(row.get(5)),
            provider_npi: row.get(6),
            member_id: Phi::new(row.get(7)),
        };
        Ok(rows.iter().map(replacement).collect())
    }

    /// Earlier claims of the same submitter and payer that have or had the payer's number, or have the patient control
    /// number, to which a replacement refers; newest first.
    pub async fn earlier_claims(&self, of: &Replacement) -> Result<Vec<ClaimFacts>, StoreError> {
        let mut found = Vec::new();
        let reference = of.original_reference.reveal();
        let had: Vec<Numbered> = match reference.is_empty() {
            true => Vec::new(),
            false => self.other_payer_numbers(&[reference]).await?,
        };
        let had: Vec<i64> = had.iter().map(|(claim, _)| claim.0).collect();
        let by_control = format!("{ANY_BUCKET} AND upper(c.patient_control_number) = ");
        let by = [
            ("c.payer_claim_control_number = ", Sought::Text(reference.clone())),
            ("c.id IN (SELECT value FROM list(", Sought::Ids(had)),
            // As it is indexed.
            (by_control.as_str(), Sought::Text(of.patient_control_number.reveal().to_uppercase())),
        ];
        for (condition, value) in by {
            let mut sql = QueryBuilder::new(CLAIM_FACTS);
            sql.push("WHERE ").push(condition);
            let are_by_number = match value {
                Sought::Text(text) if text.is_empty() => continue,
                Sought::Ids(ids) if ids.is_empty() => continue,
                Sought::Text(text) => {
                    sql.push_bind(text);
                    false
                }
                Sought::Ids(ids) => {
                    sql.push_bind(ids).push("))");
                    true
                }
            };
            sql.push(" AND c.partner = ").push_bind(of.partner.as_str());
            sql.push(" AND b.id IS NOT NULL AND c.payer = ").push_bind(of.payer.as_str());
            sql.push(" AND c.id < ").push_bind(of.id.0);
            sql.push(" ORDER BY c.id DESC LIMIT ").push_bind(EARLIER_MAX);
            let rows = sql.build().fetch_all(self.readers()).await.map_err(StoreError::at("find a replaced claim"))?;
            for row in &rows {
                let mut claim = claim_facts(row)?;
                claim.other_payer_numbers.extend(are_by_number.then(|| of.original_reference.clone()));
                found.push(claim);
            }
        }
        Ok(found)
    }

    /// Tells both claims of each other. `false`: they were told before.
    pub async fn link_replacement(&self, by: NewClaimEvent, of: NewClaimEvent) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let known = query("SELECT 1 FROM claim_event WHERE claim_id = ? AND kind = 'replaces'")
            .bind(by.claim_id.0)
            .fetch_optional(&mut tx)
            .await
            .map_err(StoreError::at("look for a replacement's link"))?;
        if known.is_some() {
            return Ok(false);
        }
        add_claim_events(&mut tx, &[by, of]).await?;
        tx.commit().await.map_err(StoreError::at("link a replacement"))?;
        Ok(true)
    }
}
