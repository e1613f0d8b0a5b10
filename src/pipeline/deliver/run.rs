//! Serves each payer that has deliveries due in a task of its own: lease, attempt row, send, result.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};

use super::insist::{insist, insist_on_end};
use super::plan::{NextStep, next_step};
use super::send::{Arrival, Trouble, send};
use crate::domain::ids::DeliveryId;
use crate::domain::{CrashPoint, error_chain, passing};
use crate::link::trouble::Verdict;
use crate::partner::Payer;
use crate::pipeline::lease::under_lease;
use crate::pipeline::under_way::Turn;
use crate::pipeline::{Gateway, Progress, Stage, StageError};
use crate::store::StoreError;
use crate::store::attempts::{Failure, Taken};

const DELIVERIES_PER_RUN: u32 = 1_000;
/// Renewed while a file is being sent, so it need only outlive a pause of the machine.
pub(super) const LEASE: Duration = Duration::from_secs(60);
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// Begins to serve the payers that have something due and are not being served. Does not wait for them: a
/// payer that is away delays no other.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    super::verbs::settle_answered(gateway).await?;
    let due = gateway.store.deliveries_due(gateway.clock.now_ms(), DELIVERIES_PER_RUN).await?;
    let mut by_payer: BTreeMap<String, Vec<DeliveryId>> = BTreeMap::new();
    for delivery in due {
        by_payer.entry(delivery.partner).or_default().push(delivery.id);
    }
    let mut progress = Progress::Idle;
    for (payer, deliveries) in by_payer {
        // Nothing is sent to a payer that is not active.
        let active = gateway.partners.current().payer(&payer).is_none_or(|payer| payer.active);
        if active && gateway.under_way.begin(&payer) == Turn::Yours {
            tokio::spawn(serve(gateway.clone(), payer, deliveries));
            progress = Progress::Worked;
        }
    }
    Ok(progress)
}

async fn serve(gateway: Arc<Gateway>, payer: String, deliveries: Vec<DeliveryId>) {
    // One node calls a payer at a time, so that its limits hold whatever the number of nodes.
    let name = format!("deliver:{payer}");
    let serving = under_lease(&gateway, &name, async |_| serve_all(&gateway, &payer, deliveries).await);
    let served = std::panic::AssertUnwindSafe(serving).catch_unwind().await;
    gateway.under_way.end(&payer);
    match served {
        // More may have become due meanwhile.
        Ok(Ok(Some(()))) => gateway.nudges.nudge(Stage::Deliver),
        // Another node calls it.
        Ok(Ok(None)) => {}
        // The timer looks again; what was leased is doubtful then, and looked into.
        Ok(Err(error)) => tracing::error!(payer, error = error_chain(&error), "deliveries were not recorded"),
        Err(_) => tracing::error!(payer, "a delivery panicked"),
    }
}

/// In their order, as many at one time as the payer allows.
async fn serve_all(gateway: &Arc<Gateway>, payer: &str, deliveries: Vec<DeliveryId>) -> Result<(), StageError> {
    let current = gateway.partners.current();
    let settings = current.payer(payer);
    let at_once = settings.map_or(1, |payer| usize::try_from(payer.limits.connections.get()).unwrap_or(usize::MAX));
    // What was not begun when the database went away is due when it is back.
    let away = AtomicBool::new(false);
    let away = &away;
    let each = |id| async move {
        if away.load(Ordering::Relaxed) {
            return Ok(());
        }
        let ended = attempt(gateway, settings, id).await;
        if ended.as_ref().is_err_and(StageError::is_unavailable) {
            away.store(true, Ordering::Relaxed);
        }
        ended
    };
    let mut ended = stream::iter(deliveries).map(each).buffer_unordered(at_once);
    let mut result = Ok(());
    while let Some(one) = ended.next().await {
        result = result.and(one);
    }
    result
}

