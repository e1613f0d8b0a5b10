//! Removes payers' files with the payments in them that are on no claim any more.

use super::{Spared, in_force};
use crate::domain::ids::InboundId;
use crate::store::sql::query;
use crate::store::{Store, StoreError};

/// `?1` the time before which it was received, `?2` held partners, `?3` files that tell of held claims, `?4` held claims:
/// a person may have put an answer on one since. A file stays as long as a person is asked about it, and as long as a
/// payment in it is on a claim that is kept.
const REMOVABLE: &str = "i.purged_at IS NULL AND i.received_at < ?1 AND i.state IN (2, 3, 4, 5)
     AND i.partner NOT IN (SELECT value FROM list(?2)) AND i.id NOT IN (SELECT value FROM list(?3))
     AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.inbound_id = i.id AND e.state = 0)
     AND NOT EXISTS (SELECT 1 FROM exception e JOIN claim c ON c.id = e.claim_id WHERE e.inbound_id = i.id
         AND (c.id IN (SELECT value FROM list(?4)) OR c.partner IN (SELECT value FROM list(?2))
             OR c.payer IN (SELECT value FROM list(?2))))
     AND NOT EXISTS (SELECT 1 FROM remittance r JOIN payment p ON p.remittance_id = r.id
         WHERE r.inbound_id = i.id AND p.claim_id IS NOT NULL)";

impl Store {
    pub async fn removable_answers(&self, before: i64, spared: &Spared) -> Result<i64, StoreError> {
        let row = query(format!("SELECT COUNT(*) FROM inbound i WHERE {REMOVABLE}"))
            .bind(before)
            .bind(spared.partners.clone())
            .bind(spared.inbounds.clone())
            .bind(spared.claims.clone())
            .fetch_one(self.readers())
            .await
            .map_err(StoreError::at("count old files of payers"))?;
        Ok(row.get(0))
    }

    /// The oldest after `after`.
    pub async fn removable_answer(
        &self,
        before: i64,
        spared: &Spared,
        after: Option<InboundId>,
    ) -> Result<Option<InboundId>, StoreError> {
        let row = query(format!("SELECT i.id FROM inbound i WHERE {REMOVABLE} AND i.id > ?5 ORDER BY i.id LIMIT 1"))
            .bind(before)
            .bind(spared.partners.clone())
            .bind(spared.inbounds.clone())
            .bind(spared.claims.clone())
            .bind(after.map_or(-1, |id| id.0))
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("find old files of payers"))?;
        Ok(row.map(|row| InboundId(row.get(0))))
    }

    /// What is left: the row with the digest by which the same bytes are known, what it told of batches, and each
    /// remittance with its sums. False where it may not be removed any more: a hold was set, or an exception opened.
    pub async fn end_answer(&self, id: InboundId, before: i64, spared: &Spared, now: i64) -> Result<bool, StoreError> {
        let step = || StoreError::at("remove an old file of a payer");
        let mut tx = self.begin().await?;
        let spared = in_force(&mut tx, spared).await?;
        let still = query(format!("SELECT i.id FROM inbound i WHERE {REMOVABLE} AND i.id = ?5"))
            .bind(before)
            .bind(spared.partners.clone())
            .bind(spared.inbounds.clone())
            .bind(spared.claims.clone())
            .bind(id.0)
            .fetch_optional(&mut tx)
            .await
            .map_err(step())?;
        if still.is_none() {
            return Ok(false);
        }
        query(
            "UPDATE remittance SET adjustment_list = '[]',
                 purged_payments = purged_payments
                     + (SELECT COUNT(*) FROM payment p WHERE p.remittance_id = remittance.id),
                 purged_unmatched = purged_unmatched
                     + (SELECT coalesce(SUM(p.paid), 0) FROM payment p WHERE p.remittance_id = remittance.id)
             WHERE inbound_id = ?",
        )
        .bind(id.0)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        for sql in [
            "DELETE FROM payment WHERE remittance_id IN (SELECT id FROM remittance WHERE inbound_id = ?)",
            "DELETE FROM awaited WHERE exception_id IN (SELECT id FROM exception WHERE inbound_id = ?)",
            "DELETE FROM exception WHERE inbound_id = ?",
        ] {
            query(sql).bind(id.0).execute(&mut tx).await.map_err(step())?;
        }
        query("UPDATE inbound SET purged_at = ?, payload_id = 0, file_name = '', notes = '[]', house_notes = '[]' WHERE id = ?")
            .bind(now)
            .bind(id.0)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(true)
    }
}
