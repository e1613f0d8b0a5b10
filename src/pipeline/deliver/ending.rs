//! The second half of an attempt, and the record of its end. From here on the payer may have the file: so this goes on in
//! a task of its own until what happened is recorded, whatever becomes of the leases under which the attempt began.

use std::sync::Arc;

use super::insist::insist_on_end;
use super::plan::{NextStep, next_step};
use super::run::{Serving, keeping_lease};
use super::send::{Arrival, Begun, Trouble};
use crate::domain::{CrashPoint, passing};
use crate::link::trouble::Verdict;
use crate::partner::payer::Retry;
use crate::pipeline::lines::Line;
use crate::pipeline::{Gateway, Stage, StageError};
use crate::store::StoreError;
use crate::store::attempts::{Failure, Taken};

/// An attempt of which nothing is left to be done but to hear what the payer makes of it.
pub(super) struct Ending {
    pub serving: Arc<Serving>,
    pub taken: Taken,
    /// `None`: the payer has no file any more.
    pub retry: Option<Retry>,
    pub begun: Begun,
    pub line: Option<Line>,
}

/// Ends with the record.
pub(super) async fn end(ending: Ending) -> Result<(), StageError> {
    let Ending { serving, taken, retry, begun, line } = ending;
    let gateway = serving.gateway();
    let ended = match begun {
        Begun::Ended(ended) => ended,
        Begun::Handing(mut handing) => match keeping_lease(gateway, &taken, &mut handing).await {
            // Another node looks into it meanwhile; what comes of this is known here alone.
            Err(StageError::Store(StoreError::Lost { work })) => {
                tracing::warn!(work, "another node looks into a delivery that is still under way here");
                handing.await?
            }
            ended => ended?,
        },
    };
    drop(line);
    match ended {
        Ok(arrival) => sent(gateway, &taken, &arrival).await,
        Err(trouble) => failed(gateway, retry.as_ref(), &taken, trouble).await,
    }
}

async fn sent(gateway: &Gateway, taken: &Taken, arrival: &Arrival) -> Result<(), StageError> {
    let delivery = &taken.delivery;
    let (outcome, detail) = match arrival {
        Arrival::Sent => ("sent", String::new()),
        Arrival::Found { how } => ("found", (*how).to_string()),
    };
    let event = gateway.batch_event(delivery.batch_id, "sent", format!("as {}", delivery.file_name));
    insist_on_end(|| gateway.store.record_sent(taken, outcome, &detail, &event)).await?;
    passing(CrashPoint::AttemptEnded);
    metrics::counter!("claimgate_deliveries_sent_total").increment(1);
    tracing::info!(delivery = %delivery.id, payer = delivery.partner, attempt = taken.attempt, outcome, "delivered");
    gateway.nudges.nudge(Stage::Watch);
    Ok(())
}

async fn failed(gateway: &Gateway, retry: Option<&Retry>, taken: &Taken, trouble: Trouble) -> Result<(), StageError> {
    let (delivery, now) = (&taken.delivery, gateway.clock.now_ms());
    let Trouble { verdict, reach, doubtful, detail, log, asked } = trouble;
    let next = match retry {
        Some(retry) => next_step(retry, verdict, taken.try_number, delivery.since, now, asked),
        None => NextStep::HandToSupport,
    };
    metrics::counter!("claimgate_delivery_attempts_failed_total").increment(1);
    let (id, attempt) = (delivery.id, taken.attempt);
    tracing::warn!(delivery = %id, payer = delivery.partner, attempt, error = log, ?next, "an attempt failed");
    let recorded = match next {
        NextStep::TryAt(next_at) => {
            let failure = Failure { next_at, doubtful, reach, detail };
            insist_on_end(|| gateway.store.record_failed(taken, &failure, now)).await
        }
        NextStep::HandToSupport => {
            let why = match verdict {
                Verdict::Support => detail,
                Verdict::Retry | Verdict::LookThenRetry => {
                    format!("tried {} times until its time was up; the last time: {detail}", taken.try_number)
                }
            };
            let event = gateway.batch_event(delivery.batch_id, "support", why);
            let alarm = gateway.draw_id();
            let recorded = insist_on_end(|| gateway.store.record_given_up(taken, doubtful, alarm, &event)).await;
            if recorded.is_ok() {
                metrics::counter!("claimgate_deliveries_with_support_total").increment(1);
            }
            recorded
        }
    };
    match recorded {
        // By a try whose end was not known; or another node looks into it, or knows by now that the file arrived.
        Err(StoreError::Lost { .. }) => overtaken(gateway, taken).await,
        recorded => Ok(recorded?),
    }
}

/// An attempt that is no longer its delivery's: an earlier one was recorded as arrived meanwhile, or another node looks into
/// what became of this one.
pub(super) async fn overtaken(gateway: &Gateway, taken: &Taken) -> Result<(), StageError> {
    let now = gateway.clock.now_ms();
    let arrived = insist_on_end(|| gateway.store.end_overtaken(taken, now)).await?;
    let (delivery, attempt) = (taken.delivery.id, taken.attempt);
    tracing::warn!(%delivery, attempt, arrived, "an attempt was overtaken by what another one came to");
    Ok(())
}
