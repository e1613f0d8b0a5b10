//! From a decision that an unmatched answer is about a claim, a person's or a late match, to all that follows from it:
//! the claim's new state, its event, the letter to its submitter. Nothing is written here; the caller records it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::correlate::post::{self, Item, Papers, Parcel, Posting, Told};
use super::correlate::read::{self, status::ClaimAnswer, status::StatusReport};
use super::correlate::{claims, plan};
use super::exceptions::ResolveError;
use super::gateway::blocking;
use super::remit::books::Books;
use super::remit::hand_on::{self, Handed};
use super::remit::plan::Extent;
use super::{Gateway, StageError};
use crate::domain::ids::PaymentId;
use crate::store::answers::ClaimMove;
use crate::store::events::NewClaimEvent;
use crate::store::exceptions::{ExceptionRow, Resolution};
use crate::store::inbound::InboundRow;
use crate::store::matching::ClaimFacts;
use crate::store::remittances::RemittanceState;

/// Who decided, by what rule, on what, and how the claim's timeline tells it.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    pub by: &'a str,
    pub rule: &'static str,
    /// JSON; empty for a person.
    pub evidence: String,
    pub note: String,
}

/// Where an unmatched 277CA or 277 answer stands in its file.
#[derive(Deserialize)]
struct Place {
    report: usize,
    claim: usize,
}

/// A payer's file with its 277CAs and 277s.
pub async fn status_papers(gateway: &Arc<Gateway>, inbound: &InboundRow) -> Result<Papers, StageError> {
    let file = Arc::new(gateway.read_payload(inbound.payload_id).await?);
    let there = file.clone();
    let reports = Arc::new(blocking(move || read::read(&there).status_reports).await?);
    Ok(Papers { inbound_id: inbound.id, payer: inbound.partner.clone(), file, reports })
}

/// The answer behind an exception, in the report and at the place where it stands.
pub fn answer_of<'a>(
    exception: &ExceptionRow,
    papers: &'a Papers,
) -> Result<(&'a StatusReport, &'a ClaimAnswer, usize, usize), ResolveError> {
    let id = exception.id;
    let place: Place = serde_json::from_str(&exception.response).map_err(|_| ResolveError::NotOfOneClaim { id })?;
    let report = papers.reports.get(place.report).ok_or(ResolveError::FileDiffers { id })?;
    let answer = report.claims.get(place.claim).ok_or(ResolveError::FileDiffers { id })?;
    Ok((report, answer, place.report, place.claim))
}

/// What a 277CA or 277 does to the claim.
pub async fn status(
    gateway: &Arc<Gateway>,
    exception: &ExceptionRow,
    papers: &Papers,
    claim: ClaimFacts,
    decision: Decision<'_>,
) -> Result<Resolution, ResolveError> {
    let (report, answer, report_place, claim_place) = answer_of(exception, papers)?;
    let (id, said, claim_id, at) = (exception.id, answer.says(report.kind), claim.id, gateway.clock.now_ms());
    let event = NewClaimEvent {
        id: gateway.draw_id(),
        claim_id,
        at,
        kind: report.kind.as_str(),
        status: said,
        code: answer.codes_text(),
        text: format!("{}; {}", plan::sentence(said), decision.note),
        rule: decision.rule,
        evidence: decision.evidence,
        inbound_id: Some(papers.inbound_id),
    };
    let learned = claims::learned(claim_id, answer);
    let parcel = Parcel {
        partner: claim.partner.clone(),
        kind: report.kind,
        report: Some(report_place),
        items: vec![Item { claim, told: Told::Answer(claim_place) }],
    };
    let origin = format!("exception:{id}:{claim_id}");
    let mail = match post::mail(gateway, papers, parcel, origin, &id.to_string()).await? {
        Posting::Mail(mail) => vec![*mail],
        Posting::NoSuchSubmitter(_) => Vec::new(),
    };
    let said = said.map(|said| ClaimMove { claim_id, said });
    Ok(Resolution { id, claim_id, by: decision.by.to_string(), at, said, learned, event, mail })
}

/// What a payment does to the claim.
pub async fn payment(
    gateway: &Arc<Gateway>,
    exception: &ExceptionRow,
    papers: &hand_on::Papers,
    payment: PaymentId,
    claim: ClaimFacts,
    decision: Decision<'_>,
) -> Result<Resolution, ResolveError> {
    let (id, differs) = (exception.id, ResolveError::FileDiffers { id: exception.id });
    let Some(payment) = gateway.store.payment(payment).await? else { return Err(differs) };
    let remittance = gateway.store.remittance(payment.remittance_id).await?;
    let Some(remittance) = remittance.filter(|one| one.state == RemittanceState::Posted) else { return Err(differs) };
    let books = Books { gateway, inbound_id: papers.inbound_id, payer: &papers.payer, at: gateway.clock.now_ms() };
    let mut event = books.event(&payment, claim.id, &remittance.trace, decision.rule);
    event.text = format!("{}; {}", event.text, decision.note);
    event.evidence = decision.evidence;
    let ordinal = usize::try_from(payment.ordinal).unwrap_or(usize::MAX);
    let handed = Handed {
        partner: claim.partner.clone(),
        remittance: usize::try_from(remittance.ordinal).unwrap_or(usize::MAX),
        own: BTreeMap::from([(ordinal, claim.patient_control_number.clone())]),
        extent: Extent::ClaimsOnly,
    };
    let written = hand_on::write(gateway, papers, vec![handed], &format!("exception:{id}:{}", claim.id)).await?;
    Ok(Resolution {
        id,
        claim_id: claim.id,
        by: decision.by.to_string(),
        at: gateway.clock.now_ms(),
        said: None,
        learned: None,
        event,
        mail: written.mail,
    })
}
