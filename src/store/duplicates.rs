//! What tells a claim or an interchange from those that came before: asked for while a submission is checked, and once
//! more when it is recorded, of what others finished meanwhile.

use std::collections::HashSet;

use super::sql::{Tx, query, query_for};
use super::validation::Validated;
use super::{Store, StoreError};
use crate::domain::ClaimStatus;
use crate::domain::ids::SubmissionId;

/// At one time, for their fingerprints: a large one has a megabyte of them.
const SUBMISSIONS_READ_MAX: u32 = 32;

impl Store {
    /// How many submissions of the partner had been validated by the last committed one: whoever began its checks
    /// after reading this sees all of those.
    pub async fn validated_turn(&self, partner: &str) -> Result<i64, StoreError> {
        let last = "SELECT COALESCE(max(validated_turn), 0) FROM submission
                    WHERE partner = ? AND validated_turn IS NOT NULL";
        let row = query(last).bind(partner).fetch_one(self.quick()).await;
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
        .fetch_optional(self.quick())
        .await
        .map_err(StoreError::at("look for an interchange's number"))?;
        Ok(row.is_some())
    }

    /// The fingerprints of all validated claims of a partner, whatever became of them; `None` where they are more than
    /// `at_most`.
    pub async fn fingerprints_of(&self, partner: &str, at_most: u32) -> Result<Option<HashSet<i64>>, StoreError> {
        let (mut all, mut turn) = (HashSet::new(), 0);
        loop {
            let page = self.fingerprints_after(partner, turn, SUBMISSIONS_READ_MAX).await?;
            let Some((last, _)) = page.last() else { return Ok(Some(all)) };
            turn = *last;
            all.extend(page.into_iter().flat_map(|(_, fingerprints)| fingerprints).filter(|one| *one != 0));
            if all.len() > at_most as usize {
                return Ok(None);
            }
        }
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
        Ok(rows
            .iter()
            .map(|row| (row.get(0), row.get::<Option<Vec<u8>>>(1).map(fingerprints_from).unwrap_or_default()))
            .collect())
    }

    /// Which of these fingerprints a claim of an earlier submission of this partner has, received since `since`
    /// and not rejected by us or by its payer, alone or with its whole file.
    pub async fn fingerprints_known(
        &self,
        partner: &str,
        fingerprints: &[i64],
        since: i64,
        but: SubmissionId,
    ) -> Result<HashSet<i64>, StoreError> {
        let rows = query_for(
            "SELECT DISTINCT c.fingerprint FROM list(?1 AS wanted) CROSS JOIN claim c
               JOIN submission ON submission.id = c.submission_id
               LEFT JOIN batch ON batch.id = c.batch_id
             WHERE c.bucket IN (SELECT number FROM claim_bucket) AND c.fingerprint = wanted.value
               AND c.partner = ?2 AND c.submission_id <> ?3 AND submission.received_at >= ?4
               AND submission.state IN (1, 2) AND c.status NOT IN (?5, ?6)
               AND NOT (c.status IN (2, 3) AND COALESCE(batch.claim_status, 0) = ?6)",
            // The claims first, by their index, whatever the planner thinks of the partner's files.
            "SELECT DISTINCT c.fingerprint FROM (
               SELECT fingerprint, submission_id, batch_id, status FROM claim
               WHERE bucket IN (SELECT number FROM claim_bucket) AND fingerprint = ANY(?1)
                 AND partner = ?2 AND submission_id <> ?3 AND status NOT IN (?5, ?6) OFFSET 0) c
               JOIN submission ON submission.id = c.submission_id
               LEFT JOIN batch ON batch.id = c.batch_id
             WHERE submission.received_at >= ?4 AND submission.state IN (1, 2)
               AND NOT (c.status IN (2, 3) AND COALESCE(batch.claim_status, 0) = ?6)",
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
        "SELECT f.fingerprints FROM submission s JOIN submission_fingerprint f ON f.submission_id = s.id
         WHERE s.partner = ? AND s.validated_turn > ? AND s.id <> ? AND s.state IN (1, 2)",
    )
    .bind(&done.partner)
    .bind(done.began_after)
    .bind(done.submission_id.0)
    .fetch_all(&mut *tx)
    .await
    .map_err(step())?;
    let ours: HashSet<i64> = done.fingerprints.iter().copied().filter(|one| *one != 0).collect();
    let theirs = others.iter().flat_map(|row| fingerprints_from(row.get(0)));
    let shared: Vec<i64> = theirs.filter(|one| ours.contains(one)).collect();
    let same_claim = query(SAME_CLAIM)
        .bind(&done.partner)
        .bind(done.began_after)
        .bind(done.submission_id.0)
        .bind(ClaimStatus::Rejected.code())
        .bind(&shared[..]);
    if !shared.is_empty() && same_claim.fetch_optional(&mut *tx).await.map_err(step())?.is_some() {
        return Ok(true);
    }
    let same_interchange =
        query(SAME_INTERCHANGE).bind(&done.partner).bind(done.began_after).bind(done.submission_id.0);
    Ok(same_interchange.fetch_optional(&mut *tx).await.map_err(step())?.is_some())
}

fn fingerprints_from(bytes: Vec<u8>) -> Vec<i64> {
    bytes.chunks_exact(8).map(|one| i64::from_be_bytes(one.try_into().expect("eight bytes"))).collect()
}

/// Whether a claim of ours is one of a file finished meanwhile; asked only of fingerprints that both have. The order of
/// the tables and the plus keep the planner from reading all claims of either file for each.
const SAME_CLAIM: &str = "SELECT 1 FROM list(?5 AS shared) CROSS JOIN claim AS theirs
       CROSS JOIN submission AS other
     WHERE theirs.bucket IN (SELECT number FROM claim_bucket) AND theirs.fingerprint = shared.value
       AND other.id = theirs.submission_id AND other.partner = ?1 AND other.validated_turn > ?2 AND other.id <> ?3 AND other.state IN (1, 2)
       AND theirs.status <> ?4
       AND EXISTS (SELECT 1 FROM claim AS ours
                   WHERE ours.bucket IN (SELECT number FROM claim_bucket) AND ours.fingerprint = shared.value
                     AND +ours.submission_id = ?3 AND NOT EXISTS
                     (SELECT 1 FROM claim_event WHERE claim_id = ours.id AND kind = 'rejected')) LIMIT 1";

const SAME_INTERCHANGE: &str = "SELECT 1 FROM submission AS other
       JOIN interchange AS theirs ON theirs.submission_id = other.id AND theirs.accepted = 1
       JOIN interchange AS ours ON ours.partner = other.partner AND ours.control_number = theirs.control_number
            AND ours.sender = theirs.sender AND ours.accepted = 1
     WHERE other.partner = ?1 AND other.validated_turn > ?2 AND other.id <> ?3
       AND ours.submission_id = ?3 LIMIT 1";
