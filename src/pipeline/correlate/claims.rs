//! 277CA and 277: what a payer says of single claims, or of all claims of a provider or of a transaction.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::draft::Draft;
use super::plan;
use super::post::{self, Parcel};
use super::read::status::{ClaimAnswer, Level, ReportKind, StatusReport};
use crate::domain::ids::{BatchId, ClaimId};
use crate::domain::{ClaimStatus, Phi};
use crate::pipeline::answers::search::says_something;
use crate::pipeline::answers::{Found, Matched, Sought, awaits, find_claims};
use crate::pipeline::{Gateway, StageError};
use crate::store::answers::{Acknowledged, ClaimMove, LearnedNumber};
use crate::store::events::NewClaimEvent;
use crate::store::exceptions::ExceptionKind;
use crate::store::matching::{BatchTransactionFacts, ClaimFacts};

/// Works one report in and gives the letters that follow from it.
pub async fn take_report(draft: &mut Draft, place: usize, report: &StatusReport) -> Result<Vec<Parcel>, StageError> {
    let payer = draft.payer().to_string();
    let answered = transactions_answered(&draft.gateway, &payer, report).await?;
    let sought: Vec<Sought> = report.claims.iter().map(|answer| sought(report, answer, &answered)).collect();
    let matched = find_claims(&draft.gateway.store, &payer, &sought).await?;
    let mut counts: BTreeMap<BatchId, Counts> = BTreeMap::new();
    let mut told: Vec<(usize, ClaimFacts)> = Vec::new();
    for (n, (answer, matched)) in report.claims.iter().zip(matched).enumerate() {
        match matched {
            Matched::One(found) => {
                take_answer(draft, report.kind, answer, &found);
                if let Some(batch) = found.claim.batch_id {
                    counts.entry(batch).or_default().count(answer.says(report.kind));
                }
                told.push((n, found.claim));
            }
            Matched::Unclear { reason, candidates } => {
                let kind = exception_kind(report.kind);
                let response = response(place, n, report.kind, answer);
                draft.except_awaiting(kind, reason, response, &candidates, awaits::of_answer(&payer, &sought[n]));
            }
        }
    }
    if report.kind == ReportKind::ClaimAck {
        take_levels(draft, report, &answered, &mut counts).await?;
    }
    tell_batches(draft, report.kind, &counts);
    Ok(post::parcels_of_report(report.kind, place, told))
}

/// Adds what one matched answer says.
fn take_answer(draft: &mut Draft, kind: ReportKind, answer: &ClaimAnswer, found: &Found) {
    let (said, claim_id) = (answer.says(kind), found.claim.id);
    if let Some(said) = said {
        draft.answered.claims.push(ClaimMove { claim_id, said });
    }
    draft.answered.learned.extend(learned(claim_id, answer));
    let event = claim_event(draft, kind, answer, claim_id);
    draft.answered.claim_events.push(NewClaimEvent {
        rule: found.rule.as_str(),
        evidence: found.evidence.clone(),
        ..event
    });
}

/// The payer's number in an answer, when it is one.
pub fn learned(claim_id: ClaimId, answer: &ClaimAnswer) -> Option<LearnedNumber> {
    let number = answer.payer_claim_control_number.clone();
    says_something(number.reveal()).then_some(LearnedNumber { claim_id, payer_claim_control_number: number })
}

fn claim_event(draft: &Draft, kind: ReportKind, answer: &ClaimAnswer, claim_id: ClaimId) -> NewClaimEvent {
    let said = answer.says(kind);
    NewClaimEvent {
        id: draft.gateway.draw_id(),
        claim_id,
        at: draft.answered.at,
        kind: kind.as_str(),
        status: said,
        code: answer.codes_text(),
        text: plan::sentence(said).to_string(),
        rule: "",
        evidence: String::new(),
        inbound_id: Some(draft.inbound.id),
    }
}

/// For each BHT03 of ours that the report names, the transactions sent under it.
pub async fn transactions_answered(
    gateway: &Gateway,
    payer: &str,
    report: &StatusReport,
) -> Result<HashMap<String, Vec<BatchTransactionFacts>>, StageError> {
    let mut answered = HashMap::new();
    for receiver in &report.receivers {
        if !receiver.trace.is_empty() && !answered.contains_key(&receiver.trace) {
            let sent = gateway.store.transactions_by_bht03(payer, &receiver.trace).await?;
            answered.insert(receiver.trace.clone(), sent);
        }
    }
    Ok(answered)
}

/// What an answer says of the claim it is about.
pub fn sought(
    report: &StatusReport,
    answer: &ClaimAnswer,
    answered: &HashMap<String, Vec<BatchTransactionFacts>>,
) -> Sought {
    let provider = answer.provider.and_then(|n| report.providers.get(n)).map(|level| level.id.clone());
    let id = provider.unwrap_or_default();
    let is_npi = id.len() == 10;
    let sent = answer.receiver.and_then(|n| answered.get(&report.receivers.get(n)?.trace));
    let within = match sent.map(Vec::as_slice) {
        Some([one]) => Some((one.first_claim_id, one.last_claim_id)),
        Some([..]) | None => None,
    };
    Sought {
        trace: answer.our_number.clone(),
        payer_claim_control_number: answer.payer_claim_control_number.clone(),
        control_number: Phi::new(answer.control_number(report.kind).to_string()),
        npi: if is_npi { id.clone() } else { String::new() },
        tin: if is_npi { String::new() } else { id },
        charge: answer.charge(),
        member_ids: answer.member_ids.clone(),
        names: answer.names.clone(),
        frequency: String::new(),
        service_from: answer.service_from.clone(),
        within,
    }
}

