//! Runs the stages: each in a loop of its own, woken by its nudge or its timer, restarted when it fails.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::JoinSet;

use super::life::Life;
use crate::domain::error_chain;
use crate::link::listen::{Shutdown, stopped};
use crate::pipeline::{Gateway, Progress, Stage, StageError};
use crate::pipeline::{announce, batch, collect, correlate, deliver, remit, route, validate, watch};

/// After a failure, so that a full disk is not asked a thousand times a second.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// While the database is away: each look waits for a connection itself.
const PAUSE_WHILE_AWAY: Duration = Duration::from_secs(1);

/// How long a run that is under way may go on after the stop was asked for.
const LAST_RUN: Duration = Duration::from_secs(10);

pub(super) fn spawn_all(gateway: &Arc<Gateway>, life: &Arc<Life>, shutdown: &Shutdown, tasks: &mut JoinSet<()>) {
    for stage in Stage::ALL {
        tasks.spawn(keep_running(gateway.clone(), life.clone(), stage, shutdown.clone()));
    }
}

pub(super) fn nudge_all(gateway: &Gateway) {
    Stage::ALL.into_iter().for_each(|stage| gateway.nudges.nudge(stage));
}

/// How long a stage sleeps when nobody nudges it: no longer than what it serves may wait.
fn timer(stage: Stage) -> Duration {
    match stage {
        Stage::Batch | Stage::Deliver | Stage::Collect => Duration::from_millis(500),
        Stage::Announce => Duration::from_secs(1),
        Stage::Validate | Stage::Route | Stage::Correlate | Stage::Remit => Duration::from_secs(2),
        Stage::Watch => Duration::from_secs(30),
    }
}

/// How long a stage lets work gather before it looks: a look that finds the claims of ten submissions takes little
/// longer than one that finds those of one. The checks begin at once, as somebody may be waiting for them.
fn breath(stage: Stage) -> Duration {
    match stage {
        Stage::Route | Stage::Batch | Stage::Deliver | Stage::Correlate | Stage::Remit | Stage::Announce => {
            Duration::from_millis(20)
        }
        Stage::Validate | Stage::Collect | Stage::Watch => Duration::ZERO,
    }
}

async fn keep_running(gateway: Arc<Gateway>, life: Arc<Life>, stage: Stage, mut shutdown: Shutdown) {
    while !*shutdown.borrow() {
        let running = std::panic::AssertUnwindSafe(run_once(&gateway, stage)).catch_unwind();
        let ran = tokio::select! {
            ran = running => ran,
            // What is dropped half done is in the store as it was before, and is begun again at the next start.
            () = end_of_patience(&mut shutdown) => {
                tracing::warn!(stage = stage.as_str(), "a stage was cut off by the stop; the next start goes on with it");
                return;
            }
        };
        tokio::time::sleep(breath(stage)).await;
        let pause = match ran {
            Ok(Ok(Progress::Worked)) => continue,
            Ok(Ok(Progress::Idle)) => timer(stage),
            Ok(Err(error)) if error.is_unavailable() => {
                let why = if error.is_busy() {
                    "a stage asks a busy database again"
                } else {
                    "a stage waits for the database"
                };
                tracing::warn!(stage = stage.as_str(), error = error_chain(&error), why);
                metrics::counter!("claimgate_stage_failures_total", "stage" => stage.as_str()).increment(1);
                if !error.is_busy() {
                    life.in_vain(&error_chain(&error));
                }
                // Not to be woken before: whoever nudges is as blind.
                tokio::select! {
                    () = tokio::time::sleep(PAUSE_WHILE_AWAY) => {}
                    () = stopped(&mut shutdown) => {}
                }
                continue;
            }
            Ok(Err(error)) => {
                tracing::error!(stage = stage.as_str(), error = error_chain(&error), "a stage failed; it goes on");
                metrics::counter!("claimgate_stage_failures_total", "stage" => stage.as_str()).increment(1);
                PAUSE_AFTER_FAILURE
            }
            Err(_) => {
                tracing::error!(stage = stage.as_str(), "a stage panicked; it is started again");
                metrics::counter!("claimgate_stage_failures_total", "stage" => stage.as_str()).increment(1);
                PAUSE_AFTER_FAILURE
            }
        };
        tokio::select! {
            () = gateway.nudges.nudged(stage) => {}
            () = tokio::time::sleep(pause) => {}
            () = stopped(&mut shutdown) => {}
        }
    }
}

/// Some time after the stop was asked for: a stage with a long queue would go on to its end.
async fn end_of_patience(shutdown: &mut Shutdown) {
    stopped(shutdown).await;
    tokio::time::sleep(LAST_RUN).await;
}

async fn run_once(gateway: &Arc<Gateway>, stage: Stage) -> Result<Progress, StageError> {
    match stage {
        Stage::Validate => validate::run(gateway).await,
        Stage::Route => route::run(gateway).await,
        Stage::Batch => batch::run(gateway).await,
        Stage::Deliver => deliver::run(gateway).await,
        Stage::Collect => collect::run(gateway).await,
        Stage::Correlate => correlate::run(gateway).await,
        Stage::Remit => remit::run(gateway).await,
        Stage::Watch => watch::run(gateway).await,
        Stage::Announce => announce::run(gateway).await,
    }
}
