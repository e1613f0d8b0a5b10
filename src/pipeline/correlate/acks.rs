//! TA1, 999 and 997: what a payer says of a whole file of ours, or of one transaction in it, or (CTX) of one claim.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::draft::{Draft, Unmatched};
use super::read::functional::{FunctionalAck, InterchangeAck, SegmentError, TransactionAck, Verdict};
use super::{plan, repeats, wording};
use crate::domain::ClaimStatus;
use crate::domain::ids::ClaimId;
use crate::pipeline::StageError;
use crate::store::answers::{Acknowledged, TransactionVerdict};
use crate::store::events::NewBatchEvent;
use crate::store::exceptions::ExceptionKind;
use crate::store::matching::{BatchFacts, BatchTransactionFacts, ClaimFacts};
use crate::store::said::BatchWord;

/// The kind of a batch of questions.
const QUESTIONS: &str = "276";
/// Of a refused file of questions.
const TRANSACTIONS_TOLD_MAX: usize = 5;
/// What a submitter is told of a claim whose file the payer refused: a syntax error, told by the 999.
const REFUSED_WITH_ITS_FILE: &str = "A3:684";

pub async fn take_interchange_ack(draft: &mut Draft, ack: &InterchangeAck) -> Result<(), StageError> {
    let (store, labels) = (draft.gateway.store.clone(), draft.gateway.labels.clone());
    let digest = repeats::of_interchange_ack(ack);
    let Some(batch) = store.batch_by_isa13(draft.payer(), &ack.control).await? else {
        let response = json!({ "control": ack.control, "verdict": ack.verdict.code(), "note": ack.note });
        let reason = match ack.control.as_str() {
            "" => "it does not say which file it is about: TA101 is missing".to_string(),
            control => format!("no file with the interchange control number {} was sent to this payer", shown(control)),
        };
        return draft.except_unmatched(vec![unmatched(ExceptionKind::Ta1, reason, response, digest)]).await;
    };
    let said = plan::by_interchange_ack(ack);
    let code = format!("{}:{}", ack.verdict.code(), ack.note);
    let word = BatchWord { digest, about: String::new() };
    if draft.batch_repeats(batch.id, "TA1", (&word, &code)).await? {
        return Ok(());
    }
    let event = draft.event_of_batch(batch.id, "TA1", code, wording::of_interchange(&labels, ack));
    draft.batch_event(NewBatchEvent { said: Some(word), ..event });
    draft.move_batch(batch.id, Acknowledged::ByTa1, said);
    if said == Some(ClaimStatus::PayerRejected) {
        let with_words = store.claims_with_words(batch.id).await?;
        let text = wording::refused_interchange(&labels, ack);
        refuse_batch(draft, &batch, ("TA1", ExceptionKind::Ta1, digest), (&text, &with_words)).await?;
    }
    Ok(())
}

pub async fn take_functional_ack(draft: &mut Draft, ack: &FunctionalAck) -> Result<(), StageError> {
    let (store, labels) = (draft.gateway.store.clone(), draft.gateway.labels.clone());
    let digest = repeats::of_functional_ack(ack);
    let batch = match ack.group_code.as_str() {
        "HC" | "HR" | "" => store.batch_by_gs06(draft.payer(), &ack.group_control).await?,
        _ => None,
    };
    let Some(batch) = batch else {
        let response = json!({ "control": ack.group_control, "group": ack.group_code, "verdict": ack.verdict.code() });
        let reason = format!("no group with the control number {} was sent to this payer", shown(&ack.group_control));
        return draft.except_unmatched(vec![unmatched(ExceptionKind::Ack999, reason, response, digest)]).await;
    };
    let sent = store.transactions_of_batch(batch.id).await?;
    let outcome = plan::by_functional_ack(ack, &sent);
    let code = [&[ack.verdict.code().to_string()], ack.codes.as_slice()].concat().join(" ");
    let word = BatchWord { digest, about: plan::about(ack, &sent) };
    if draft.batch_repeats(batch.id, ack.kind, (&word, &code)).await? {
        return Ok(());
    }
    let text = wording::of_group(&labels, ack, (outcome.batch, outcome.refused.len(), sent.len()));
    let event = draft.event_of_batch(batch.id, ack.kind, code, text);
    draft.batch_event(NewBatchEvent { said: Some(word), ..event });
    draft.move_batch(batch.id, Acknowledged::By999, outcome.batch);
    keep_verdicts(draft, ack, &sent);
    let is_refused = outcome.batch == Some(ClaimStatus::PayerRejected);
    let with_words = if is_refused { store.claims_with_words(batch.id).await? } else { HashSet::new() };
    for (transaction, of) in &outcome.told {
        let fate = match of.verdict {
            _ if is_refused => Fate::WithItsGroup(&with_words),
            Verdict::Rejected => Fate::Alone,
            Verdict::Accepted | Verdict::AcceptedWithErrors | Verdict::Partly | Verdict::Unclear => Fate::Taken,
        };
        take_transaction(draft, ack, (transaction, of), fate).await?;
    }
    // Of a file of questions no transactions are kept.
    for of in outcome.unknown.iter().filter(|_| batch.kind != QUESTIONS) {
        draft.answered.notes.push(format!(
            "The {} speaks of transaction {}, which the group {} does not hold.",
            ack.kind,
            shown(&of.control),
            shown(&ack.group_control)
        ));
    }
    if is_refused {
        let mut text = wording::refused_group(&labels, ack, None);
        for of in ack.transactions.iter().filter(|_| batch.kind == QUESTIONS).take(TRANSACTIONS_TOLD_MAX) {
            text.push_str("; ");
            text.push_str(&wording::of_transaction(&labels, of));
        }
        refuse_batch(draft, &batch, (ack.kind, ExceptionKind::Ack999, digest), (&text, &with_words)).await?;
    }
    Ok(())
}

