//! Who has the provider adjustments (PLB) of a remittance. They are handed on once, with a letter; when that letter follows
//! from a decision that is taken back, they are with nobody again until the next.

use super::exceptions::{Orphaned, Resolved};
use super::mail::put_mail;
use super::remittances::owners_as_json;
use super::sql::{Tx, query};
use super::{Store, StoreError};
use crate::domain::ids::{ExceptionId, MailId, PaymentId, RemittanceId};

/// A letter of a decision about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionLetter {
    pub id: MailId,
    /// Provider adjustments are in it, whosever they are now.
    pub holds_adjustments: bool,
    /// They are its submitter's by this letter.
    pub has_them_now: bool,
}

/// Adjustments that are handed on with a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandedAdjustments {
    pub remittance: RemittanceId,
    /// The letter that the submitter has of the same decision, made before; `None`: the one that is made now.
    pub letter: Option<MailId>,
}

impl Store {
    /// The 835 of this origin, wherever it lies.
    pub async fn decision_letter(&self, origin: &str) -> Result<Option<DecisionLetter>, StoreError> {
        let row = query(
            "SELECT m.id, (SELECT coalesce(MAX(h.adjustments), 0) FROM handed_on h WHERE h.mail_id = m.id),
                 (SELECT COUNT(*) FROM remittance r WHERE r.inbound_id = m.inbound_id AND r.adjustments_mail = m.id)
             FROM mail m WHERE m.origin = ? AND m.kind = '835'",
        )
        .bind(origin)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("find the letter of a decision"))?;
        Ok(row.map(|row| DecisionLetter {
            id: MailId(row.get(0)),
            holds_adjustments: row.get::<i64>(1) == 1,
            has_them_now: row.get::<i64>(2) > 0,
        }))
    }

    /// The adjustments that the submitter of the payment's claim has by a letter of a decision, and that letter, unless it has
    /// another payment of the remittance, with which they stay.
    pub async fn adjustments_with(&self, payment: PaymentId) -> Result<Option<(RemittanceId, MailId)>, StoreError> {
        let row = query(
            "SELECT r.id, m.id FROM payment p JOIN claim own ON own.id = p.claim_id
             JOIN remittance r ON r.id = p.remittance_id JOIN mail m ON m.id = r.adjustments_mail
             WHERE p.id = ? AND m.partner = own.partner AND r.adjustments_handed = 1 AND NOT EXISTS (
                 SELECT 1 FROM payment o JOIN claim c ON c.id = o.claim_id
                 WHERE o.remittance_id = r.id AND o.id <> p.id AND c.partner = m.partner)",
        )
        .bind(payment.0)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("find provider adjustments of a decision"))?;
        Ok(row.map(|row| (RemittanceId(row.get(0)), MailId(row.get(1)))))
    }

    /// Closes the exception about a payee's money by handing it to the payee's submitter.
    pub async fn release_to_payee(
        &self,
        id: ExceptionId,
        by: &str,
        at: i64,
        orphaned: &Orphaned,
    ) -> Result<Resolved, StoreError> {
        let mut tx = self.begin().await?;
        let closed =
            query("UPDATE exception SET state = 1, resolved_by = ?, resolved_at = ? WHERE id = ? AND state = 0")
                .bind(by)
                .bind(at)
                .bind(id.0)
                .execute(&mut tx)
                .await
                .map_err(StoreError::at("release a payee's money"))?;
        if closed.rows_affected() == 0 {
            return Ok(Resolved::NotOpen);
        }
        if !hand_to_payee(&mut tx, orphaned).await? {
            return Ok(Resolved::AdjustmentsGone);
        }
        tx.commit().await.map_err(StoreError::at("release a payee's money"))?;
        Ok(Resolved::Done)
    }

    /// True when a person is yet to decide about another payment of the remittance.
    pub async fn is_another_open(&self, remittance: RemittanceId, besides: ExceptionId) -> Result<bool, StoreError> {
        let row = query(
            "SELECT 1 FROM payment p CROSS JOIN exception e
             WHERE p.remittance_id = ? AND e.payment_id = p.id AND e.state = 0 AND e.id <> ? LIMIT 1",
        )
        .bind(remittance.0)
        .bind(besides.0)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("look for what waits of a remittance"))?;
        Ok(row.is_some())
    }
}

/// `false`: some submitter has these adjustments already.
pub(super) async fn hand_adjustments(tx: &mut Tx, remittance: RemittanceId) -> Result<bool, StoreError> {
    let handed = query("UPDATE remittance SET adjustments_handed = 1 WHERE id = ? AND adjustments_handed = 0")
        .bind(remittance.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("hand on provider adjustments"))?;
    Ok(handed.rows_affected() == 1)
}

/// They go with no claim. `false`: some submitter has these adjustments already.
pub(super) async fn hand_to_payee(tx: &mut Tx, orphaned: &Orphaned) -> Result<bool, StoreError> {
    if !hand_adjustments(tx, orphaned.remittance).await? {
        return Ok(false);
    }
    query("UPDATE remittance SET adjustment_owners = ? WHERE id = ?")
        .bind(owners_as_json(&orphaned.owners))
        .bind(orphaned.remittance.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("note whose provider adjustments are"))?;
    for mail in &orphaned.mail {
        put_mail(tx, mail).await?;
    }
    Ok(true)
}

/// They are in this letter of a decision.
pub(super) async fn note_letter(tx: &mut Tx, remittance: RemittanceId, letter: MailId) -> Result<(), StoreError> {
    let step = || StoreError::at("note which letter holds provider adjustments");
    query("UPDATE remittance SET adjustments_mail = ? WHERE id = ?")
        .bind(letter.0)
        .bind(remittance.0)
        .execute(&mut *tx)
        .await
        .map_err(step())?;
    query("UPDATE handed_on SET adjustments = 1 WHERE mail_id = ?")
        .bind(letter.0)
        .execute(&mut *tx)
        .await
        .map_err(step())?;
    Ok(())
}

/// The decision behind the letter is taken back: they are with nobody.
pub(super) async fn take_back(tx: &mut Tx, remittance: RemittanceId, letter: MailId) -> Result<(), StoreError> {
    query(
        "UPDATE remittance SET adjustments_handed = 0, adjustments_mail = NULL WHERE id = ? AND adjustments_mail = ?",
    )
    .bind(remittance.0)
    .bind(letter.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("take back provider adjustments"))?;
    Ok(())
}

/// True when the payment's remittance has adjustments that nobody was handed, and none of its payments waits for a person.
pub(super) async fn are_left(tx: &mut Tx, payment: PaymentId) -> Result<bool, StoreError> {
    let row = query(
        "SELECT 1 FROM payment p JOIN remittance r ON r.id = p.remittance_id
         WHERE p.id = ? AND r.state = 0 AND r.adjustments_handed = 0 AND r.adjustment_list <> '[]' AND NOT EXISTS (
             SELECT 1 FROM payment o CROSS JOIN exception e
             WHERE o.remittance_id = r.id AND e.payment_id = o.id AND e.state = 0)",
    )
    .bind(payment.0)
    .fetch_optional(&mut *tx)
    .await
    .map_err(StoreError::at("look for provider adjustments that nobody has"))?;
    Ok(row.is_some())
}
