//! Provider adjustments (PLB) of a remittance of which no claim was found. They wait for the first that is; when a person
//! puts the last of its payments aside, they go to the submitter of its payee alone, and where nobody knows whose payee
//! that is, a person is told.

use std::sync::Arc;

use serde_json::json;

use super::books::Books;
use super::hand_on::{self, Handed};
use super::plan::Extent;
use super::run;
use super::split::Own;
use crate::domain::ids::PaymentId;
use crate::pipeline::{Gateway, StageError};
use crate::store::exceptions::{ExceptionKind, Orphaned};
use crate::store::inbound::InboundRow;
use crate::store::remittances::RemittanceState;

const WITH_NOBODY: &str =
    "its provider adjustments (PLB) are with nobody: none of its claims was found, and its payee is no submitter's";

/// What becomes of the adjustments beside a payment, once none of its remittance's payments waits any more; `None`: there
/// are none, or somebody has them.
pub async fn beside(
    gateway: &Arc<Gateway>,
    inbound: &InboundRow,
    payment: PaymentId,
) -> Result<Option<Orphaned>, StageError> {
    let Some(payment) = gateway.store.payment(payment).await? else { return Ok(None) };
    let row = gateway.store.remittance(payment.remittance_id).await?;
    let is_waiting = |state, handed: bool| state == RemittanceState::Posted && !handed;
    let Some(row) = row.filter(|row| is_waiting(row.state, row.adjustments_handed)) else { return Ok(None) };
    let papers = run::papers(gateway, inbound).await?;
    let place = usize::try_from(row.ordinal).unwrap_or(usize::MAX);
    let Some(remittance) = papers.remittances.get(place).filter(|one| !one.adjustments.is_empty()) else {
        return Ok(None);
    };
    let books = Books { gateway, inbound_id: inbound.id, payer: &papers.payer, at: gateway.clock.now_ms() };
    let mut mail = Vec::new();
    if let Some(partner) = books.submitter_of_payee(remittance).await? {
        let handed = Handed { partner, remittance: place, own: Own::new(), extent: Extent::WithAdjustments };
        mail =
            hand_on::write(gateway, &papers, vec![handed], &format!("remittance:{}:adjustments", row.id)).await?.mail;
    }
    let response = json!({
        "remittance": row.id,
        "trace": row.trace,
        "payee_npi": row.payee_npi,
        "payee_tin": row.payee_tin,
        "adjustments": remittance.adjustments,
    });
    let unknown = mail
        .is_empty()
        .then(|| books.exception(ExceptionKind::Remittance, WITH_NOBODY.to_string(), response, json!([]), None));
    Ok(Some(Orphaned { remittance: row.id, mail, unknown }))
}
