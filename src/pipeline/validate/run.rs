//! Checks what is due, several submissions at a time, each from its begin however often it was tried before.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinSet};

use super::answers;
use super::check::{Checked, check};
use super::plan::{self, Lane};
use crate::domain::ids::SubmissionId;
use crate::domain::{CrashPoint, error_chain, passing};
use crate::partner::Submitter;
use crate::pipeline::gateway::{blocking, discard, giving_way};
use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, Progress, Stage, StageError};
use crate::store::leases::Lease;
use crate::store::mail::NewMail;
use crate::store::submissions::{Counts, Large, SMALL_BYTES, SubmissionRow};
use crate::store::validation::{Chunk, Outcome, Step, Validated};

/// Chunks read ahead of the store.
const CHUNKS_AHEAD: usize = 4;

/// Returns when nothing is due any more. A submission that cannot be checked now, by our own trouble, does
/// not keep the others from being checked; its error is returned at the end.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let mut lanes: JoinSet<Result<(), StageError>> = JoinSet::new();
    let mut under_way: Vec<(Id, Lane, SubmissionId)> = Vec::new();
    let mut failed: Vec<(SubmissionId, StageError)> = Vec::new();
    let mut progress = Progress::Idle;
    let mut blind = None;
    loop {
        // Where what is due cannot be read, what is under way is not cut off for it.
        let due = match &blind {
            None => next_due(gateway, &under_way, &failed).await.unwrap_or_else(|error| {
                blind = Some(error);
                Vec::new()
            }),
            Some(_) => Vec::new(),
        };
        for (lane, submission) in due {
            let id = submission.id;
            let task = lanes.spawn(check_submission(gateway.clone(), submission));
            under_way.push((task.id(), lane, id));
        }
        if under_way.is_empty() {
            break;
        }
        tokio::select! {
            Some(ended) = lanes.join_next_with_id() => {
                let (task, outcome) = match ended {
                    Ok((task, outcome)) => (task, outcome),
                    Err(stopped) => (stopped.id(), Err(StageError::Stopped { source: stopped })),
                };
                let at = under_way.iter().position(|(id, ..)| *id == task).expect("only lanes under way end");
                let (_, _, submission) = under_way.swap_remove(at);
                progress = Progress::Worked;
                if let Err(error) = outcome {
                    tracing::error!(%submission, error = error_chain(&error), "a submission could not be checked");
                    failed.push((submission, error));
                }
            }
            // Something new may be due for a lane that is free.
            () = gateway.nudges.nudged(Stage::Validate) => {}
        }
    }
    match blind.or(failed.pop().map(|(_, error)| error)) {
        Some(error) => Err(error),
        None => Ok(progress),
    }
}

async fn next_due(
    gateway: &Gateway,
    under_way: &[(Id, Lane, SubmissionId)],
    failed: &[(SubmissionId, StageError)],
) -> Result<Vec<(Lane, SubmissionRow)>, StageError> {
    let busy: Vec<Lane> = under_way.iter().map(|(_, lane, _)| *lane).collect();
    let (small, large) = (plan::room_for_small(&busy), plan::room_for_large(&busy));
    if small == 0 && large == Large::NotNow {
        return Ok(Vec::new());
    }
    let skipped: Vec<SubmissionId> =
        under_way.iter().map(|(_, _, id)| *id).chain(failed.iter().map(|(id, _)| *id)).collect();
    let here = (gateway.config.gateway.node, gateway.clock.now_ms());
    let due = gateway.store.submissions_due(&skipped, small, large, here).await?;
    Ok(plan::next(due, &busy))
}

/// When a try began, and what it could see.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    pub at: i64,
    /// [`crate::store::Store::validated_turn`].
    pub after: i64,
}

pub(super) async fn check_submission(gateway: Arc<Gateway>, submission: SubmissionRow) -> Result<(), StageError> {
    let partners = gateway.partners.current();
    let Some(submitter) = partners.submitter(&submission.partner) else {
        return refuse_unknown(&gateway, &submission).await;
    };
    loop {
        // Read anew after every try: what was finished meanwhile is seen then, and does not overtake again.
        let begun =
            Begun { after: gateway.store.validated_turn(&submission.partner).await?, at: gateway.clock.now_ms() };
        let (step, validated) = match submission.bytes < SMALL_BYTES {
            true => check_small(&gateway, &submission, submitter, begun).await?,
            false => match check_large(&gateway, &submission, submitter, begun).await?.flatten() {
                Some(done) => done,
                None => return Ok(()),
            },
        };
        match step {
            Step::Done => {
                note_checked(&gateway, &validated);
                return Ok(());
            }
            Step::NotDue => return forget_answers(&gateway, &validated.mail).await,
            Step::Overtaken => forget_answers(&gateway, &validated.mail).await?,
        }
    }
}

/// What a small file leaves is kept in memory until all of it is recorded in one transaction, for which the disk is
/// waited for once.
async fn check_small(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    submitter: &Submitter,
    begun: Begun,
) -> Result<(Step, Validated), StageError> {
    let (to_store, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    let checking = checking(gateway, submission, submitter, to_store);
    let gathering = async move {
        let mut all = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            all.push(chunk);
        }
        all
    };
    let (checked, chunks) = tokio::join!(checking, gathering);
    let mut checked = checked?;
    let rejected = std::mem::take(&mut checked.recorded.rejected);
    let validated = put_together(gateway, submission, submitter, begun, checked).await?;
    passing(CrashPoint::Checked);
    let step = gateway.store.record_checked(&chunks, &rejected, &validated, || gateway.draw_id()).await?;
    Ok((step, validated))
}

