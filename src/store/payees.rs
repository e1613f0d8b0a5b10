//! Whose claims the payee of a remittance was paid for, or who bills for it.

use super::buckets::ANY_BUCKET;
use super::sql::{Row, query};
use super::{Store, StoreError};
use crate::domain::payment_facts::tax_id_forms;

/// Of a payee, by which its submitter is told; a large one has millions.
const LAST_PAYMENTS: i64 = 10_000;
/// The newest claims, among which a tax id is looked for: no index has it.
const LAST_CLAIMS: i64 = 100_000;

/// Whose a payee is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaidFor {
    NoSubmitter,
    One(String),
    /// Which of them an amount is of that is on no claim, nobody can tell.
    Several,
}

impl PaidFor {
    pub fn of(mut submitters: Vec<String>) -> PaidFor {
        submitters.sort_unstable();
        submitters.dedup();
        match (submitters.pop(), submitters.is_empty()) {
            (None, _) => PaidFor::NoSubmitter,
            (Some(only), true) => PaidFor::One(only),
            (Some(_), false) => PaidFor::Several,
        }
    }
}

impl Store {
    /// The submitter whose claims this payee was last paid for, by what was posted. One that is not named is nobody's. The
    /// NPI decides, whatever tax id stands beside it, as far as it tells one submitter; a tax id alone where there is no other.
    pub async fn submitter_paid_for(&self, npi: &str, tin: &str) -> Result<PaidFor, StoreError> {
        let forms = tax_id_forms(tin);
        let (by_npi, by_tin) = ("r.payee_npi = ?", "r.payee_tin IN (SELECT value FROM list(?))");
        if npi.is_empty() {
            return match forms.is_empty() {
                true => Ok(PaidFor::NoSubmitter),
                false => self.last_paid(by_tin, None, Some(forms)).await,
            };
        }
        if !forms.is_empty() {
            let both = format!("{by_npi} AND {by_tin}");
            match self.last_paid(&both, Some(npi), Some(forms.clone())).await? {
                PaidFor::NoSubmitter => {}
                known @ (PaidFor::One(_) | PaidFor::Several) => return Ok(known),
            }
        }
        match self.last_paid(by_npi, Some(npi), None).await? {
            PaidFor::NoSubmitter if !forms.is_empty() => {
                self.last_paid(&format!("r.payee_npi = '' AND {by_tin}"), None, Some(forms)).await
            }
            known @ (PaidFor::NoSubmitter | PaidFor::One(_) | PaidFor::Several) => Ok(known),
        }
    }

    /// `payee` takes the NPI, then the forms of the tax id.
    async fn last_paid(
        &self,
        payee: &str,
        npi: Option<&str>,
        forms: Option<Vec<String>>,
    ) -> Result<PaidFor, StoreError> {
        let mut query = query(format!(
            "SELECT DISTINCT last.partner FROM (
                 SELECT c.partner FROM remittance r JOIN payment p ON p.remittance_id = r.id
                     JOIN claim c ON c.id = p.claim_id
                 WHERE {payee} AND r.state = 0 ORDER BY r.id DESC LIMIT ?) last"
        ));
        if let Some(npi) = npi {
            query = query.bind(npi);
        }
        if let Some(forms) = forms {
            query = query.bind(forms);
        }
        let rows = query.bind(LAST_PAYMENTS).fetch_all(self.readers()).await;
        Ok(PaidFor::of(partners(&rows.map_err(StoreError::at("find a payee's submitter"))?)))
    }

    /// The submitter whose claims for this billing provider went to payers. A tax id is asked only where there is no NPI.
    pub async fn submitter_billing_for(&self, npi: &str, tin: &str) -> Result<PaidFor, StoreError> {
        let step = || StoreError::at("find who bills for a payee");
        if npi.is_empty() {
            let forms = tax_id_forms(tin);
            if forms.is_empty() {
                return Ok(PaidFor::NoSubmitter);
            }
            let newest = query(
                "SELECT DISTINCT last.partner FROM (
                     SELECT partner, provider_tin, batch_id FROM claim ORDER BY id DESC LIMIT ?) last
                 WHERE last.provider_tin IN (SELECT value FROM list(?)) AND last.batch_id IS NOT NULL",
            );
            let rows = newest.bind(LAST_CLAIMS).bind(forms).fetch_all(self.readers()).await.map_err(step())?;
            return Ok(PaidFor::of(partners(&rows)));
        }
        // One, and whether there is another: a provider may have millions of claims.
        let billed = format!(
            "SELECT c.partner FROM claim c WHERE {ANY_BUCKET} AND c.provider_npi = ? AND c.batch_id IS NOT NULL"
        );
        let first = query(format!("{billed} LIMIT 1")).bind(npi).fetch_all(self.readers()).await.map_err(step())?;
        let mut found = partners(&first);
        if let Some(first) = found.first().cloned() {
            let other = query(format!("{billed} AND c.partner <> ? LIMIT 1")).bind(npi).bind(first);
            found.extend(partners(&other.fetch_all(self.readers()).await.map_err(step())?));
        }
        Ok(PaidFor::of(found))
    }
}

fn partners(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.get(0)).collect()
}
