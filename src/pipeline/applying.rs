//! From a decision that an unmatched answer is about a claim, a person's or a late match, to all that follows from it,
//! and into the store: the claim's new state, its event, the letter to its submitter.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::correlate::post::{self, Item, Papers, Parcel, Posting, Told};
use super::correlate::questions::Questions;
use super::correlate::read;
use super::correlate::read::status::{ClaimAnswer, ReportKind, StatusReport};
use super::correlate::{claims, repeats, service_lines, wording};
use super::exceptions::ResolveError;
use super::gateway::{blocking, discard};
use super::notices::{self, Adjustments, Turn, letter_origin};
use super::remit::books::Books;
use super::remit::hand_on::{self, Handed};
use super::remit::plan::late_extent;
use super::{Gateway, StageError};
use crate::domain::Phi;
use crate::domain::ids::PaymentId;
use crate::store::adjustments::HandedAdjustments;
use crate::store::answers::ClaimMove;
use crate::store::events::NewClaimEvent;
use crate::store::exceptions::{ExceptionRow, Resolution, Resolved};
use crate::store::inbound::InboundRow;
use crate::store::matching::ClaimFacts;
use crate::store::questions::AskedQuestion;
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

/// Applies a 277CA or 277 to the claim. `false`: somebody decided before.
pub async fn status(
    gateway: &Arc<Gateway>,
    exception: &ExceptionRow,
    papers: &Papers,
    claim: ClaimFacts,
    decision: Decision<'_>,
) -> Result<bool, ResolveError> {
    let resolution = of_status(gateway, exception, papers, claim, decision).await?;
    match record(gateway, &resolution).await? {
        Resolved::Done => Ok(true),
        Resolved::NotOpen | Resolved::AdjustmentsGone => Ok(false),
    }
}

/// Applies a payment to the claim. `false`: somebody decided before.
pub async fn payment(
    gateway: &Arc<Gateway>,
    exception: &ExceptionRow,
    papers: &hand_on::Papers,
    payment: PaymentId,
    claim: ClaimFacts,
    decision: Decision<'_>,
) -> Result<bool, ResolveError> {
    loop {
        let resolution = of_payment(gateway, exception, papers, payment, claim.clone(), decision.clone()).await?;
        match record(gateway, &resolution).await? {
            Resolved::Done => return Ok(true),
            Resolved::NotOpen => return Ok(false),
            // The next letter is written without them.
            Resolved::AdjustmentsGone => {}
        }
    }
}

async fn record(gateway: &Gateway, resolution: &Resolution) -> Result<Resolved, ResolveError> {
    let resolved = gateway.store.resolve_exception(resolution).await?;
    match resolved {
        Resolved::Done => {}
        Resolved::NotOpen | Resolved::AdjustmentsGone => {
            // What was sealed here belongs to nobody.
            for mail in &resolution.mail {
                discard(gateway, mail.payload.id).await;
            }
        }
    }
    Ok(resolved)
}

/// What a 277CA or 277 does to the claim; one that says what the payer said of it before is handed on to nobody, but whoever
/// asked for it.
async fn of_status(
    gateway: &Arc<Gateway>,
    exception: &ExceptionRow,
    papers: &Papers,
    claim: ClaimFacts,
    decision: Decision<'_>,
) -> Result<Resolution, ResolveError> {
    let (report, answer, report_place, claim_place) = answer_of(exception, papers)?;
    let (id, status, claim_id, at) = (exception.id, answer.says(report.kind), claim.id, gateway.clock.now_ms());
    let (kind, what) = (report.kind.as_str(), repeats::of_claim(&papers.file, report, answer));
    let before = gateway.store.said_of_claims(&papers.payer, kind, vec![claim_id.0]).await?;
    let before = before.get(&claim_id).map(Vec::as_slice).unwrap_or_default();
    let answered = question(gateway, exception, (&papers.payer, report.kind), &claim, answer).await?;
    let (answered, asked_under) = answered.map(|question| (question.key, question.reference)).unzip();
    let is_repeat = answered.is_none() && repeats::repeated(&what, status, before).is_some();
    let text = if is_repeat { repeats::told(kind) } else { wording::of_answer(&gateway.labels, report.kind, answer) };
    let claimed = service_lines::claimed(gateway, [(claim_id, answer)].into_iter()).await?;
    let lines = if is_repeat { Phi::default() } else { service_lines::told(answer, claimed.get(&claim_id)) };
    let event = NewClaimEvent {
        id: gateway.draw_id(),
        claim_id,
        at,
        // It stands also when the decision about the one before is taken back.
        kind,
        status,
        code: answer.codes_text(),
        text: format!("{text}; {}", decision.note),
        rule: decision.rule,
        evidence: decision.evidence,
        inbound_id: Some(papers.inbound_id),
        said: (!is_repeat).then_some(what),
        lines,
    };
    let learned = claims::learned(claim_id, answer);
    let mut mail = Vec::new();
    if !is_repeat {
        let parcel = Parcel {
            partner: claim.partner.clone(),
            kind: report.kind,
            report: Some(report_place),
            items: vec![Item { claim, told: Told::Answer { place: claim_place, asked_under } }],
        };
        let origin = letter_origin(id, claim_id);
        mail = match post::mail(gateway, papers, parcel, origin, &id.to_string()).await? {
            Posting::Mail(mail) => vec![*mail],
            Posting::NoSuchSubmitter(_) => Vec::new(),
        };
    }
    mail.extend(notices::note(gateway, exception, claim_id, event.id, (Turn::HoldsAgain, Adjustments::None)).await?);
    let said = status.map(|said| ClaimMove { claim_id, said });
    let by = decision.by.to_string();
    Ok(Resolution { id, claim_id, by, at, said, learned, event, passed_on: None, mail, adjustments: None, answered })
}