async fn attempt(gateway: &Arc<Gateway>, payer: Option<&Payer>, id: DeliveryId) -> Result<(), StageError> {
    let _line = match payer {
        Some(payer) => Some(gateway.lines.open(payer).await),
        None => None,
    };
    let Some(taken) = take(gateway, id).await? else { return Ok(()) };
    passing(CrashPoint::AttemptBegun);
    let sending = send(gateway, payer, &taken);
    let ended = keeping_lease(gateway, &taken, sending).await?;
    match ended {
        Ok(arrival) => sent(gateway, &taken, &arrival).await,
        Err(trouble) => failed(gateway, payer, &taken, trouble).await,
    }
}

/// A delivery that may have been taken although the store could not say so is given back: nobody works on it.
async fn take(gateway: &Gateway, id: DeliveryId) -> Result<Option<Taken>, StageError> {
    let (node, now) = (gateway.config.gateway.node, gateway.clock.now_ms());
    let until = now + LEASE.as_millis() as i64;
    match gateway.store.take_delivery(id, node, now, until).await {
        Err(error) if error.is_unavailable() => {
            insist(gateway, || gateway.store.give_delivery_back(id, node, until)).await?;
            Err(error.into())
        }
        taken => Ok(taken?),
    }
}

async fn keeping_lease<T>(
    gateway: &Gateway,
    taken: &Taken,
    sending: impl Future<Output = Result<T, StageError>>,
) -> Result<T, StageError> {
    // Both go on at the same time: what the sending holds may be what the renewal waits for.
    tokio::select! {
        ended = sending => ended,
        lost = renewing(gateway, taken) => Err(lost),
    }
}

/// Renews the lease for as long as it is this gateway's.
async fn renewing(gateway: &Gateway, taken: &Taken) -> StageError {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let until = gateway.clock.now_ms() + LEASE.as_millis() as i64;
        match gateway.store.extend_lease(taken, until).await {
            Ok(()) => {}
            Err(lost @ StoreError::Lost { .. }) => return lost.into(),
            // The lease lasts for some more of these.
            Err(error) => tracing::warn!(error = error_chain(&error), "a delivery's lease was not renewed"),
        }
    }
}

async fn sent(gateway: &Gateway, taken: &Taken, arrival: &Arrival) -> Result<(), StageError> {
    let delivery = &taken.delivery;
    let (outcome, detail) = match arrival {
        Arrival::Sent => ("sent", String::new()),
        Arrival::Found { how } => ("found", (*how).to_string()),
    };
    let event = gateway.batch_event(delivery.batch_id, "sent", format!("as {}", delivery.file_name));
    insist_on_end(gateway, || gateway.store.record_sent(taken, outcome, &detail, &event)).await?;
    passing(CrashPoint::AttemptEnded);
    metrics::counter!("claimgate_deliveries_sent_total").increment(1);
    tracing::info!(delivery = %delivery.id, payer = delivery.partner, attempt = taken.attempt, outcome, "delivered");
    gateway.nudges.nudge(Stage::Watch);
    Ok(())
}

async fn failed(gateway: &Gateway, payer: Option<&Payer>, taken: &Taken, trouble: Trouble) -> Result<(), StageError> {
    let (delivery, now) = (&taken.delivery, gateway.clock.now_ms());
    let Trouble { verdict, reach, doubtful, detail, log, asked } = trouble;
    let next = match payer {
        Some(payer) => next_step(&payer.retry, verdict, taken.try_number, delivery.since, now, asked),
        None => NextStep::HandToSupport,
    };
    metrics::counter!("claimgate_delivery_attempts_failed_total").increment(1);
    let (id, attempt) = (delivery.id, taken.attempt);
    tracing::warn!(delivery = %id, payer = delivery.partner, attempt, error = log, ?next, "an attempt failed");
    match next {
        NextStep::TryAt(next_at) => {
            let failure = Failure { next_at, doubtful, reach, detail };
            insist_on_end(gateway, || gateway.store.record_failed(taken, &failure, now)).await?;
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
            let record = || gateway.store.record_given_up(taken, doubtful, alarm, &event);
            insist_on_end(gateway, record).await?;
            metrics::counter!("claimgate_deliveries_with_support_total").increment(1);
        }
    }
    Ok(())
}
