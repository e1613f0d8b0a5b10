//! Removes what is older than it is to be kept, some thousand rows a transaction, so that nobody waits for it. What was
//! removed stays accounted for: a submission, a batch, a payer's file and a remittance keep their row with its counts
//! and sums, and of removed claims and payments the sums are kept. The audit trail is never touched.

mod answers;
mod claims;
mod leftovers;
#[cfg(test)]
mod tests;

use super::holds::{Hold, HoldOn};
use super::sql::query;
use super::{Store, StoreError};

/// What is kept however old it is.
#[derive(Clone, Debug, Default)]
pub struct Spared {
    partners: Vec<String>,
    claims: Vec<i64>,
    /// Payers' files that tell of a claim that is spared.
    inbounds: Vec<i64>,
}

impl Store {
    /// `on_hold`: partners whose own files say so; beside them what stands under `claimgate hold`.
    pub async fn spared(&self, on_hold: Vec<String>) -> Result<Spared, StoreError> {
        let mut spared = Spared { partners: on_hold, ..Spared::default() };
        for Hold { on, .. } in self.holds().await? {
            match on {
                HoldOn::Partner(name) => spared.partners.push(name),
                HoldOn::Claim(id) => spared.claims.push(id.0),
            }
        }
        if spared.partners.is_empty() && spared.claims.is_empty() {
            return Ok(spared);
        }
        let rows = query(
            "SELECT DISTINCT e.inbound_id FROM claim_event e JOIN claim c ON c.id = e.claim_id
             WHERE e.inbound_id IS NOT NULL AND (c.id IN (SELECT value FROM list(?1))
                 OR c.partner IN (SELECT value FROM list(?2)) OR c.payer IN (SELECT value FROM list(?2)))
             UNION
             SELECT DISTINCT e.inbound_id FROM batch_event e JOIN claim c ON c.batch_id = e.batch_id
             WHERE e.inbound_id IS NOT NULL AND (c.id IN (SELECT value FROM list(?1))
                 OR c.partner IN (SELECT value FROM list(?2)) OR c.payer IN (SELECT value FROM list(?2)))",
        )
        .bind(spared.claims.clone())
        .bind(spared.partners.clone())
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look what is on legal hold"))?;
        spared.inbounds = rows.iter().map(|row| row.get(0)).collect();
        Ok(spared)
    }

    /// When a piece of work was done last; 0: never.
    pub async fn chore_done_at(&self, name: &str) -> Result<i64, StoreError> {
        let row = query("SELECT done_at FROM chore WHERE name = ?")
            .bind(name)
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("look when work was done"))?;
        Ok(row.map_or(0, |row| row.get(0)))
    }

    pub async fn chore_done(&self, name: &str, now: i64) -> Result<(), StoreError> {
        let step = || StoreError::at("note that work was done");
        let mut tx = self.begin().await?;
        query("INSERT INTO chore (name, done_at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET done_at = ?2")
            .bind(name)
            .bind(now)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())
    }
}