/// `None`: it is not due any more, or another node checks it.
async fn check_large(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    submitter: &Submitter,
    begun: Begun,
) -> Result<Option<Option<(Step, Validated)>>, StageError> {
    let name = format!("submission:{}", submission.id.0);
    under_lease(gateway, &name, async |lease| check_in_chunks(gateway, submission, submitter, begun, lease).await).await
}

async fn check_in_chunks(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    submitter: &Submitter,
    begun: Begun,
    lease: &Lease,
) -> Result<Option<(Step, Validated)>, StageError> {
    if gateway.store.begin_validation(submission.id, lease).await? == Step::NotDue {
        return Ok(None);
    }
    let checked = read_and_store(gateway, submission, submitter, lease).await?;
    for rejected in &checked.recorded.rejected {
        gateway.store.reject_transaction(rejected, lease, gateway.clock.now_ms(), || gateway.draw_id()).await?;
    }
    let validated = put_together(gateway, submission, submitter, begun, checked).await?;
    passing(CrashPoint::Checked);
    let step = gateway.store.finish_validation(&validated, lease).await?;
    Ok(Some((step, validated)))
}

/// The pass over the bytes, off the runtime's threads.
async fn checking(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    submitter: &Submitter,
    to_store: mpsc::Sender<Chunk>,
) -> Result<Checked, StageError> {
    let (gateway, row, of, runtime) = (gateway.clone(), submission.clone(), submitter.clone(), Handle::current());
    let small = submission.bytes < SMALL_BYTES;
    let work = move || check(gateway, runtime, row, &of, to_store);
    if small { blocking(work).await? } else { giving_way(work).await? }
}

/// One pass over the bytes while the claims found so far are stored.
pub(super) async fn read_and_store(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    submitter: &Submitter,
    lease: &Lease,
) -> Result<Checked, StageError> {
    let (to_store, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    let checking = checking(gateway, submission, submitter, to_store);
    // Owns the receiving end: when storing fails, the check finds nobody to send to, and ends.
    let storing = async move {
        while let Some(chunk) = chunks.recv().await {
            gateway.store.add_checked(submission.id, &chunk, lease).await?;
        }
        Ok::<(), StageError>(())
    };
    let (checked, stored) = tokio::join!(checking, storing);
    stored?;
    checked
}

pub(super) async fn put_together(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    submitter: &Submitter,
    begun: Begun,
    checked: Checked,
) -> Result<Validated, StageError> {
    let Checked { summary, recorded } = checked;
    let (mail, outcome) = match summary.refused {
        Some(sentence) => (answers::refusal(gateway, submission, &sentence).await?, Outcome::Refused(sentence)),
        None => (answers::acknowledgments(gateway, submission, submitter, recorded.acks).await?, Outcome::Validated),
    };
    let claims = summary.claims;
    Ok(Validated {
        submission_id: submission.id,
        partner: submission.partner.clone(),
        began_at: begun.at,
        began_after: begun.after,
        at: gateway.clock.now_ms(),
        interchanges: recorded.interchanges,
        transactions: recorded.transactions,
        fingerprints: recorded.fingerprints,
        counts: Counts {
            claims: claims.accepted + claims.rejected,
            accepted: claims.accepted,
            rejected: claims.rejected,
            charge: claims.accepted_charge + claims.rejected_charge,
            errors: summary.errors,
            warnings: summary.warnings,
        },
        mail,
        outcome,
    })
}

/// The submitter's file was taken away between the receipt and the checks: nobody is left to answer.
async fn refuse_unknown(gateway: &Arc<Gateway>, submission: &SubmissionRow) -> Result<(), StageError> {
    let sentence = format!("The account {} was removed before this file was checked.", submission.partner);
    let now = gateway.clock.now_ms();
    let validated = Validated {
        submission_id: submission.id,
        partner: submission.partner.clone(),
        began_at: now,
        began_after: i64::MAX,
        at: now,
        interchanges: Vec::new(),
        transactions: Vec::new(),
        fingerprints: Vec::new(),
        counts: Counts::default(),
        mail: Vec::new(),
        outcome: Outcome::Refused(sentence),
    };
    if gateway.store.record_checked(&[], &[], &validated, || gateway.draw_id()).await? == Step::Done {
        note_checked(gateway, &validated);
    }
    Ok(())
}

fn note_checked(gateway: &Gateway, done: &Validated) {
    gateway.nudges.validated(done.submission_id).notify_waiters();
    gateway.nudges.nudge(Stage::Route);
    let Counts { claims, accepted, rejected, errors, .. } = done.counts;
    metrics::counter!("claimgate_submissions_checked_total").increment(1);
    metrics::counter!("claimgate_claims_accepted_total").increment(accepted);
    metrics::counter!("claimgate_claims_rejected_total").increment(rejected);
    let milliseconds = done.at - done.began_at;
    tracing::info!(submission = %done.submission_id, claims, accepted, rejected, errors, milliseconds, "submission checked");
}

/// Answers that were sealed and belong to nobody now.
async fn forget_answers(gateway: &Gateway, mail: &[NewMail]) -> Result<(), StageError> {
    for answer in mail {
        discard(gateway, answer.payload.id).await;
    }
    Ok(())
}
