//! Provider adjustments (PLB) of a remittance of which no claim was found. They wait for the first that is; when a person
//! puts the last of its payments aside, they go to the submitter of its payee alone, and where nobody knows whose payee
//! that is, a person is told, and may have it looked up once more. So it is with a payment without claims.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::books::Books;
use super::hand_on::{self, Handed};
use super::plan::Extent;
use super::run;
use super::split::Own;
use crate::domain::error_chain;
use crate::domain::ids::{ExceptionId, PaymentId, RemittanceId};
use crate::pipeline::gateway::discard;
use crate::pipeline::{Gateway, StageError};
use crate::store::exceptions::{ExceptionKind, ExceptionRow, Orphaned, Resolved};
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
    PaymentWaits,
}

impl Kept {
    /// The payer may read it too, so it names no submitter.
    fn why(self) -> &'static str {
        match self {
            Kept::PayeeUnknown => {
                "its payee is no submitter's. Name the payee's NPI in the file of its submitter (`npis`), reload, then release \
                 this exception"
            }
            Kept::PayeeOfSeveral => {
                "several submitters bill for its payee. Ask the payee whose it is, tell that submitter, and dismiss this exception"
            }
            Kept::SubmitterGone => {
                "the submitter of its payee has no file in partners/ any more. Put the file back, reload, then release this \
                 exception"
            }
            Kept::FileUnreadable => {
                "the payer's file cannot be read any more. Run `claimgate store check`, restore the file, then release this \
                 exception"
            }
            Kept::PaymentWaits => "one of its payments waits for a decision, with which it goes",
        }
    }

    fn reason(self) -> String {
        format!("its provider adjustments (PLB) are with nobody: none of its claims was found, and {}", self.why())
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
        Ok((mail, owners)) => Orphaned { remittance: row.id, owners, mail, unknown: None },
        Err(kept) => Orphaned { remittance: row.id, owners: Vec::new(), mail: Vec::new(), unknown: Some(told(kept)) },
    }))
}

/// What became of looking a payee up once more.
#[derive(Debug)]
pub enum LookedUp {
    Done,
    /// The exception is not about a payee.
    OfNoPayee,
    NotOpen,
    /// Somebody has it already.
    HandedBefore,
    /// It still cannot be handed on, and why.
    Kept(&'static str),
}

/// Hands on what an exception says is with nobody, now that the payee may be known.
pub async fn look_up(gateway: &Arc<Gateway>, exception: &ExceptionRow, by: &str) -> Result<LookedUp, StageError> {
    let Some(row) = remittance_of(gateway, exception).await? else { return Ok(LookedUp::OfNoPayee) };
    let Some(inbound) = gateway.store.inbound(row.inbound_id).await? else { return Ok(LookedUp::OfNoPayee) };
    if row.adjustments_handed {
        return Ok(LookedUp::HandedBefore);
    }
    if gateway.store.is_another_open(row.id, exception.id).await? {
        return Ok(LookedUp::Kept(Kept::PaymentWaits.why()));
    }
    let at = gateway.clock.now_ms();
    let books = Books { gateway, inbound_id: inbound.id, payer: &inbound.partner, at };
    let written = match books.submitter_of_payee(&row.payee_npi, &row.payee_tin).await? {
        PaidFor::One(partner) => letter(gateway, &inbound, &row, partner).await?,
        PaidFor::NoSubmitter => Err(Kept::PayeeUnknown),
        PaidFor::Several => Err(Kept::PayeeOfSeveral),
    };
    let (mail, owners) = match written {
        Ok(written) => written,
        Err(kept) => return Ok(LookedUp::Kept(kept.why())),
    };
    let orphaned = Orphaned { remittance: row.id, owners, mail, unknown: None };
    let released = gateway.store.release_to_payee(exception.id, by, at, &orphaned).await?;
    if released != Resolved::Done {
        // What was sealed here belongs to nobody.
        for mail in &orphaned.mail {
            discard(gateway, mail.payload.id).await;
        }
    }
    Ok(match released {
        Resolved::Done => LookedUp::Done,
        Resolved::NotOpen => LookedUp::NotOpen,
        Resolved::AdjustmentsGone => LookedUp::HandedBefore,
    })
}

/// The remittance that the exception is about.
async fn remittance_of(gateway: &Gateway, exception: &ExceptionRow) -> Result<Option<RemittanceRow>, StageError> {
    #[derive(Deserialize)]
    struct Told {
        remittance: Option<RemittanceId>,
        trace: String,
    }
    let Ok(told) = serde_json::from_str::<Told>(&exception.response) else { return Ok(None) };
    let store = &gateway.store;
    if let Some(id) = told.remittance {
        return Ok(store.remittance(id).await?.filter(|row| row.state == RemittanceState::Posted));
    }
    // An earlier version did not name a payment without claims; of several with one number nobody can say which.
    let mut found = Vec::new();
    for one in store.earlier_remittances(&exception.payer, &[told.trace.as_str()]).await? {
        found.extend(store.remittance(one.id).await?.filter(|row| {
            row.inbound_id == exception.inbound_id && row.claims == 0 && row.state == RemittanceState::Posted
        }));
    }
    Ok(found.pop().filter(|_| found.is_empty()))
}

/// The letter with them and whose they are then, or why there is none.
async fn letter(
    gateway: &Arc<Gateway>,
    inbound: &InboundRow,
    row: &RemittanceRow,
    partner: String,
) -> Result<Result<(Vec<NewMail>, Vec<Option<String>>), Kept>, StageError> {
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
    let Some(remittance) = papers.remittances.get(place) else { return Ok(Err(Kept::FileUnreadable)) };
    let extent = match (remittance.claims.is_empty(), remittance.adjustments.len()) {
        (true, _) => Extent::Whole,
        (false, 0) => return Ok(Err(Kept::FileUnreadable)),
        (false, all) => Extent::Part((0..all).collect()),
    };
    let handed = Handed { partner, remittance: place, own: Own::new(), extent };
    let origin = format!("remittance:{}:adjustments", row.id);
    let mut written = hand_on::write(gateway, &papers, vec![handed], &origin).await?;
    Ok(match written.adjustments.remove(&place) {
        Some(owners) => Ok((written.mail, owners)),
        None => Err(Kept::SubmitterGone),
    })
}

#[cfg(test)]
#[path = "orphaned_tests.rs"]
mod tests;
