//! 277CA and 277: what a payer says of single claims, or of all claims of a provider or of a transaction.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::draft::{Draft, Unmatched};
use super::post::{self, Item, Parcel, Told};
use super::read::status::{ClaimAnswer, ReportKind, StatusReport};
use super::{levels, repeats, service_lines, wording};
use crate::domain::ids::{BatchId, ClaimId};
use crate::domain::{ClaimStatus, Phi};
use crate::pipeline::answers::search::says_something;
use crate::pipeline::answers::{Found, Matched, Sought, awaits, find_claims};
use crate::pipeline::{Gateway, StageError};
use crate::store::answers::{Acknowledged, ClaimMove, LearnedNumber};
use crate::store::events::{LineTold, NewBatchEvent, NewClaimEvent};
use crate::store::exceptions::ExceptionKind;
use crate::store::matching::{BatchTransactionFacts, ClaimFacts};
use crate::store::said::{BatchWord, Said};

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
    read_before(draft, report, &matched).await?;
    let of_lines = report.claims.iter().zip(&matched).filter_map(|(answer, matched)| match matched {
        Matched::One(found) => Some((found.claim.id, answer)),
        Matched::Unclear { .. } => None,
    });
    let claimed = service_lines::claimed(&draft.gateway, of_lines).await?;
    let mut counts: BTreeMap<BatchId, Counts> = BTreeMap::new();
    let (mut told, mut unmatched): (Vec<Item>, Vec<Unmatched>) = (Vec::new(), Vec::new());
    for (n, (answer, matched)) in report.claims.iter().zip(matched).enumerate() {
        match matched {
            Matched::One(found) => {
                let said = repeats::of_claim(file, report, answer);
                let (claim, status) = (found.claim.id, answer.says(kind));
                // Whoever asked is owed the answer, also when it says nothing new.
                let question = draft.answers_question(kind, Some((claim, &found.claim.partner)), answer);
                let asked_under = question.map(|question| question.reference);
                let repeats = match &asked_under {
                    Some(_) => {
                        draft.note_said(kind, claim, (&said, status));
                        false
                    }
                    None => draft.claim_repeats(kind, claim, (&said, status), &answer.codes_text()),
                };
                if let Some(batch) = batch_at(&payer, &found.claim) {
                    counts.entry(batch).or_default().count(status, repeats);
                }
                if !repeats {
                    let lines = service_lines::told(answer, claimed.get(&claim));
                    take_answer(draft, kind, answer, &found, (said, lines));
                    told.push(Item { claim: found.claim, told: Told::Answer { place: n, asked_under } });
                }
            }
            Matched::Unclear { reason, candidates } => {
                let question = draft.answers_question(kind, None, answer);
                unmatched.push(Unmatched {
                    kind: exception_kind(kind),
                    reason: reason.to_string(),
                    response: response(place, n, kind, answer),
                    candidates,
                    awaits: awaits::of_answer(&payer, &sought[n]),
                    said: repeats::of_nobody(file, report, answer),
                    answers: question.map(|question| question.key),
                });
            }
        }
    }
    draft.except_unmatched(unmatched).await?;
    let levels = match kind {
        ReportKind::ClaimAck => levels::take_levels(draft, report, &answered, &mut counts).await?,
        ReportKind::ClaimStatus => BTreeMap::new(),
    };
    tell_batches(draft, kind, &counts, &levels).await?;
    Ok(post::parcels_of_report(kind, place, told))
}

/// What is known of the claims that were found, and of what their payer was asked.
async fn read_before(draft: &mut Draft, report: &StatusReport, matched: &[Matched]) -> Result<(), StageError> {
    let found = |matched: &Matched| match matched {
        Matched::One(found) => Some(found.claim.id),
        Matched::Unclear { .. } => None,
    };
    let claims: Vec<ClaimId> = matched.iter().filter_map(found).collect();
    draft.read_said(report.kind, &claims).await?;
    match report.kind {
        ReportKind::ClaimAck => Ok(()),
        ReportKind::ClaimStatus => {
            let traces = report.claims.iter().map(|answer| answer.trace.reveal().as_str());
            let answers: Vec<_> = matched.iter().map(found).zip(traces).collect();
            draft.read_questions(&answers).await
        }
    }
}

/// The batch in which the claim went to this payer. One that another payer passed on to it went in none.
fn batch_at(payer: &str, claim: &ClaimFacts) -> Option<BatchId> {
    claim.batch_id.filter(|_| claim.payer.as_deref() == Some(payer))
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
    let text = wording::of_answer(&draft.gateway.labels, kind, answer);
    let event = draft.event_of(claim_id, kind.as_str(), said, answer.codes_text(), text);
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

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    taken: usize,
    refused: usize,
    other: usize,
    repeated: usize,
}

impl Counts {
    pub(super) fn count(&mut self, said: Option<ClaimStatus>, repeats: bool) {
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
    levels: &BTreeMap<BatchId, BatchWord>,
) -> Result<(), StageError> {
    for (batch, count) in counts {
        if kind == ReportKind::ClaimAck {
            draft.move_batch(*batch, Acknowledged::By277ca, None);
        }
        let said = levels.get(batch);
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
        let event = draft.event_of_batch(*batch, kind.as_str(), String::new(), text);
        draft.batch_event(NewBatchEvent { said: said.cloned(), ..event });
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