/// The open question that the answer is to: whoever asked it is owed the answer.
async fn question(
    gateway: &Gateway,
    exception: &ExceptionRow,
    (payer, kind): (&str, ReportKind),
    claim: &ClaimFacts,
    answer: &ClaimAnswer,
) -> Result<Option<AskedQuestion>, StageError> {
    match kind {
        ReportKind::ClaimAck => Ok(None),
        ReportKind::ClaimStatus => {
            let (mut questions, trace) = (Questions::default(), answer.trace.reveal().as_str());
            questions.look_for(&gateway.store, payer, exception.raised_at, &[(Some(claim.id), trace)]).await?;
            // It was closed when the answer came, and nobody was told yet.
            let closed = questions.answered_at(claim.id, trace, exception.raised_at);
            Ok(closed.or_else(|| questions.answer(Some((claim.id, &claim.partner)), trace)))
        }
    }
}

/// What a payment does to the claim.
async fn of_payment(
    gateway: &Arc<Gateway>,
    exception: &ExceptionRow,
    papers: &hand_on::Papers,
    payment: PaymentId,
    claim: ClaimFacts,
    decision: Decision<'_>,
) -> Result<Resolution, ResolveError> {
    let (id, differs) = (exception.id, ResolveError::FileDiffers { id: exception.id });
    let Some(payment) = gateway.store.payment(payment).await? else { return Err(differs) };
    let row = gateway.store.remittance(payment.remittance_id).await?;
    let Some(row) = row.filter(|one| one.state == RemittanceState::Posted) else { return Err(differs) };
    let place = usize::try_from(row.ordinal).unwrap_or(usize::MAX);
    let ordinal = usize::try_from(payment.ordinal).unwrap_or(usize::MAX);
    let Some(remittance) = papers.remittances.get(place) else { return Err(differs) };
    let Some(clp) = remittance.claims.get(ordinal) else { return Err(differs) };
    let books = Books { gateway, inbound_id: papers.inbound_id, payer: &papers.payer, at: gateway.clock.now_ms() };
    let mut event = books.event(&payment, claim.id, &row.trace, decision.rule);
    event.text = format!("{}; {}", event.text, decision.note);
    event.evidence = decision.evidence;
    let origin = notices::remittance_origin(id, claim.id, &claim.partner);
    let (mut mail, adjustments, theirs) = match gateway.store.decision_letter(&origin).await? {
        // The submitter has it of the same decision, which was taken back since.
        Some(letter) => {
            let again = (letter.holds_adjustments && !row.adjustments_handed)
                .then_some(HandedAdjustments { remittance: row.id, letter: Some(letter.id) });
            let theirs = match (letter.holds_adjustments, again) {
                (true, Some(_)) => Adjustments::Moved,
                // Another payment kept them with it.
                (true, None) if letter.has_them_now => Adjustments::None,
                (true, None) => Adjustments::AsTheyWere,
                (false, _) => Adjustments::None,
            };
            (Vec::new(), again, theirs)
        }
        None => {
            let extent = late_extent(remittance, &row);
            let holds_adjustments = extent.holds_adjustments();
            let handed = Handed {
                partner: claim.partner.clone(),
                remittance: place,
                own: BTreeMap::from([(ordinal, claim.patient_control_number.clone())]),
                extent,
            };
            let mail = hand_on::write(gateway, papers, vec![handed], &letter_origin(id, claim.id)).await?.mail;
            // Without a letter they are still to be handed on.
            let handed = (holds_adjustments && !mail.is_empty())
                .then_some(HandedAdjustments { remittance: row.id, letter: None });
            (mail, handed, Adjustments::None)
        }
    };
    mail.extend(notices::note(gateway, exception, claim.id, event.id, (Turn::HoldsAgain, theirs)).await?);
    Ok(Resolution {
        id,
        claim_id: claim.id,
        by: decision.by.to_string(),
        at: gateway.clock.now_ms(),
        said: None,
        learned: None,
        event,
        passed_on: books.passed_on(clp, claim.id),
        adjustments,
        answered: None,
        mail,
    })
}
