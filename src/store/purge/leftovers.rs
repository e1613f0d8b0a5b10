//! Removes mailbox files, findings and delivery attempts that are old, and payloads that nothing names any more.

use super::{Spared, in_force};
use crate::domain::ids::{self, PayloadId};
use crate::store::sql::query;
use crate::store::{Store, StoreError};

/// `?1` the first id of the time from which it is kept, `?2` held partners. A file of a mailbox stays as long as the
/// submission, the payer's file or the batch that it belongs to.
const MAIL: &str = "m.id < ?1 AND m.partner NOT IN (SELECT value FROM list(?2))
     AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.id = m.submission_id AND s.purged_at IS NULL)
     AND NOT EXISTS (SELECT 1 FROM inbound i WHERE i.id = m.inbound_id AND i.purged_at IS NULL)
     AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.payload_id = m.payload_id)";

/// `?1` as above, `?2` held partners, `?3` submissions with held claims: findings of a file go all together.
const FINDINGS: &str = "f.submission_id < ?1 AND f.submission_id NOT IN (SELECT value FROM list(?3))
     AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.id = f.submission_id
         AND (s.state = 0 OR s.partner IN (SELECT value FROM list(?2))))";

/// `?1` the time before which it ended, `?2` held partners, `?3` batches with held claims, `?4` 1 when there is any hold:
/// whose claims a file of questions is about no row says. Attempts of a delivery that is not done are its history.
const ATTEMPTS: &str =
    "a.finished_at < ?1 AND EXISTS (SELECT 1 FROM delivery d JOIN batch b ON b.id = d.batch_id WHERE d.id = a.delivery_id
         AND d.state = 1 AND d.partner NOT IN (SELECT value FROM list(?2))
         AND b.id NOT IN (SELECT value FROM list(?3)) AND (b.kind <> '276' OR ?4 = 0))";

impl Store {
    /// Mailbox files, findings and attempts that may be removed.
    pub async fn removable_leftovers(
        &self,
        [mail, findings, attempts]: [Option<i64>; 3],
        spared: &Spared,
    ) -> Result<[i64; 3], StoreError> {
        let first = |before: Option<i64>| before.map(ids::first_of);
        let (partners, held) = (|| spared.partners.clone(), i64::from(spared.any()));
        let on = |sql: String, bound: i64| query(sql).bind(bound).bind(partners());
        let asked = [
            first(mail).map(|bound| on(format!("SELECT COUNT(*) FROM mail m WHERE {MAIL}"), bound)),
            first(findings).map(|bound| {
                let sql = format!("SELECT COUNT(*) FROM finding f WHERE {FINDINGS}");
                on(sql, bound).bind(spared.submissions.clone())
            }),
            attempts.map(|bound| {
                let sql = format!("SELECT COUNT(*) FROM delivery_attempt a WHERE {ATTEMPTS}");
                on(sql, bound).bind(spared.batches.clone()).bind(held)
            }),
        ];
        let mut counted = [0; 3];
        for (count, asked) in counted.iter_mut().zip(asked) {
            let Some(asked) = asked else { continue };
            let row = asked.fetch_one(self.readers()).await.map_err(StoreError::at("count what is old"))?;
            *count = row.get(0);
        }
        Ok(counted)
    }

    pub async fn remove_mail(&self, before: i64, spared: &Spared, limit: u32) -> Result<u64, StoreError> {
        let step = || StoreError::at("remove old mailbox files");
        let mut tx = self.begin().await?;
        let spared = in_force(&mut tx, spared).await?;
        let rows = query(format!("SELECT m.id FROM mail m WHERE {MAIL} ORDER BY m.id LIMIT ?3"))
            .bind(ids::first_of(before))
            .bind(spared.partners.clone())
            .bind(limit)
            .fetch_all(&mut tx)
            .await
            .map_err(step())?;
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        for sql in [
            "DELETE FROM mail_hidden WHERE mail_id IN (SELECT value FROM list(?))",
            "DELETE FROM handed_on WHERE mail_id IN (SELECT value FROM list(?))",
            "DELETE FROM announcement WHERE id IN (SELECT value FROM list(?))",
            "DELETE FROM mail WHERE id IN (SELECT value FROM list(?))",
        ] {
            query(sql).bind(ids.clone()).execute(&mut tx).await.map_err(step())?;
        }
        tx.commit().await.map_err(step())?;
        Ok(ids.len() as u64)
    }

    pub async fn remove_findings(&self, before: i64, spared: &Spared, limit: u32) -> Result<u64, StoreError> {
        let step = || StoreError::at("remove old findings");
        let mut tx = self.begin().await?;
        let spared = in_force(&mut tx, spared).await?;
        let done = query(format!(
            "DELETE FROM finding WHERE (submission_id, ordinal) IN (
                 SELECT f.submission_id, f.ordinal FROM finding f WHERE {FINDINGS}
                 ORDER BY f.submission_id, f.ordinal LIMIT ?4)"
        ))
        .bind(ids::first_of(before))
        .bind(spared.partners.clone())
        .bind(spared.submissions.clone())
        .bind(limit)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(done.rows_affected())
    }

    pub async fn remove_attempts(&self, before: i64, spared: &Spared, limit: u32) -> Result<u64, StoreError> {
        let step = || StoreError::at("remove old delivery attempts");
        let mut tx = self.begin().await?;
        let spared = in_force(&mut tx, spared).await?;
        let done = query(format!(
            "DELETE FROM delivery_attempt WHERE (delivery_id, attempt) IN (
                 SELECT a.delivery_id, a.attempt FROM delivery_attempt a WHERE {ATTEMPTS}
                 ORDER BY a.delivery_id, a.attempt LIMIT ?5)"
        ))
        .bind(before)
        .bind(spared.partners.clone())
        .bind(spared.batches.clone())
        .bind(i64::from(spared.any()))
        .bind(limit)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(done.rows_affected())
    }

    /// Payloads from before a time that nothing names: a payload's row is written with what names it, so none of these
    /// will be named again.
    pub async fn unnamed_payloads(&self, before: i64) -> Result<Vec<PayloadId>, StoreError> {
        let rows = query(
            "SELECT id FROM payload WHERE created_at < ? EXCEPT SELECT payload_id FROM (
                 SELECT payload_id FROM submission UNION ALL SELECT payload_id FROM upload
                 UNION ALL SELECT payload_id FROM batch WHERE payload_id IS NOT NULL
                 UNION ALL SELECT payload_id FROM delivery UNION ALL SELECT payload_id FROM inbound
                 UNION ALL SELECT payload_id FROM mail) named",
        )
        .bind(before)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find payloads that nothing names"))?;
        Ok(rows.iter().map(|row| PayloadId(row.get(0))).collect())
    }

    /// Removes their rows, and with them the small ones themselves.
    pub async fn forget_payloads(&self, ids: &[PayloadId]) -> Result<(), StoreError> {
        let step = || StoreError::at("forget payloads that nothing names");
        let mut tx = self.begin().await?;
        query("DELETE FROM payload WHERE id IN (SELECT value FROM list(?))")
            .bind(ids.iter().map(|id| id.0).collect::<Vec<i64>>())
            .execute(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())
    }
}
