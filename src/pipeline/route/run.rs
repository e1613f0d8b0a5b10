//! Puts the claims of validated submissions into batches, one transaction for each submission.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::plan::plan;
use crate::domain::error_chain;
use crate::domain::ids::SubmissionId;
use crate::pipeline::gateway::guarded;
use crate::pipeline::{Gateway, Progress, Stage, StageError};
use crate::store::routes::Placing;

/// Submissions of one run; the loop calls again at once.
const SUBMISSIONS_PER_RUN: u32 = 100;
const ROUTED_AT_ONCE: usize = 8;

/// Routes what is due.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let due = gateway.store.submissions_to_route(SUBMISSIONS_PER_RUN).await?;
    let first_trouble = route_each(gateway, &due).await;
    if due.is_empty() {
        return Ok(Progress::Idle);
    }
    gateway.nudges.nudge(Stage::Batch);
    first_trouble.map_or(Ok(Progress::Worked), Err)
}

/// One that cannot be routed now, by our own trouble, does not keep the others waiting. Gives the first error.
async fn route_each(gateway: &Gateway, submissions: &[SubmissionId]) -> Option<StageError> {
    let each = |submission: SubmissionId| async move {
        let routed = guarded(route(gateway, submission)).await;
        if let Err(trouble) = &routed {
            tracing::error!(%submission, error = error_chain(trouble), "a submission could not be routed");
        }
        routed.err()
    };
    // Several, so that they wait for the disk together.
    let mut ended = stream::iter(submissions.iter().copied()).map(each).buffer_unordered(ROUTED_AT_ONCE);
    let mut first_trouble = None;
    while let Some(trouble) = ended.next().await {
        first_trouble = first_trouble.or(trouble);
    }
    first_trouble
}

/// Tries again the claims that had no payer. To be called whenever the partners were read anew. Says how many
/// submissions were looked at.
pub async fn retry_unrouted(gateway: &Arc<Gateway>) -> Result<usize, StageError> {
    let waiting = gateway.store.submissions_with_strays().await?;
    let first_trouble = route_each(gateway, &waiting).await;
    if !waiting.is_empty() {
        gateway.nudges.nudge(Stage::Batch);
    }
    first_trouble.map_or(Ok(waiting.len()), Err)
}

async fn route(gateway: &Gateway, submission: SubmissionId) -> Result<(), StageError> {
    let found = gateway.store.claims_to_route(submission).await?;
    let now = gateway.clock.now();
    let plan = plan(found, &gateway.partners.current(), now, &gateway.config.gateway.time_zone, &gateway.ids);
    let placed: i64 = plan.placements.iter().map(|placement| placement.claims.claims).sum();
    let strays: i64 = plan.strays.iter().map(|stray| stray.claims.claims).sum();
    let placing = gateway.store.place_claims(submission, &plan.placements, &plan.strays, now.as_millisecond()).await?;
    match placing {
        Placing::Done => {
            metrics::counter!("claimgate_claims_routed_total").increment(placed.unsigned_abs());
            tracing::info!(%submission, placed, strays, "routed");
        }
        // Another run was faster; what is still due is seen at the next look.
        Placing::ChangedMeanwhile => tracing::debug!(%submission, "routed by another run"),
    }
    Ok(())
}
