//! Provider adjustments (PLB) of a remittance of which no claim was found. They wait for the first that is; when a person
//! puts the last of its payments aside, they go to the submitter of its payee alone, and where nobody knows whose payee
//! that is, a person is told.

use std::sync::Arc;

use serde_json::{Value, json};

use super::books::Books;
use super::hand_on::{self, Handed};
use super::plan::Extent;
use super::run;
use super::split::Own;
use crate::domain::error_chain;
use crate::domain::ids::{ExceptionId, PaymentId};
use crate::pipeline::{Gateway, StageError};
use crate::store::exceptions::{ExceptionKind, Orphaned};
use crate::store::inbound::InboundRow;
use crate::store::mail::NewMail;
use crate::store::payees::PaidFor;
use crate::store::remittances::{RemittanceRow, RemittanceState};

/// Why they are with nobody.
#[derive(Clone, Copy, Debug)]
enum Kept {
    PayeeUnknown,
    PayeeOfSeveral,
    SubmitterGone,
    FileUnreadable,
}

impl Kept {
    /// The payer may read it too, so it names no submitter.
    fn reason(self) -> String {
        let why = match self {
            Kept::PayeeUnknown => {
                "none of its claims was found, and its payee is no submitter's. Name the payee's NPI in the file of its \
                 submitter (`npis`), then take back the dismissal of one of its payments and dismiss it again"
            }
            Kept::PayeeOfSeveral => {
                "none of its claims was found, and several submitters bill for its payee. Ask the payee whose they are, and \
                 tell that submitter"
            }
            Kept::SubmitterGone => {
                "none of its claims was found, and the submitter of its payee has no file in partners/ any more. Put the \
                 file back, then take back the dismissal of one of its payments and dismiss it again"
            }
            Kept::FileUnreadable => {
                "none of its claims was found, and the payer's file cannot be read any more. Run `claimgate store check`, \
                 restore the file, then take back the dismissal of one of its payments and dismiss it again"
            }
        };
        format!("its provider adjustments (PLB) are with nobody: {why}")
    }
}

/// What becomes of the adjustments beside an exception's payment, which is the last of its remittance that waits; `None`:
/// there are none, somebody has them, or another payment waits. Then nothing is read but rows.
pub async fn beside(
    gateway: &Arc<Gateway>,
    inbound: &InboundRow,
    exception: ExceptionId,
    payment: PaymentId,
) -> Result<Option<Orphaned>, StageError> {
    let Some(payment) = gateway.store.payment(payment).await? else { return Ok(None) };
    let row = gateway.store.remittance(payment.remittance_id).await?;
    let is_waiting = |state, handed: bool| state == RemittanceState::Posted && !handed;
    let Some(row) = row.filter(|row| is_waiting(row.state, row.adjustments_handed)) else { return Ok(None) };
    let adjustments: Vec<Value> = serde_json::from_str(&row.adjustment_list).unwrap_or_default();
    if adjustments.is_empty() || gateway.store.is_another_open(row.id, exception).await? {
        return Ok(None);
    }
    let books = Books { gateway, inbound_id: inbound.id, payer: &inbound.partner, at: gateway.clock.now_ms() };
    let written = match books.submitter_of_payee(&row.payee_npi, &row.payee_tin).await? {
        PaidFor::One(partner) => letter(gateway, inbound, &row, partner).await?,
        PaidFor::NoSubmitter => Err(Kept::PayeeUnknown),
        PaidFor::Several => Err(Kept::PayeeOfSeveral),
    };
    let response = json!({
        "remittance": row.id,
        "trace": row.trace,
        "payee_npi": row.payee_npi,
        "payee_tin": row.payee_tin,
        "adjustments": adjustments,
    });
    let told = |kept: Kept| books.exception(ExceptionKind::Remittance, kept.reason(), response, json!([]), None);
    Ok(Some(match written {
        Ok(mail) => Orphaned { remittance: row.id, mail, unknown: None },
        Err(kept) => Orphaned { remittance: row.id, mail: Vec::new(), unknown: Some(told(kept)) },
    }))
}

/// The letter with them, or why there is none.
async fn letter(
    gateway: &Arc<Gateway>,
    inbound: &InboundRow,
    row: &RemittanceRow,
    partner: String,
) -> Result<Result<Vec<NewMail>, Kept>, StageError> {
    let papers = match run::papers(gateway, inbound).await {
        Ok(papers) => papers,
        // A dismissal does not fail for it.
        Err(StageError::Payload(trouble)) => {
            tracing::warn!(inbound = %inbound.id, error = error_chain(&trouble), "a payer's file cannot be read");
            return Ok(Err(Kept::FileUnreadable));
        }
        Err(trouble) => return Err(trouble),
    };
    let place = usize::try_from(row.ordinal).unwrap_or(usize::MAX);
    if papers.remittances.get(place).is_none_or(|one| one.adjustments.is_empty()) {
        return Ok(Err(Kept::FileUnreadable));
    }
    let handed = Handed { partner, remittance: place, own: Own::new(), extent: Extent::WithAdjustments };
    let origin = format!("remittance:{}:adjustments", row.id);
    let mail = hand_on::write(gateway, &papers, vec![handed], &origin).await?.mail;
    Ok(if mail.is_empty() { Err(Kept::SubmitterGone) } else { Ok(mail) })
}

#[cfg(test)]
#[path = "orphaned_tests.rs"]
mod tests;
