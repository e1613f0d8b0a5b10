//! A held remittance that a person lets through.

use super::awaited::try_learned;
use super::earlier::{close_held, posted_already};
use super::events::NewClaimEvent;
use super::exceptions::{ExceptionState, NewException};
use super::mail::NewMail;
use super::remittances::{LateMatch, PassedOn, attach_payment, finish, owners_as_json, pass_on, post_claims};
use super::sql::query;
use super::{Store, StoreError};
use crate::domain::ids::{ClaimId, RemittanceId};

/// A held remittance that counts from now on.
#[derive(Debug)]
pub struct Release {
    pub id: RemittanceId,
    pub by: String,
    /// When its payments began to look for their claims once more.
    pub at: i64,
    pub matched: Vec<LateMatch>,
    pub passed_on: Vec<PassedOn>,
    /// Submitters are handed its provider adjustments: whose each is; `None`: nobody is handed any.
    pub adjustment_owners: Option<Vec<Option<String>>>,
    pub claim_events: Vec<NewClaimEvent>,
    pub exceptions: Vec<NewException>,
    pub mail: Vec<NewMail>,
}

/// What became of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseEnd {
    Posted,
    /// There is none of that id that is held.
    NotHeld,
    /// This one, which is posted, is the same payment, or pays claims of it under the same number, date and payee. To post
    /// both would count the money twice.
    Contradicts(RemittanceId),
}

impl Store {
    /// The posted remittance with which this one would count money twice.
    pub async fn posted_already(&self, id: RemittanceId) -> Result<Option<RemittanceId>, StoreError> {
        let mut tx = self.begin().await?;
        posted_already(&mut tx, id).await
    }

    /// Posts a held remittance and closes its exception.
    pub async fn release_remittance(&self, release: &Release) -> Result<ReleaseEnd, StoreError> {
        let mut tx = self.begin().await?;
        // The one writer at a time sees what another person released just before.
        if let Some(other) = posted_already(&mut tx, release.id).await? {
            return Ok(ReleaseEnd::Contradicts(other));
        }
        let released = query(
            "UPDATE remittance SET state = 0, adjustments_handed = ?, adjustment_owners = ? WHERE id = ? AND state = 1",
        )
        .bind(i64::from(release.adjustment_owners.is_some()))
        .bind(owners_as_json(release.adjustment_owners.as_deref().unwrap_or_default()))
        .bind(release.id.0)
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("release a remittance"))?;
        if released.rows_affected() == 0 {
            return Ok(ReleaseEnd::NotHeld);
        }
        close_held(&mut tx, release.id, ExceptionState::Resolved, (&release.by, release.at, None)).await?;
        for one in &release.matched {
            attach_payment(&mut tx, one.payment_id, Some((one.claim_id, one.rule, &one.evidence))).await?;
        }
        let rows = query("SELECT DISTINCT claim_id FROM payment WHERE remittance_id = ? AND claim_id IS NOT NULL")
            .bind(release.id.0)
            .fetch_all(&mut tx)
            .await
            .map_err(StoreError::at("find a remittance's claims"))?;
        let claims: Vec<ClaimId> = rows.iter().map(|row| ClaimId(row.get(0))).collect();
        post_claims(&mut tx, &claims).await?;
        try_learned(&mut tx, claims.iter().map(|id| id.0).collect()).await?;
        pass_on(&mut tx, &release.passed_on).await?;
        finish(&mut tx, &release.claim_events, (&release.exceptions, release.at), &release.mail).await?;
        tx.commit().await.map_err(StoreError::at("release a remittance"))?;
        Ok(ReleaseEnd::Posted)
    }
}
