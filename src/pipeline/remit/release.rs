//! A held remittance that a person lets through: posted and handed on as if it had added up.

use std::collections::HashMap;
use std::sync::Arc;

use super::books::{self, Books};
use super::read::{ClaimPayment, Remittance};
use super::{hand_on, run};
use crate::domain::ids::{ClaimId, RemittanceId};
use crate::pipeline::answers::{Matched, Sought, find_claims};
use crate::pipeline::{Gateway, StageError};
use crate::store::events::NewClaimEvent;
use crate::store::matching::{ClaimFacts, ClaimKey};
use crate::store::releases::{Release, ReleaseEnd};
use crate::store::remittances::{LateMatch, PaymentRow, RemittanceRow, RemittanceState};

/// Posts a held remittance and hands it on.
pub async fn release_remittance(gateway: &Arc<Gateway>, id: RemittanceId, by: &str) -> Result<ReleaseEnd, StageError> {
    let store = &gateway.store;
    let Some(row) = store.remittance(id).await?.filter(|row| row.state == RemittanceState::Held) else {
        return Ok(ReleaseEnd::NotHeld);
    };
    if let Some(other) = store.posted_already(id).await? {
        return Ok(ReleaseEnd::Contradicts(other));
    }
    let Some(inbound) = store.inbound(row.inbound_id).await? else { return Ok(ReleaseEnd::NotHeld) };
    let papers = run::papers(gateway, &inbound).await?;
    let place = usize::try_from(row.ordinal).unwrap_or(usize::MAX);
    let Some(remittance) = papers.remittances.get(place) else { return Ok(ReleaseEnd::NotHeld) };
    let books = Books { gateway, inbound_id: inbound.id, payer: &papers.payer, at: gateway.clock.now_ms() };
    let paid = look_again(&books, remittance, store.payments_of_remittance(id).await?).await?;
    let mut release = draft(&books, &row, remittance, &paid, by);
    let facts = facts(remittance, &paid);
    let handed = books.handed(place, remittance, &facts).await?;
    if remittance.claims.is_empty() && handed.is_empty() {
        release.exceptions.push(books.payee_unknown(id, remittance).await?);
    }
    let written = hand_on::write(gateway, &papers, handed, &format!("remittance:{id}")).await?;
    release.adjustment_owners = written.adjustments.get(&place).cloned();
    release.mail = written.mail;
    // Another person may have been first, or have released the one that contradicts it in the meantime.
    Ok(store.release_remittance(&release).await?)
}

/// A payment with its CLP and the claim it pays.
struct Paid<'a> {
    payment: PaymentRow,
    claim: &'a ClaimPayment,
    claim_of: Known,
}

enum Known {
    /// Since the remittance came.
    Before(Box<ClaimFacts>),
    /// It may have been sent since.
    Now(Matched),
}

impl Paid<'_> {
    fn facts(&self) -> Option<&ClaimFacts> {
        match &self.claim_of {
            Known::Before(claim) => Some(claim),
            Known::Now(Matched::One(found)) => Some(&found.claim),
            Known::Now(Matched::Unclear { .. }) => None,
        }
    }
}

/// The payments with their claims. Those that had none are looked for once more, as their claims may have been sent
/// while the remittance was held.
async fn look_again<'a>(
    books: &Books<'_>,
    remittance: &'a Remittance,
    payments: Vec<PaymentRow>,
) -> Result<Vec<Paid<'a>>, StageError> {
    let store = &books.gateway.store;
    let ids: Vec<i64> = payments.iter().filter_map(|payment| payment.claim_id).map(|id| id.0).collect();
    let claims = store.claims_for_answers(ClaimKey::Id, ids).await?;
    let claims: HashMap<ClaimId, ClaimFacts> = claims.into_iter().map(|claim| (claim.id, claim)).collect();
    // Each stands at its own place of the transaction, whether or not all of them are still kept.
    let clp = |payment: &PaymentRow| remittance.claims.get(usize::try_from(payment.ordinal).ok()?);
    let pairs: Vec<(PaymentRow, &ClaimPayment)> =
        payments.into_iter().filter_map(|payment| clp(&payment).map(|claim| (payment, claim))).collect();
    let unknown = pairs.iter().filter(|(payment, _)| payment.claim_id.is_none());
    let sought: Vec<Sought> = unknown.map(|(_, claim)| books::sought(remittance, claim)).collect();
    let mut matched = find_claims(store, books.payer, &sought).await?.into_iter();
    let mut paid = Vec::with_capacity(pairs.len());
    for (payment, claim) in pairs {
        // One claim may have two payments, a reversal and what corrects it.
        let claim_of = match payment.claim_id {
            Some(id) => claims.get(&id).cloned().map(|claim| Known::Before(Box::new(claim))),
            None => matched.next().map(Known::Now),
        };
        paid.extend(claim_of.map(|claim_of| Paid { payment, claim, claim_of }));
    }
    Ok(paid)
}

/// The claims of a remittance's payments, each at its place.
fn facts<'a>(remittance: &Remittance, paid: &'a [Paid<'_>]) -> Vec<Option<&'a ClaimFacts>> {
    let mut facts = vec![None; remittance.claims.len()];
    for one in paid {
        if let Some(place) = usize::try_from(one.payment.ordinal).ok().and_then(|place| facts.get_mut(place)) {
            *place = one.facts();
        }
    }
    facts
}

/// All that the release changes, without the letters.
fn draft(books: &Books<'_>, row: &RemittanceRow, remittance: &Remittance, paid: &[Paid<'_>], by: &str) -> Release {
    let mut release = Release {
        id: row.id,
        by: by.to_string(),
        at: books.at,
        matched: Vec::new(),
        passed_on: Vec::new(),
        adjustment_owners: None,
        claim_events: Vec::new(),
        exceptions: Vec::new(),
        mail: Vec::new(),
    };
    for one in paid {
        match &one.claim_of {
            Known::Before(claim) => {
                release.claim_events.push(books.event(&one.payment, claim.id, &row.trace, "released by hand"));
            }
            Known::Now(Matched::One(found)) => {
                let (claim_id, rule) = (found.claim.id, found.rule.as_str());
                let event = books.event(&one.payment, claim_id, &row.trace, rule);
                let evidence = found.evidence.clone();
                release.claim_events.push(NewClaimEvent { evidence: evidence.clone(), ..event });
                release.matched.push(LateMatch { payment_id: one.payment.id, claim_id, rule, evidence });
            }
            Known::Now(unclear @ Matched::Unclear { .. }) => {
                release.exceptions.extend(books.unmatched(&one.payment, remittance, one.claim, unclear));
            }
        }
        if let Some(claim) = one.facts() {
            release.passed_on.extend(books.passed_on(one.claim, claim.id));
        }
    }
    release
}
