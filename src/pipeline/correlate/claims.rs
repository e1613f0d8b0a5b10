//! 277CA and 277: what a payer says of single claims, or of all claims of a provider or of a transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::draft::{Draft, Unmatched};
use super::post::{self, Parcel};
use super::read::status::{ClaimAnswer, Level, ReportKind, StatusReport};
use super::{plan, repeats, service_lines};
use crate::domain::ids::{BatchId, ClaimId};
use crate::domain::{ClaimStatus, Phi};
use crate::pipeline::answers::search::says_something;
use crate::pipeline::answers::{Found, Matched, Sought, awaits, find_claims};
use crate::pipeline::{Gateway, StageError};
use crate::store::answers::{Acknowledged, ClaimMove, LearnedNumber};
use crate::store::events::{LineTold, NewClaimEvent};
use crate::store::exceptions::ExceptionKind;
use crate::store::matching::{BatchTransactionFacts, ClaimFacts};
use crate::store::said::Said;

/// Works one report in and gives the letters that follow from it. What it says again of a claim is told there and goes
/// no further.
pub async fn take_report(
    draft: &mut Draft,
    place: usize,
    report: &StatusReport,
    file: &[u8],
) -> Result<Vec<Parcel>, StageError> {
    let (payer, kind) = (draft.payer().to_string(), report.kind);
    let answered = transactions_answered(&draft.gateway, &payer, report).await?;
    let sought: Vec<Sought> = report.claims.iter().map(|answer| sought(report, answer, &answered)).collect();
    let matched = find_claims(&draft.gateway.store, &payer, &sought).await?;
    let found = matched.iter().filter_map(|matched| match matched {
        Matched::One(found) => Some(found.claim.id),
        Matched::Unclear { .. } => None,
    });
    let found: Vec<ClaimId> = found.collect();
    draft.read_said(kind, &found).await?;
    let of_lines = report.claims.iter().zip(&matched).filter_map(|(answer, matched)| match matched {
        Matched::One(found) => Some((found.claim.id, answer)),
        Matched::Unclear { .. } => None,
    });
    let claimed = service_lines::claimed(&draft.gateway, of_lines).await?;
    // Whoever asked is owed the answer, also when it says nothing new.
    let asked = match kind {
        ReportKind::ClaimAck => HashSet::new(),
        ReportKind::ClaimStatus => {
            draft.gateway.store.asked_of(&payer, found.iter().map(|claim| claim.0).collect()).await?
        }
    };
    let mut counts: BTreeMap<BatchId, Counts> = BTreeMap::new();
    let (mut told, mut unmatched): (Vec<(usize, ClaimFacts)>, Vec<Unmatched>) = (Vec::new(), Vec::new());
    for (n, (answer, matched)) in report.claims.iter().zip(matched).enumerate() {
        match matched {
            Matched::One(found) => {
                let said = repeats::of_claim(file, report, answer);
                let (claim, status) = (found.claim.id, answer.says(kind));
                let repeats =
                    !asked.contains(&claim) && draft.claim_repeats(kind, claim, (&said, status), &answer.codes_text());
                draft.answers_question(kind, Some(claim), answer);
                if let Some(batch) = found.claim.batch_id {
                    counts.entry(batch).or_default().count(status, repeats);
                }
                if !repeats {
                    let lines = service_lines::told(answer, claimed.get(&claim));
                    take_answer(draft, kind, answer, &found, (said, lines));
                    told.push((n, found.claim));
                }
            }
            Matched::Unclear { reason, candidates } => {
                draft.answers_question(kind, None, answer);
                unmatched.push(Unmatched {
                    kind: exception_kind(kind),
                    reason: reason.to_string(),
                    response: response(place, n, kind, answer),
                    candidates,
                    awaits: awaits::of_answer(&payer, &sought[n]),
                    said: repeats::of_nobody(file, report, answer),
                });
            }
        }
    }
    draft.except_unmatched(unmatched).await?;
    let levels = match kind {
        ReportKind::ClaimAck => take_levels(draft, report, &answered, &mut counts).await?,
        ReportKind::ClaimStatus => HashMap::new(),
    };
    tell_batches(draft, kind, &counts, &levels).await?;
    Ok(post::parcels_of_report(kind, place, told))
}

/// Adds what one matched answer says.
fn take_answer(
    draft: &mut Draft,
    kind: ReportKind,
    answer: &ClaimAnswer,
    found: &Found,
    (what, lines): (Said, Phi<Vec<LineTold>>),
) {
    let (said, claim_id) = (answer.says(kind), found.claim.id);
    if let Some(said) = said {
        draft.answered.claims.push(ClaimMove { claim_id, said });
    }
    draft.answered.learned.extend(learned(claim_id, answer));
    let event = draft.event_of(claim_id, kind.as_str(), said, answer.codes_text(), plan::sentence(said).to_string());
    draft.claim_event(NewClaimEvent {
        rule: found.rule.as_str(),
        evidence: found.evidence.clone(),
        said: Some(what),
        lines,
        ..event
    });
}

