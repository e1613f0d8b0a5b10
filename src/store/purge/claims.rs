//! Removes submissions with their claims, and the batches that those claims travelled in.

use super::{Spared, in_force};
use crate::domain::ClaimStatus;
use crate::domain::ids::SubmissionId;
use crate::store::search::EFFECTIVE_STATUS;
use crate::store::sql::{Tx, query};
use crate::store::{Store, StoreError};

/// `?1` the time before which it was received, `?2` held partners, `?3` submissions with held claims. Work that is under
/// way keeps its submission: a claim that is in no file at its payer yet, or of which an answer is awaited.
fn removable() -> String {
    format!(
        "s.purged_at IS NULL AND s.received_at < ?1 AND s.state IN (2, 3)
         AND s.partner NOT IN (SELECT value FROM list(?2)) AND s.id NOT IN (SELECT value FROM list(?3))
         AND NOT EXISTS (SELECT 1 FROM claim c LEFT JOIN batch b ON b.id = c.batch_id WHERE c.submission_id = s.id
             AND {EFFECTIVE_STATUS} IN ({}))",
        under_way()
    )
}

/// The numbers of the states in which somebody is waited for.
fn under_way() -> String {
    let waits = ClaimStatus::ALL.iter().filter(|status| !status.is_final());
    waits.map(|status| status.code().to_string()).collect::<Vec<_>>().join(", ")
}

/// Of a bucket of claims that takes no more.
const EMPTY_FOR_GOOD: &str =
    "last_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.bucket = claim_bucket.number)";

impl Store {
    /// How many submissions may be removed, with how many claims.
    pub async fn removable_submissions(&self, before: i64, spared: &Spared) -> Result<(i64, i64), StoreError> {
        let sql = format!("SELECT COUNT(*), coalesce(SUM(s.claims), 0) FROM submission s WHERE {}", removable());
        let row = query(sql)
            .bind(before)
            .bind(spared.partners.clone())
            .bind(spared.submissions.clone())
            .fetch_one(self.readers())
            .await
            .map_err(StoreError::at("count old submissions"))?;
        Ok((row.get(0), row.get(1)))
    }

