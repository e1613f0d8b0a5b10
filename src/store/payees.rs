//! Whose claims the payee of a remittance was paid for.

use super::sql::query;
use super::{Store, StoreError};

/// Of a payee, by which its submitter is told; a large one has millions.
const LAST_PAYMENTS: i64 = 10_000;

/// Whose claims a payee was paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaidFor {
    NoSubmitter,
    One(String),
    /// Which of them an amount is of that is on no claim, nobody can tell.
    Several,
}

impl Store {
    /// The submitters whose claims this payee was last paid for, by what was posted. One that is not named is nobody's.
    pub async fn submitter_of_payee(&self, npi: &str, tin: &str) -> Result<PaidFor, StoreError> {
        if npi.is_empty() && tin.is_empty() {
            return Ok(PaidFor::NoSubmitter);
        }
        let rows = query(
            "SELECT DISTINCT last.partner FROM (
                 SELECT c.partner FROM remittance r JOIN payment p ON p.remittance_id = r.id
                     JOIN claim c ON c.id = p.claim_id
                 WHERE r.payee_npi = ? AND r.payee_tin = ? AND r.state = 0 ORDER BY r.id DESC LIMIT ?) last",
        )
        .bind(npi)
        .bind(tin)
        .bind(LAST_PAYMENTS)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find a payee's submitter"))?;
        Ok(match rows.as_slice() {
            [] => PaidFor::NoSubmitter,
            [only] => PaidFor::One(only.get(0)),
            [_, _, ..] => PaidFor::Several,
        })
    }
}