/// The payer's number in an answer, when it is one.
pub fn learned(claim_id: ClaimId, answer: &ClaimAnswer) -> Option<LearnedNumber> {
    let number = answer.payer_claim_control_number.clone();
    says_something(number.reveal()).then_some(LearnedNumber { claim_id, payer_claim_control_number: number })
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

/// Refusals above the claims: of all that went under one BHT03, or of one provider in it. Gives the digest of what is said
/// there of each batch.
async fn take_levels(
    draft: &mut Draft,
    report: &StatusReport,
    answered: &HashMap<String, Vec<BatchTransactionFacts>>,
    counts: &mut BTreeMap<BatchId, Counts>,
) -> Result<HashMap<BatchId, i64>, StageError> {
    let mut levels = HashMap::new();
    for (n, receiver) in report.receivers.iter().enumerate() {
        let sent = answered.get(&receiver.trace).map(Vec::as_slice).unwrap_or_default();
        let digest = repeats::of_levels(report, &receiver.trace);
        let mut new: Vec<BatchTransactionFacts> = Vec::new();
        for transaction in sent {
            counts.entry(transaction.batch_id).or_default();
            levels.insert(transaction.batch_id, digest);
            let before = draft.said_of(transaction.batch_id).await?;
            if !before.iter().any(|one| one.kind == report.kind.as_str() && one.digest == digest) {
                new.push(transaction.clone());
            }
        }
        let providers: Vec<&Level> =
            report.providers.iter().filter(|level| level.receiver == n && level.refuses_all()).collect();
        let refuses = receiver.refuses_all() || !providers.is_empty();
        // Said before of all of them: their claims are refused already.
        if !refuses || (new.is_empty() && !sent.is_empty()) {
            continue;
        }
        if providers.is_empty() {
            refuse_level(draft, receiver, &new, None, counts).await?;
        }
        for provider in providers {
            refuse_level(draft, provider, &new, Some(&provider.id), counts).await?;
        }
    }
    Ok(levels)
}

async fn refuse_level(
    draft: &mut Draft,
    level: &Level,
    sent: &[BatchTransactionFacts],
    npi: Option<&str>,
    counts: &mut BTreeMap<BatchId, Counts>,
) -> Result<(), StageError> {
    let unmatched = |reason: &str| {
        let place = if npi.is_some() { "provider" } else { "batch" };
        let response = json!({ "level": place, "codes": level.codes_text() });
        let (kind, said) = (ExceptionKind::ClaimAck, repeats::of_level(level));
        vec![Unmatched { kind, reason: reason.into(), response, candidates: Vec::new(), awaits: Vec::new(), said }]
    };
    if sent.is_empty() {
        let reason = "a whole batch or provider is refused, and no transaction with that number was sent to this payer";
        return draft.except_unmatched(unmatched(reason)).await;
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
        claims.iter().for_each(|_| count.count(Some(ClaimStatus::PayerRejected), false));
        draft.refuse(claims, code.as_deref().unwrap_or("A3:0"), text, Some("277CA"));
    }
    if refused == 0 {
        let reason = "all claims of a provider are refused, and none of the claims sent in that transaction is of it";
        return draft.except_unmatched(unmatched(reason)).await;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    taken: usize,
    refused: usize,
    other: usize,
    repeated: usize,
}

impl Counts {
    fn count(&mut self, said: Option<ClaimStatus>, repeats: bool) {
        match said {
            _ if repeats => self.repeated += 1,
            Some(ClaimStatus::PayerAccepted | ClaimStatus::PayerReceived) => self.taken += 1,
            Some(ClaimStatus::PayerRejected) => self.refused += 1,
            Some(_) | None => self.other += 1,
        }
    }

    fn news(self) -> usize {
        self.taken + self.refused + self.other
    }
}

async fn tell_batches(
    draft: &mut Draft,
    kind: ReportKind,
    counts: &BTreeMap<BatchId, Counts>,
    levels: &HashMap<BatchId, i64>,
) -> Result<(), StageError> {
    for (batch, count) in counts {
        if kind == ReportKind::ClaimAck {
            draft.move_batch(*batch, Acknowledged::By277ca, None);
        }
        let said = levels.get(batch).copied();
        // Its claims tell of the repeat; where it names none, the batch does.
        if count.news() == 0 && count.repeated > 0 {
            continue;
        }
        if let Some(said) = said.filter(|_| count.news() == 0)
            && draft.batch_repeats(*batch, kind.as_str(), (said, "")).await?
        {
            continue;
        }
        let text = match kind {
            ReportKind::ClaimAck => {
                format!("The payer answered: {} claims taken, {} refused", count.taken, count.refused)
            }
            ReportKind::ClaimStatus => format!("The payer told the status of {} claims", count.news()),
        };
        draft.batch_event(*batch, kind.as_str(), ("", String::new()), text, said);
    }
    Ok(())
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
