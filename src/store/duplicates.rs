//! What tells a claim or an interchange from those that came before: asked for while a submission is checked, and once
//! more when it is recorded, of what others finished meanwhile.

use std::collections::HashSet;

use super::sql::{Tx, query};
use super::validation::Validated;
use super::{Store, StoreError};
use crate::domain::ClaimStatus;
use crate::domain::ids::SubmissionId;

impl Store {
    /// How many submissions of the partner had been validated by the last committed one: whoever began its checks
    /// after reading this sees all of those.
    pub async fn validated_turn(&self, partner: &str) -> Result<i64, StoreError> {
        let last = "SELECT COALESCE(max(validated_turn), 0) FROM submission
                    WHERE partner = ? AND validated_turn IS NOT NULL";
        let row = query(last).bind(partner).fetch_one(self.readers()).await;
        row.map(|row| row.get(0)).map_err(StoreError::at("find the newest validated submission"))
    }

    /// Whether an accepted interchange of this sender had the number, in another submission since `since`.
    pub async fn interchange_number_used(
        &self,
        partner: &str,
        sender: &str,
        control_number: &str,
        since: i64,
        but: SubmissionId,
    ) -> Result<bool, StoreError> {
        let row = query(
            "SELECT 1 FROM interchange JOIN submission ON submission.id = interchange.submission_id
             WHERE interchange.partner = ? AND control_number = ? AND sender = ? AND interchange.accepted = 1
               AND submission.received_at >= ? AND submission.id <> ? LIMIT 1",
        )
        .bind(partner)
        .bind(control_number)
        .bind(sender)
        .bind(since)
        .bind(but.0)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("look for an interchange's number"))?;
        Ok(row.is_some())
    }

    /// The fingerprints of all claims of a partner, whatever became of them; `None` where they are more than
    /// `at_most`.
    pub async fn fingerprints_of(&self, partner: &str, at_most: u32) -> Result<Option<HashSet<i64>>, StoreError> {
        let rows = query("SELECT fingerprint FROM claim WHERE partner = ? AND fingerprint <> 0 LIMIT ?")
            .bind(partner)
            .bind(i64::from(at_most) + 1)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("read a partner's fingerprints"))?;
        Ok((rows.len() <= at_most as usize).then(|| rows.iter().map(|row| row.get(0)).collect()))
    }

    /// The fingerprints of the claims of each submission of the partner that was validated after the one with this
    /// [`Store::validated_turn`], and its own, in order.
    pub async fn fingerprints_after(
        &self,
        partner: &str,
        turn: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Vec<i64>)>, StoreError> {
        let rows = query(
            "SELECT s.validated_turn, f.fingerprints FROM submission s
               LEFT JOIN submission_fingerprint f ON f.submission_id = s.id
             WHERE s.partner = ? AND s.validated_turn > ? ORDER BY s.validated_turn LIMIT ?",
        )
        .bind(partner)
        .bind(turn)
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read a partner's fingerprints"))?;
        let numbers = |bytes: Vec<u8>| {
            bytes.chunks_exact(8).map(|one| i64::from_be_bytes(one.try_into().expect("eight bytes"))).collect()
        };
        Ok(rows
            .iter()
            .map(|row| (row.get(0), row.get::<Option<Vec<u8>>>(1).map(numbers).unwrap_or_default()))
            .collect())
    }

    /// Which of these fingerprints a claim of an earlier submission of this partner has, received since `since`
    /// and not rejected by us or by its payer.
    pub async fn fingerprints_known(
        &self,
        partner: &str,
        fingerprints: &[i64],
        since: i64,
        but: SubmissionId,
    ) -> Result<HashSet<i64>, StoreError> {
        let rows = query(
            "SELECT DISTINCT claim.fingerprint FROM list(?1 AS wanted)
               JOIN claim ON claim.partner = ?2 AND claim.fingerprint = wanted.value
               JOIN submission ON submission.id = claim.submission_id
             WHERE claim.submission_id <> ?3 AND submission.received_at >= ?4
               AND submission.state IN (1, 2) AND claim.status NOT IN (?5, ?6)",
        )
        .bind(fingerprints)
        .bind(partner)
        .bind(but.0)
        .bind(since)
        .bind(ClaimStatus::Rejected.code())
        .bind(ClaimStatus::PayerRejected.code())
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look for duplicate claims"))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

/// Two files checked at the same time do not see each other; the second to finish finds out here.
pub(super) async fn overtaken(tx: &mut Tx, done: &Validated) -> Result<bool, StoreError> {
    let step = || StoreError::at("compare two files checked at the same time");
    let others = query(
        "SELECT count(*), sum(claims) FROM submission
         WHERE partner = ? AND validated_turn > ? AND id <> ? AND state IN (1, 2)",
    )
    .bind(&done.partner)
    .bind(done.began_after)
    .bind(done.submission_id.0)
    .fetch_one(&mut *tx)
    .await
    .map_err(step())?;
    if others.get::<i64>(0) == 0 {
        return Ok(false);
    }
    let theirs = others.get::<Option<i64>>(1).unwrap_or(0).unsigned_abs();
    let questions =
        [if theirs < done.counts.claims { SAME_CLAIM_AS_THEIRS } else { SAME_CLAIM_AS_OURS }, SAME_INTERCHANGE];
    for question in questions {
        let row = query(question)
            .bind(&done.partner)
            .bind(done.began_after)
            .bind(done.submission_id.0)
            .bind(ClaimStatus::Rejected.code())
            .fetch_optional(&mut *tx)
            .await
            .map_err(step())?;
        if row.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a claim of ours is one of a file finished meanwhile, asked from the smaller side: each of theirs is looked
/// for among all claims of the partner.
const SAME_CLAIM_AS_THEIRS: &str = "SELECT 1 FROM submission AS other
       CROSS JOIN claim AS theirs CROSS JOIN claim AS ours
     WHERE other.partner = ?1 AND other.validated_turn > ?2 AND other.id <> ?3 AND other.state IN (1, 2)
       AND theirs.submission_id = other.id AND theirs.fingerprint <> 0 AND theirs.status <> ?4
       AND ours.partner = other.partner AND ours.fingerprint = theirs.fingerprint AND ours.submission_id = ?3
       AND NOT EXISTS (SELECT 1 FROM claim_event WHERE claim_id = ours.id AND kind = 'rejected') LIMIT 1";

/// The same, each of ours looked for.
const SAME_CLAIM_AS_OURS: &str = "SELECT 1 FROM claim AS ours
       CROSS JOIN claim AS theirs CROSS JOIN submission AS other
     WHERE ours.submission_id = ?3 AND ours.fingerprint <> 0
       AND theirs.partner = ?1 AND theirs.fingerprint = ours.fingerprint AND theirs.submission_id <> ?3
       AND theirs.status <> ?4
       AND other.id = theirs.submission_id AND other.validated_turn > ?2 AND other.state IN (1, 2)
       AND NOT EXISTS (SELECT 1 FROM claim_event WHERE claim_id = ours.id AND kind = 'rejected') LIMIT 1";

const SAME_INTERCHANGE: &str = "SELECT 1 FROM submission AS other
       JOIN interchange AS theirs ON theirs.submission_id = other.id AND theirs.accepted = 1
       JOIN interchange AS ours ON ours.partner = other.partner AND ours.control_number = theirs.control_number
            AND ours.sender = theirs.sender AND ours.accepted = 1
     WHERE other.partner = ?1 AND other.validated_turn > ?2 AND other.id <> ?3 AND ?4 = ?4
       AND ours.submission_id = ?3 LIMIT 1";