    /// The oldest one after `after` that may be removed.
    pub async fn removable_submission(
        &self,
        before: i64,
        spared: &Spared,
        after: Option<SubmissionId>,
    ) -> Result<Option<SubmissionId>, StoreError> {
        let sql = format!("SELECT s.id FROM submission s WHERE {} AND s.id > ?4 ORDER BY s.id LIMIT 1", removable());
        let row = query(sql)
            .bind(before)
            .bind(spared.partners.clone())
            .bind(spared.submissions.clone())
            .bind(after.map_or(-1, |id| id.0))
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("find old submissions"))?;
        Ok(row.map(|row| SubmissionId(row.get(0))))
    }

    /// Removes up to `limit` claims of a submission with all that is known of them; their sums stay. How many it were:
    /// none where a hold was set, or one of them got under way again, after the submission was found.
    pub async fn remove_claims(
        &self,
        submission: SubmissionId,
        spared: &Spared,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let step = || StoreError::at("remove old claims");
        let mut tx = self.begin().await?;
        let spared = in_force(&mut tx, spared).await?;
        let rows = query(format!(
            "SELECT c.id, CASE WHEN {EFFECTIVE_STATUS} IN ({}) THEN 1 ELSE 0 END
             FROM claim c LEFT JOIN batch b ON b.id = c.batch_id WHERE c.submission_id = ?1
             AND c.partner NOT IN (SELECT value FROM list(?2)) AND c.submission_id NOT IN (SELECT value FROM list(?3))
             ORDER BY c.id LIMIT ?4",
            under_way()
        ))
        .bind(submission.0)
        .bind(spared.partners.clone())
        .bind(spared.submissions.clone())
        .bind(limit)
        .fetch_all(&mut tx)
        .await
        .map_err(step())?;
        if rows.iter().any(|row| row.get::<i64>(1) == 1) {
            return Ok(0);
        }
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        keep_sums(&mut tx, &ids).await?;
        for sql in [
            "DELETE FROM payment WHERE claim_id IN (SELECT value FROM list(?))",
            "DELETE FROM claim_event WHERE claim_id IN (SELECT value FROM list(?))",
            "DELETE FROM finding WHERE claim_id IN (SELECT value FROM list(?))",
            "DELETE FROM question WHERE claim_id IN (SELECT value FROM list(?))",
            "DELETE FROM payer_number WHERE claim_id IN (SELECT value FROM list(?))",
            "DELETE FROM claim WHERE id IN (SELECT value FROM list(?))",
        ] {
            query(sql).bind(ids.clone()).execute(&mut tx).await.map_err(step())?;
        }
        tx.commit().await.map_err(step())?;
        Ok(ids.len() as u64)
    }

    /// What is left of a submission without claims: the row with its counts, and the digest by which the same bytes are
    /// known. False where it has claims yet, or is held now.
    pub async fn end_submission(&self, id: SubmissionId, spared: &Spared, now: i64) -> Result<bool, StoreError> {
        let step = || StoreError::at("remove an old submission");
        let mut tx = self.begin().await?;
        let spared = in_force(&mut tx, spared).await?;
        // The file's name is the submitter's and may tell of a patient.
        let ended = query(
            "UPDATE submission SET purged_at = ?1, payload_id = 0, file_name = '' WHERE id = ?2 AND purged_at IS NULL
             AND partner NOT IN (SELECT value FROM list(?3)) AND id NOT IN (SELECT value FROM list(?4))
             AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.submission_id = submission.id)",
        )
        .bind(now)
        .bind(id.0)
        .bind(spared.partners.clone())
        .bind(spared.submissions.clone())
        .execute(&mut tx)
        .await
        .map_err(step())?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        for sql in [
            "DELETE FROM finding WHERE submission_id = ?",
            "DELETE FROM interchange WHERE submission_id = ?",
            "DELETE FROM submission_transaction WHERE submission_id = ?",
            "DELETE FROM submission_fingerprint WHERE submission_id = ?",
        ] {
            query(sql).bind(id.0).execute(&mut tx).await.map_err(step())?;
        }
        // No search need look into a bucket that is empty for good.
        for sql in [
            format!(
                "DELETE FROM claim_extract WHERE bucket IN (SELECT number FROM claim_bucket WHERE {EMPTY_FOR_GOOD})"
            ),
            format!("DELETE FROM claim_bucket WHERE {EMPTY_FOR_GOOD}"),
        ] {
            query(sql).execute(&mut tx).await.map_err(step())?;
        }
        tx.commit().await.map_err(step())?;
        Ok(true)
    }

    /// Lets go of the files of batches that are at their payers and whose claims are all removed, and of questions about
    /// claims, up to `limit`. Whose claims a question is about no row says: any hold keeps all of them.
    pub async fn end_batches(&self, before: i64, spared: &Spared, limit: u32, now: i64) -> Result<u64, StoreError> {
        let step = || StoreError::at("remove old batches");
        let mut tx = self.begin().await?;
        let spared = in_force(&mut tx, spared).await?;
        let rows = query(
            "SELECT b.id FROM batch b WHERE b.purged_at IS NULL AND b.opened_at < ?1 AND b.state = 3
             AND b.payer NOT IN (SELECT value FROM list(?3)) AND (b.kind <> '276' OR ?4 = 0)
             AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.batch_id = b.id)
             AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.batch_id = b.id AND d.state IN (0, 2))
             ORDER BY b.id LIMIT ?2",
        )
        .bind(before)
        .bind(limit)
        .bind(spared.partners.clone())
        .bind(i64::from(spared.any()))
        .fetch_all(&mut tx)
        .await
        .map_err(step())?;
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        query("UPDATE batch SET purged_at = ?1, payload_id = NULL WHERE id IN (SELECT value FROM list(?2))")
            .bind(now)
            .bind(ids.clone())
            .execute(&mut tx)
            .await
            .map_err(step())?;
        query("UPDATE delivery SET payload_id = 0 WHERE batch_id IN (SELECT value FROM list(?))")
            .bind(ids.clone())
            .execute(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(ids.len() as u64)
    }
}

/// Of the claims by what they came to, of their payments by remittance.
async fn keep_sums(tx: &mut Tx, ids: &[i64]) -> Result<(), StoreError> {
    let step = || StoreError::at("keep the sums of old claims");
    query(format!(
        "INSERT INTO purged_claim (submission_id, batch_id, status, claims, charge)
         SELECT c.submission_id, coalesce(c.batch_id, 0), {EFFECTIVE_STATUS}, COUNT(*), SUM(c.charge)
         FROM claim c LEFT JOIN batch b ON b.id = c.batch_id WHERE c.id IN (SELECT value FROM list(?))
         GROUP BY 1, 2, 3
         ON CONFLICT (submission_id, batch_id, status) DO UPDATE
         SET claims = purged_claim.claims + excluded.claims, charge = purged_claim.charge + excluded.charge"
    ))
    .bind(ids.to_vec())
    .execute(&mut *tx)
    .await
    .map_err(step())?;
    let rows = query(
        "SELECT remittance_id, COUNT(*), SUM(paid) FROM payment WHERE claim_id IN (SELECT value FROM list(?))
         GROUP BY remittance_id",
    )
    .bind(ids.to_vec())
    .fetch_all(&mut *tx)
    .await
    .map_err(step())?;
    for row in rows {
        query(
            "UPDATE remittance SET purged_payments = purged_payments + ?, purged_on_claims = purged_on_claims + ?
             WHERE id = ?",
        )
        .bind(row.get::<i64>(1))
        .bind(row.get::<i64>(2))
        .bind(row.get::<i64>(0))
        .execute(&mut *tx)
        .await
        .map_err(step())?;
    }
    Ok(())
}
