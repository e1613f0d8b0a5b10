//! A held remittance that a person lets through: posted and handed on as if it had added up.

use std::collections::HashMap;
use std::sync::Arc;

use super::books::{self, Books};
use super::{hand_on, run};
use crate::domain::ids::{ClaimId, RemittanceId};
use crate::pipeline::answers::Matched;
use crate::pipeline::{Gateway, StageError};
use crate::store::matching::{ClaimFacts, ClaimKey};
use crate::store::remittances::{Release, RemittanceState};

/// Posts a held remittance and hands it on. `false`: there is none of that id that is held.
pub async fn release_remittance(gateway: &Arc<Gateway>, id: RemittanceId, by: &str) -> Result<bool, StageError> {
    let store = &gateway.store;
    let Some(row) = store.remittance(id).await?.filter(|row| row.state == RemittanceState::Held) else {
        return Ok(false);
    };
    let Some(inbound) = store.inbound(row.inbound_id).await? else { return Ok(false) };
    let papers = run::papers(gateway, &inbound).await?;
    let place = usize::try_from(row.ordinal).unwrap_or(usize::MAX);
    let Some(remittance) = papers.remittances.get(place) else { return Ok(false) };
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
            None => release.exceptions.extend(books.unmatched(payment, claim, &row.trace, &nobody)),
        }
    }
    let facts: Vec<_> = payments.iter().map(|payment| payment.claim_id.and_then(|id| claims.get(&id))).collect();
    let handed = books::handed(place, &facts);
    release.mail = hand_on::write(gateway, &papers, handed, &format!("remittance:{id}")).await?.mail;
    Ok(store.release_remittance(&release).await?)
}