/// Refusals above the claims: of all that went under one BHT03, or of one provider in it.
async fn take_levels(
    draft: &mut Draft,
    report: &StatusReport,
    answered: &HashMap<String, Vec<BatchTransactionFacts>>,
    counts: &mut BTreeMap<BatchId, Counts>,
) -> Result<(), StageError> {
    for (n, receiver) in report.receivers.iter().enumerate() {
        let sent = answered.get(&receiver.trace).map(Vec::as_slice).unwrap_or_default();
        for transaction in sent {
            counts.entry(transaction.batch_id).or_default();
        }
        let providers: Vec<&Level> =
            report.providers.iter().filter(|level| level.receiver == n && level.refuses_all()).collect();
        if receiver.refuses_all() && providers.is_empty() {
            refuse_level(draft, receiver, sent, None, counts).await?;
        }
        for provider in providers {
            refuse_level(draft, provider, sent, Some(&provider.id), counts).await?;
        }
    }
    Ok(())
}

async fn refuse_level(
    draft: &mut Draft,
    level: &Level,
    sent: &[BatchTransactionFacts],
    npi: Option<&str>,
    counts: &mut BTreeMap<BatchId, Counts>,
) -> Result<(), StageError> {
    if sent.is_empty() {
        let response =
            json!({ "level": if npi.is_some() { "provider" } else { "batch" }, "codes": level.codes_text() });
        let reason = "a whole batch or provider is refused, and no transaction with that number was sent to this payer";
        draft.except(ExceptionKind::ClaimAck, reason, response, &[]);
        return Ok(());
    }
    let code = level.statuses.iter().flat_map(|status| &status.codes).map(|code| code.text()).next();
    let text = match npi {
        Some(_) => "The payer refused all claims of the provider",
        None => "The payer refused the whole transaction",
    };
    let mut refused = 0;
    for transaction in sent {
        let claims = draft.gateway.store.claims_of_transaction(transaction, npi).await?;
        refused += claims.len();
        let count = counts.entry(transaction.batch_id).or_default();
        claims.iter().for_each(|_| count.count(Some(ClaimStatus::PayerRejected)));
        draft.refuse(claims, code.as_deref().unwrap_or("A3:0"), text, Some("277CA"));
    }
    if refused == 0 {
        let response = json!({ "level": "provider", "codes": level.codes_text() });
        let reason = "all claims of a provider are refused, and none of the claims sent in that transaction is of it";
        draft.except(ExceptionKind::ClaimAck, reason, response, &[]);
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    taken: usize,
    refused: usize,
    other: usize,
}

impl Counts {
    fn count(&mut self, said: Option<ClaimStatus>) {
        match said {
            Some(ClaimStatus::PayerAccepted | ClaimStatus::PayerReceived) => self.taken += 1,
            Some(ClaimStatus::PayerRejected) => self.refused += 1,
            Some(_) | None => self.other += 1,
        }
    }
}

fn tell_batches(draft: &mut Draft, kind: ReportKind, counts: &BTreeMap<BatchId, Counts>) {
    for (batch, count) in counts {
        let text = match kind {
            ReportKind::ClaimAck => {
                format!("The payer answered: {} claims taken, {} refused", count.taken, count.refused)
            }
            ReportKind::ClaimStatus => {
                format!("The payer told the status of {} claims", count.taken + count.refused + count.other)
            }
        };
        draft.batch_event(*batch, kind.as_str(), "", String::new(), text);
        if kind == ReportKind::ClaimAck {
            draft.move_batch(*batch, Acknowledged::By277ca, None);
        }
    }
}

fn exception_kind(kind: ReportKind) -> ExceptionKind {
    match kind {
        ReportKind::ClaimAck => ExceptionKind::ClaimAck,
        ReportKind::ClaimStatus => ExceptionKind::ClaimStatus,
    }
}

/// What an unmatched answer said, for people and to apply it later: its place in the file leads back to all of it.
fn response(report: usize, claim: usize, kind: ReportKind, answer: &ClaimAnswer) -> Value {
    let members: Vec<&String> = answer.member_ids.iter().map(Phi::reveal).collect();
    json!({
        "report": report,
        "claim": claim,
        "status": answer.says(kind),
        "codes": answer.codes_text(),
        "patient_control_number": answer.control_number(kind),
        "payer_claim_control_number": answer.payer_claim_control_number.reveal(),
        "trace_number": answer.our_number,
        "charge": answer.charge(),
        "service_from": answer.service_from,
        "member_ids": members,
    })
}
