//! Puts the claims of validated submissions into batches, those of a large one in pieces.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::plan::{Plan, plan, plan_lots};
use crate::domain::error_chain;
use crate::domain::ids::SubmissionId;
use crate::pipeline::gateway::guarded;
use crate::pipeline::{Gateway, Progress, Stage, StageError};
use crate::store::lots::{LotPlacement, Lots};
use crate::store::routes::{Piece, Placement, Placing};

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

/// Claims put into batches in one transaction: what else is to be written does not wait for a whole large file.
const PIECE_CLAIMS: u32 = 1_000;

fn planned(gateway: &Gateway, piece: &Piece) -> Plan {
    let (partners, zone) = (gateway.partners.current(), &gateway.config.gateway.time_zone);
    plan(piece.claims.clone(), &partners, gateway.clock.now(), zone, &gateway.ids)
}

fn count(placements: &[Placement]) -> i64 {
    placements.iter().map(|placement| placement.claims.claims).sum()
}

/// The lots of a submission that become batches, and whether it has accepted claims besides.
async fn lots_to_open(gateway: &Gateway, submission: SubmissionId) -> Result<(Vec<LotPlacement>, bool), StageError> {
    let Lots { lots, others } = gateway.store.lots_of(submission).await?;
    if lots.is_empty() {
        return Ok((Vec::new(), true));
    }
    let (partners, zone) = (gateway.partners.current(), &gateway.config.gateway.time_zone);
    let (placements, wrong) = plan_lots(lots, &partners, gateway.clock.now(), zone, &gateway.ids);
    gateway.store.dissolve_lots(&wrong).await?;
    Ok((placements, others != 0 || !wrong.is_empty()))
}

/// Puts all but the last claims of a large submission into batches; how many. `None`: another run is at it.
async fn place_pieces(gateway: &Gateway, submission: SubmissionId) -> Result<Option<i64>, StageError> {
    let (mut placed, mut after) = (0, None);
    loop {
        let piece = gateway.store.claims_to_route(submission, after, PIECE_CLAIMS).await?;
        if piece.count() < i64::from(PIECE_CLAIMS) {
            return Ok(Some(placed));
        }
        // Strays wait for the end, when all of them are counted.
        let Plan { placements, .. } = planned(gateway, &piece);
        let placing = gateway.store.place_piece(submission, &piece, &placements, gateway.clock.now_ms()).await?;
        if placing == Placing::ChangedMeanwhile {
            return Ok(None);
        }
        placed += count(&placements);
        after = Some(piece.last);
    }
}

async fn route(gateway: &Gateway, submission: SubmissionId) -> Result<(), StageError> {
    let (lots, has_others) = lots_to_open(gateway, submission).await?;
    let mut placed: i64 = lots.iter().map(|placement| placement.lot.claims.claims).sum();
    let mut rest = Piece::none();
    if has_others {
        let Some(pieces) = place_pieces(gateway, submission).await? else { return Ok(()) };
        placed += pieces;
        rest = gateway.store.claims_to_route(submission, None, u32::MAX).await?;
    }
    let plan = planned(gateway, &rest);
    placed += count(&plan.placements);
    let strays: i64 = plan.strays.iter().map(|stray| stray.claims.claims).sum();
    let now = gateway.clock.now_ms();
    match gateway.store.place_claims(submission, &rest, &plan.placements, &plan.strays, &lots, now).await? {
        Placing::Done => {
            metrics::counter!("claimgate_claims_routed_total").increment(placed.unsigned_abs());
            tracing::info!(%submission, placed, strays, "routed");
        }
        // Another run was faster; what is still due is seen at the next look.
        Placing::ChangedMeanwhile => tracing::debug!(%submission, "routed by another run"),
    }
    Ok(())
}
