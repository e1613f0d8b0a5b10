//! Works payers' files in, one after another, each in one transaction.

use std::sync::Arc;

use serde_json::json;

use super::draft::Draft;
use super::post::Papers;
use super::read::{self, Answers};
use super::{acks, claims};
use crate::domain::{CrashPoint, error_chain, passing};
use crate::pipeline::answers::lacks::lacks;
use crate::pipeline::gateway::{blocking, discard, guarded};
use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, Progress, Stage, StageError, retry};
use crate::store::exceptions::ExceptionKind;
use crate::store::inbound::{InboundRow, InboundState};

/// Works all files that wait, the oldest first. One that cannot be worked now, by our own trouble, does not keep
/// the others waiting; its error is returned at the end.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    // Claims that were sent since may be those that earlier answers are about.
    let (mut progress, mut first_trouble) = match guarded(retry::sent_batches(gateway)).await {
        Ok(progress) => (progress, None),
        Err(trouble) => (Progress::Idle, Some(trouble)),
    };
    let mut after = None;
    while let Some(inbound) = gateway.store.next_inbound(InboundState::Received, after).await? {
        let id = inbound.id;
        after = Some(id);
        // One node works a payer's files, so that none is compared with others that are half worked.
        let name = format!("correlate:{}", inbound.partner);
        match under_lease(gateway, &name, async |_| guarded(work(gateway, inbound)).await).await {
            Ok(None) => {}
            Ok(Some(())) => {
                gateway.nudges.nudge(Stage::Remit);
                progress = Progress::Worked;
            }
            Err(trouble) => {
                tracing::error!(inbound = %id, error = error_chain(&trouble), "a payer's file could not be worked in");
                first_trouble = first_trouble.or(Some(trouble));
            }
        }
    }
    first_trouble.map_or(Ok(progress), Err)
}

async fn work(gateway: &Arc<Gateway>, inbound: InboundRow) -> Result<(), StageError> {
    let file = Arc::new(gateway.read_payload(inbound.payload_id).await?);
    let there = file.clone();
    let (office, received_at) = (gateway.clone(), inbound.received_at);
    let (answers, notes) = blocking(move || (read::read(&there), lacks(&office, received_at, &there))).await?;
    let mut draft = Draft::new(gateway, inbound);
    draft.answered.kinds = answers.kinds.join(",");
    draft.answered.notes = notes;
    draft.answered.to = next_state(&answers);
    note_unreadable(&mut draft, &answers);
    for ack in &answers.interchange_acks {
        acks::take_interchange_ack(&mut draft, ack).await?;
    }
    for ack in &answers.functional_acks {
        acks::take_functional_ack(&mut draft, ack).await?;
    }
    let mut parcels = Vec::new();
    for (place, report) in answers.status_reports.iter().enumerate() {
        parcels.extend(claims::take_report(&mut draft, place, report, &file).await?);
    }
    draft.note_repeats(answers.foreign.is_empty() && !answers.has_remittances());
    let papers = Papers {
        inbound_id: draft.inbound.id,
        payer: draft.inbound.partner.clone(),
        file,
        reports: Arc::new(answers.status_reports),
    };
    draft.write_letters(&papers, parcels).await?;
    passing(CrashPoint::AcksRead);
    let recorded = gateway.store.record_answers(&draft.answered).await?;
    if recorded {
        let answered = &draft.answered;
        tracing::info!(
            inbound = %answered.inbound_id,
            kinds = answered.kinds,
            claims = answered.claims.len(),
            exceptions = answered.exceptions.len(),
            letters = answered.mail.len(),
            "a payer's file was worked in"
        );
        metrics::counter!("claimgate_answers_matched_total").increment(answered.claim_events.len() as u64);
        metrics::counter!("claimgate_exceptions_total").increment(answered.exceptions.len() as u64);
    } else {
        // Another worker was first; what was sealed here belongs to nobody.
        for mail in &draft.answered.mail {
            discard(gateway, mail.payload.id).await;
        }
    }
    Ok(())
}

fn next_state(answers: &Answers) -> InboundState {
    match (answers.kinds.is_empty(), answers.has_remittances()) {
        (true, _) => InboundState::NotX12,
        (false, true) => InboundState::Correlated,
        (false, false) => InboundState::Done,
    }
}

/// What nobody could read is kept, and a person is told.
fn note_unreadable(draft: &mut Draft, answers: &Answers) {
    if answers.kinds.is_empty() {
        let response = json!({ "file_name": draft.inbound.file_name, "bytes": draft.inbound.bytes });
        let what = draft.answered.notes.first().cloned().unwrap_or_default();
        draft.except(ExceptionKind::File, format!("no X12 could be read: {what}"), response);
    } else if !answers.foreign.is_empty() {
        let kinds = answers.foreign.join(", ");
        let response = json!({ "file_name": draft.inbound.file_name, "kinds": answers.foreign });
        let reason = format!("the file holds transactions that are not answers to claims: {kinds}");
        draft.except(ExceptionKind::File, reason, response);
    }
}
