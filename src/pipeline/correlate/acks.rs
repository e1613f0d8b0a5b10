//! TA1, 999 and 997: what a payer says of a whole file of ours, or of one transaction in it.

use serde_json::{Value, json};

use super::draft::{Draft, Unmatched};
use super::read::functional::{FunctionalAck, InterchangeAck};
use super::{plan, repeats};
use crate::domain::ClaimStatus;
use crate::pipeline::StageError;
use crate::store::answers::{Acknowledged, TransactionVerdict};
use crate::store::events::NewBatchEvent;
use crate::store::exceptions::ExceptionKind;
use crate::store::matching::BatchFacts;
use crate::store::said::BatchWord;

/// The kind of a batch of questions.
const QUESTIONS: &str = "276";
/// What a submitter is told of a claim whose file the payer refused: a syntax error, told by the 999.
const REFUSED_WITH_ITS_FILE: &str = "A3:684";

pub async fn take_interchange_ack(draft: &mut Draft, ack: &InterchangeAck) -> Result<(), StageError> {
    let store = draft.gateway.store.clone();
    let digest = repeats::of_interchange_ack(ack);
    let Some(batch) = store.batch_by_isa13(draft.payer(), &ack.control).await? else {
        let response = json!({ "control": ack.control, "verdict": ack.verdict.code(), "note": ack.note });
        let reason =
            format!("no file with the interchange control number {} was sent to this payer", shown(&ack.control));
        return draft.except_unmatched(vec![unmatched(ExceptionKind::Ta1, reason, response, digest)]).await;
    };
    let said = plan::by_interchange_ack(ack);
    let code = format!("{}:{}", ack.verdict.code(), ack.note);
    let word = BatchWord { digest, about: String::new() };
    if draft.batch_repeats(batch.id, "TA1", (&word, &code)).await? {
        return Ok(());
    }
    let text = match said {
        Some(ClaimStatus::PayerRejected) => format!("The payer refused the interchange, TA105 {}", ack.note),
        Some(_) => "The payer took the interchange".to_string(),
        None => "The payer's TA1 holds no verdict".to_string(),
    };
    let event = draft.event_of_batch(batch.id, "TA1", code, text);
    draft.batch_event(NewBatchEvent { said: Some(word), ..event });
    draft.move_batch(batch.id, Acknowledged::ByTa1, said);
    if said == Some(ClaimStatus::PayerRejected) {
        let text = format!("THE PAYER REFUSED THE FILE, TA1 NOTE {}", ack.note);
        refuse_batch(draft, &batch, (ExceptionKind::Ta1, digest), &text).await?;
    }
    Ok(())
}

pub async fn take_functional_ack(draft: &mut Draft, ack: &FunctionalAck) -> Result<(), StageError> {
    let store = draft.gateway.store.clone();
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
    let text = match outcome.batch {
        Some(ClaimStatus::PayerRejected) => "The payer refused the group".to_string(),
        Some(_) if outcome.refused.is_empty() => "The payer took the group".to_string(),
        Some(_) => format!("The payer refused {} of {} transactions", outcome.refused.len(), sent.len()),
        None => "The payer's acknowledgment holds no verdict".to_string(),
    };
    let event = draft.event_of_batch(batch.id, ack.kind, code, text);
    draft.batch_event(NewBatchEvent { said: Some(word), ..event });
    draft.move_batch(batch.id, Acknowledged::By999, outcome.batch);
    for transaction in &ack.transactions {
        draft.answered.verdicts.extend(
            sent.iter().filter(|one| plan::same_number(&one.st02, &transaction.control)).map(|one| {
                let (batch_id, st02) = (one.batch_id, one.st02.clone());
                TransactionVerdict { batch_id, st02, verdict: transaction.verdict.code() }
            }),
        );
    }
    for (transaction, of) in &outcome.refused {
        let text = plan::refusal_text(of);
        let event = draft.event_of_batch(batch.id, ack.kind, of.codes.join(" "), text.clone());
        draft.batch_event(NewBatchEvent { st02: transaction.st02.clone(), ..event });
        let claims = store.claims_of_transaction(transaction, None).await?;
        draft.refuse(claims, REFUSED_WITH_ITS_FILE, &text, Some(ack.kind));
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
    if outcome.batch == Some(ClaimStatus::PayerRejected) {
        let codes = ack.codes.join(" ");
        let text = format!("THE PAYER REFUSED THE FILE, {} R {codes}", ack.kind);
        refuse_batch(draft, &batch, (ExceptionKind::Ack999, digest), &text).await?;
    }
    Ok(())
}

/// The batch's own event and status tell of its claims; their submitters are told claim by claim. Questions are told of to a
/// person: nobody answers them any more.
async fn refuse_batch(
    draft: &mut Draft,
    batch: &BatchFacts,
    (kind, said): (ExceptionKind, i64),
    text: &str,
) -> Result<(), StageError> {
    if batch.kind == QUESTIONS {
        let reason = format!(
            "the payer refused a file of questions about claims (276), batch {}: it will not answer them. See what it \
             refuses, and have them asked again",
            batch.id
        );
        let response = json!({ "batch": batch.id, "told": text.trim_end() });
        return draft.except_unmatched(vec![unmatched(kind, reason, response, said)]).await;
    }
    let claims = draft.gateway.store.claims_of_batch(batch.id).await?;
    draft.refuse(claims, REFUSED_WITH_ITS_FILE, text.trim_end(), None);
    Ok(())
}

fn unmatched(kind: ExceptionKind, reason: String, response: Value, said: i64) -> Unmatched {
    Unmatched { kind, reason, response, candidates: Vec::new(), awaits: Vec::new(), said }
}

/// A control number in a sentence; a payer may write anything there.
fn shown(control: &str) -> String {
    control.chars().take(15).collect()
}
