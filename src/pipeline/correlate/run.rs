//! Works payers' files in, one after another, each in one transaction.

use std::sync::Arc;

use super::draft::Draft;
use super::post::{Papers, Parcel};
use super::read::{self, Answers};
use super::{acks, claims, whole_file};
use crate::domain::{CrashPoint, error_chain, passing};
use crate::pipeline::answers::lacks::lacks;
use crate::pipeline::gateway::{blocking, discard, guarded};
use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, Progress, Stage, StageError, retry};
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
    let parcels = match whole_file::take(&mut draft, &answers) {
        true => take_answers(&mut draft, &answers, &file).await?,
        false => Vec::new(),
    };
    let papers = Papers {
        inbound_id: draft.inbound.id,
        payer: draft.inbound.partner.clone(),
        file,
        reports: Arc::new(answers.status_reports),
    };
    draft.write_letters(&papers, parcels).await?;
    record(gateway, &draft).await
}

/// All that the file says but its remittances.
async fn take_answers(draft: &mut Draft, answers: &Answers, file: &[u8]) -> Result<Vec<Parcel>, StageError> {
    for ack in &answers.interchange_acks {
        acks::take_interchange_ack(draft, ack).await?;
    }
    for ack in &answers.functional_acks {
        acks::take_functional_ack(draft, ack).await?;
    }
    let mut parcels = Vec::new();
    for (place, report) in answers.status_reports.iter().enumerate() {
        parcels.extend(claims::take_report(draft, place, report, file).await?);
    }
    draft.note_repeats(answers.foreign.is_empty() && !answers.has_remittances());
    Ok(parcels)
}

async fn record(gateway: &Gateway, draft: &Draft) -> Result<(), StageError> {
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
