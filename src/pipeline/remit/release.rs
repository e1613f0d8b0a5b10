//! A held remittance that a person lets through: posted and handed on as if it had added up.

use std::collections::HashMap;
use std::sync::Arc;

use super::books::{self, Books};
use super::{hand_on, run};
use crate::domain::Cents;
use crate::domain::ids::{ClaimId, RemittanceId};
use crate::pipeline::answers::Matched;
use crate::pipeline::{Gateway, StageError};
use crate::store::matching::{ClaimFacts, ClaimKey};
use crate::store::remittances::{Release, RemittanceRow, RemittanceState};

/// What became of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    Posted,
    /// There is none of that id that is held.
    NotHeld,
    /// This one, which is posted, is the same payment: its number, amount, day and payee are the same. To post both
    /// would count the money twice.
    Contradicts(RemittanceId),
}

/// Posts a held remittance and hands it on.
pub async fn release_remittance(gateway: &Arc<Gateway>, id: RemittanceId, by: &str) -> Result<Released, StageError> {
    let store = &gateway.store;
    let Some(row) = store.remittance(id).await?.filter(|row| row.state == RemittanceState::Held) else {
        return Ok(Released::NotHeld);
    };
    if let Some(other) = posted_for_the_same(gateway, &row).await? {
        return Ok(Released::Contradicts(other));
    }
    let Some(inbound) = store.inbound(row.inbound_id).await? else { return Ok(Released::NotHeld) };
    let papers = run::papers(gateway, &inbound).await?;
    let place = usize::try_from(row.ordinal).unwrap_or(usize::MAX);
    let Some(remittance) = papers.remittances.get(place) else { return Ok(Released::NotHeld) };
    let payments = store.payments_of_remittance(id).await?;
    let ids: Vec<i64> = payments.iter().filter_map(|payment| payment.claim_id).map(|id| id.0).collect();
    let claims = store.claims_for_answers(ClaimKey::Id, ids).await?;
    let claims: HashMap<ClaimId, ClaimFacts> = claims.into_iter().map(|claim| (claim.id, claim)).collect();

    let books = Books { gateway, inbound_id: inbound.id, payer: &papers.payer, at: gateway.clock.now_ms() };
    let mut release = Release {
        id,
        by: by.to_string(),
        at: gateway.clock.now_ms(),
        claim_events: Vec::new(),
        exceptions: Vec::new(),
        mail: Vec::new(),
    };
    let nobody = Matched::Unclear { reason: "no claim was found when the remittance came", candidates: Vec::new() };
    for (payment, claim) in payments.iter().zip(&remittance.claims) {
        match payment.claim_id {
            Some(claim_id) => release.claim_events.push(books.event(payment, claim_id, &row.trace, "released by hand")),
            None => release.exceptions.extend(books.unmatched(payment, remittance, claim, &nobody)),
        }
    }
    let facts: Vec<_> = payments.iter().map(|payment| payment.claim_id.and_then(|id| claims.get(&id))).collect();
    let handed = books::handed(place, &facts);
    release.mail = hand_on::write(gateway, &papers, handed, &format!("remittance:{id}")).await?.mail;
    match store.release_remittance(&release).await? {
        true => Ok(Released::Posted),
        // Another person was first, or released the one that contradicts it in the meantime.
        false => Ok(Released::NotHeld),
    }
}

/// A posted remittance for the same payment. Payments of nothing share their number and contradict nothing.
async fn posted_for_the_same(gateway: &Gateway, row: &RemittanceRow) -> Result<Option<RemittanceId>, StageError> {
    if row.amount == Cents::ZERO || row.trace.is_empty() {
        return Ok(None);
    }
    let earlier = gateway.store.earlier_remittances(&row.payer, &[row.trace.as_str()]).await?;
    let same = earlier.into_iter().find(|one| {
        let payee = (&one.payee.0, &one.payee.1) == (&row.payee_npi, &row.payee_tin);
        let payment = one.amount == row.amount && one.payment_date == row.payment_date;
        one.state == RemittanceState::Posted && payee && payment && one.trace_payer == row.trace_payer
    });
    Ok(same.map(|one| one.id))
}