fn keep_verdicts(draft: &mut Draft, ack: &FunctionalAck, sent: &[BatchTransactionFacts]) {
    for transaction in &ack.transactions {
        draft.answered.verdicts.extend(
            sent.iter().filter(|one| plan::same_number(&one.st02, &transaction.control)).map(|one| {
                let (batch_id, st02) = (one.batch_id, one.st02.clone());
                TransactionVerdict { batch_id, st02, verdict: transaction.verdict.code() }
            }),
        );
    }
}

/// What becomes of the claims of a transaction.
#[derive(Clone, Copy)]
enum Fate<'a> {
    Taken,
    /// The transaction is refused and its group is not.
    Alone,
    /// The claims of the batch that have a word of their own.
    WithItsGroup(&'a HashSet<ClaimId>),
}

/// Tells what is said of one transaction on its claims' timelines, and of a claim that is named on that claim's own;
/// refuses its claims where they are refused.
async fn take_transaction(
    draft: &mut Draft,
    ack: &FunctionalAck,
    (transaction, of): (&BatchTransactionFacts, &TransactionAck),
    fate: Fate<'_>,
) -> Result<(), StageError> {
    let labels = draft.gateway.labels.clone();
    let code = [&[of.verdict.code().to_string()], of.codes.as_slice()].concat().join(" ");
    let event =
        draft.event_of_batch(transaction.batch_id, ack.kind, code.clone(), wording::of_transaction(&labels, of));
    draft.batch_event(NewBatchEvent { st02: transaction.st02.clone(), ..event });
    let is_any_named = of.errors.iter().any(|error| !error.claim.reveal().is_empty());
    if matches!(fate, Fate::Taken) && !is_any_named {
        return Ok(());
    }
    let claims = draft.gateway.store.claims_of_transaction(transaction, None).await?;
    let named = named(&claims, of);
    for claim in claims {
        let own = named.get(&claim.id).map(Vec::as_slice).unwrap_or_default();
        let is_open = plan::can_be_refused(claim.status) && !draft.is_refused(claim.id);
        let (text, has_event) = match fate {
            Fate::Alone if is_open => (wording::refused_transaction(&labels, of, own), true),
            Fate::WithItsGroup(with_words) if is_open => {
                let has_event = !own.is_empty() || with_words.contains(&claim.id);
                (wording::refused_group(&labels, ack, Some((of, own))), has_event)
            }
            Fate::Taken | Fate::Alone | Fate::WithItsGroup(_) => {
                if !own.is_empty() {
                    let text = wording::of_claim(&labels, own);
                    let event = draft.event_of(claim.id, ack.kind, None, code.clone(), text);
                    draft.claim_event(event);
                }
                continue;
            }
        };
        draft.refuse_one(claim, (REFUSED_WITH_ITS_FILE, &text), has_event.then_some((ack.kind, None)));
    }
    Ok(())
}

/// The errors for which claims are named. A number that more than one of the transaction's claims has names none.
fn named<'a>(claims: &[ClaimFacts], of: &'a TransactionAck) -> HashMap<ClaimId, Vec<&'a SegmentError>> {
    let mut named: HashMap<ClaimId, Vec<&SegmentError>> = HashMap::new();
    for error in of.errors.iter().filter(|error| !error.claim.reveal().is_empty()) {
        let number = error.claim.reveal();
        let exactly = claims.iter().filter(|claim| claim.patient_control_number.reveal() == number);
        let in_any_case =
            claims.iter().filter(|claim| claim.patient_control_number.reveal().eq_ignore_ascii_case(number));
        if let Some(claim) = only(exactly).or_else(|| only(in_any_case)) {
            named.entry(claim.id).or_default().push(error);
        }
    }
    named
}

fn only<'a>(mut claims: impl Iterator<Item = &'a ClaimFacts>) -> Option<&'a ClaimFacts> {
    let first = claims.next()?;
    claims.next().is_none().then_some(first)
}

/// The batch's own event and status tell of its claims, but for those that have a word of their own: these have an event too.
/// Their submitters are told claim by claim. Questions are told of to a person: nobody answers them any more.
async fn refuse_batch(
    draft: &mut Draft,
    batch: &BatchFacts,
    (kind, exception, said): (&'static str, ExceptionKind, i64),
    (text, with_words): (&str, &HashSet<ClaimId>),
) -> Result<(), StageError> {
    if batch.kind == QUESTIONS {
        let reason = format!(
            "the payer refused a file of questions about claims (276), batch {}: it will not answer them. See what it \
             refuses, and have them asked again",
            batch.id
        );
        let response = json!({ "batch": batch.id, "told": text });
        return draft.except_unmatched(vec![unmatched(exception, reason, response, said)]).await;
    }
    let claims = draft.gateway.store.claims_of_batch(batch.id).await?;
    for claim in claims.into_iter().filter(|claim| plan::can_be_refused(claim.status)) {
        let event = with_words.contains(&claim.id).then_some((kind, None));
        draft.refuse_one(claim, (REFUSED_WITH_ITS_FILE, text), event);
    }
    Ok(())
}

fn unmatched(kind: ExceptionKind, reason: String, response: Value, said: i64) -> Unmatched {
    Unmatched { kind, reason, response, candidates: Vec::new(), awaits: Vec::new(), said, answers: None }
}

/// A control number in a sentence; a payer may write anything there.
fn shown(control: &str) -> String {
    control.chars().take(15).collect()
}
