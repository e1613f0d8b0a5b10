//! Serves each payer that has deliveries due in a task of its own: lease, attempt row, send, result.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};

use super::ending::{Ending, end, overtaken};
use super::insist::insist;
use super::send::begin;
use crate::domain::ids::DeliveryId;
use crate::domain::{CrashPoint, error_chain, passing};
use crate::partner::Payer;
use crate::pipeline::lease::under_lease;
use crate::pipeline::under_way::Turn;
use crate::pipeline::{Gateway, Progress, Stage, StageError};
use crate::store::StoreError;
use crate::store::attempts::Taken;

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

/// A payer that is being served: until the end of every attempt is recorded, also of those that outlive the lease.
pub(super) struct Serving {
    gateway: Arc<Gateway>,
    payer: String,
}

impl Serving {
    /// For whoever [`UnderWay::begin`] gave the turn.
    ///
    /// [`UnderWay::begin`]: crate::pipeline::under_way::UnderWay::begin
    pub fn begun(gateway: Arc<Gateway>, payer: String) -> Arc<Serving> {
        Arc::new(Serving { gateway, payer })
    }

    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.gateway.under_way.end(&self.payer);
    }
}

async fn serve(gateway: Arc<Gateway>, payer: String, deliveries: Vec<DeliveryId>) {
    // One node calls a payer at a time, so that its limits hold whatever the number of nodes.
    let name = format!("deliver:{payer}");
    let under_way = Serving::begun(gateway.clone(), payer.clone());
    let serving = under_lease(&gateway, &name, async |_| serve_all(&under_way, deliveries).await);
    let served = std::panic::AssertUnwindSafe(serving).catch_unwind().await;
    drop(under_way);
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
pub(super) async fn serve_all(serving: &Arc<Serving>, deliveries: Vec<DeliveryId>) -> Result<(), StageError> {
    let current = serving.gateway.partners.current();
    let settings = current.payer(&serving.payer);
    let at_once = settings.map_or(1, |payer| usize::try_from(payer.limits.connections.get()).unwrap_or(usize::MAX));
    // What was not begun when the database went away is due when it is back.
    let away = AtomicBool::new(false);
    let away = &away;
    let each = |id| async move {
        if away.load(Ordering::Relaxed) {
            return Ok(());
        }
        let ended = attempt(serving, settings, id).await;
        if ended.as_ref().is_err_and(|error| error.is_unavailable() && !error.is_busy()) {
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

async fn attempt(serving: &Arc<Serving>, payer: Option<&Payer>, id: DeliveryId) -> Result<(), StageError> {
    let gateway = serving.gateway();
    let line = match payer {
        Some(payer) => Some(gateway.lines.open(payer).await),
        None => None,
    };
    let Some(taken) = take(gateway, id).await? else { return Ok(()) };
    passing(CrashPoint::AttemptBegun);
    let begun = match keeping_lease(gateway, &taken, begin(gateway, payer, &taken)).await {
        Err(StageError::Store(StoreError::Lost { .. })) => return overtaken(gateway, &taken).await,
        begun => begun?,
    };
    let retry = payer.map(|payer| payer.retry);
    let ending = Ending { serving: serving.clone(), taken, retry, begun, line };
    tokio::spawn(end(ending)).await.map_err(|source| StageError::Stopped { source })?
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

pub(super) async fn keeping_lease<T>(
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
