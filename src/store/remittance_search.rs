//! Remittances as people look for them: by check or EFT number, amount, day and payee, as the bank's statement
//! names them; and the payments of one, as far as a submitter may see them.

use std::collections::HashMap;

use super::remittances::{COLUMNS, PAYMENT_COLUMNS, PaymentRow, RemittanceRow, RemittanceState};
use super::remittances::{payment_row, remittance_row};
use super::sql::{QueryBuilder, query};
use super::{Store, StoreError};
use crate::domain::Cents;
use crate::domain::ids::RemittanceId;

/// What a remittance must be like; what is `None` asks nothing.
#[derive(Clone, Debug, Default)]
pub struct RemittanceQuery {
    pub payer: Option<String>,
    /// Only remittances that pay claims of this submitter.
    pub submitter: Option<String>,
    /// TRN02.
    pub trace: Option<String>,
    /// BPR02.
    pub amount: Option<Cents>,
    /// BPR16, `YYYY-MM-DD`, from and to.
    pub paid_from: Option<String>,
    pub paid_to: Option<String>,
    pub payee_npi: Option<String>,
    pub payee_tin: Option<String>,
    pub state: Option<RemittanceState>,
    /// The last id of the page before.
    pub before: Option<RemittanceId>,
    pub limit: u32,
}

impl Store {
    /// Remittances that fit, newest first.
    pub async fn search_remittances(&self, query: &RemittanceQuery) -> Result<Vec<RemittanceRow>, StoreError> {
        let mut sql = QueryBuilder::new(COLUMNS);
        sql.push("WHERE id < ").push_bind(query.before.map_or(i64::MAX, |id| id.0));
        let texts = [
            (" AND payer = ", &query.payer),
            (" AND trace = ", &query.trace),
            (" AND payment_date >= ", &query.paid_from),
            (" AND payment_date <= ", &query.paid_to),
            (" AND payee_npi = ", &query.payee_npi),
            (" AND payee_tin = ", &query.payee_tin),
        ];
        for (condition, value) in texts {
            if let Some(value) = value {
                sql.push(condition).push_bind(value.clone());
            }
        }
        if let Some(amount) = query.amount {
            sql.push(" AND amount = ").push_bind(amount.0);
        }
        if let Some(state) = query.state {
            sql.push(" AND state = ").push_bind(state as i64);
        }
        if let Some(submitter) = &query.submitter {
            sql.push(
                " AND EXISTS (SELECT 1 FROM payment p JOIN claim c ON c.id = p.claim_id
                   WHERE p.remittance_id = remittance.id AND c.partner = ",
            );
            sql.push_bind(submitter.clone()).push(")");
        }
        sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(query.limit));
        let rows = sql.build().fetch_all(self.readers()).await.map_err(StoreError::at("search remittances"))?;
        rows.iter().map(remittance_row).collect()
    }

    /// The payments of a remittance on claims of one submitter, in the order of the file.
    pub async fn payments_for_submitter(
        &self,
        id: RemittanceId,
        submitter: &str,
    ) -> Result<Vec<PaymentRow>, StoreError> {
        let mut sql = QueryBuilder::new(PAYMENT_COLUMNS);
        sql.push("JOIN claim c ON c.id = p.claim_id WHERE p.remittance_id = ").push_bind(id.0);
        sql.push(" AND c.partner = ").push_bind(submitter.to_string()).push(" ORDER BY p.ordinal");
        let rows = sql.build().fetch_all(self.readers()).await;
        Ok(rows.map_err(StoreError::at("read a submitter's payments"))?.iter().map(payment_row).collect())
    }

    /// Of these remittances, how many claims of the submitter each pays, and what they are paid; those that pay none are
    /// not among them.
    pub async fn parts_of_submitter(
        &self,
        ids: Vec<i64>,
        submitter: &str,
    ) -> Result<HashMap<RemittanceId, (i64, Cents)>, StoreError> {
        let rows = query(
            "SELECT p.remittance_id, COUNT(*), COALESCE(SUM(p.paid), 0) FROM payment p JOIN claim c ON c.id = p.claim_id
             WHERE p.remittance_id IN (SELECT value FROM list(?)) AND c.partner = ? GROUP BY p.remittance_id",
        )
        .bind(ids)
        .bind(submitter)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("sum a submitter's parts of remittances"))?;
        Ok(rows.iter().map(|row| (RemittanceId(row.get(0)), (row.get(1), Cents(row.get(2))))).collect())
    }

    /// Of these remittances, what each pays in all on claims that were found: count and sum.
    pub async fn matched_of_remittance(&self, id: RemittanceId) -> Result<(i64, Cents), StoreError> {
        let mut sql = QueryBuilder::new(
            "SELECT COUNT(*), COALESCE(SUM(paid), 0) FROM payment WHERE claim_id IS NOT NULL AND remittance_id = ",
        );
        sql.push_bind(id.0);
        let row = sql.build().fetch_one(self.readers()).await.map_err(StoreError::at("sum a remittance"))?;
        Ok((row.get(0), Cents(row.get(1))))
    }
}
