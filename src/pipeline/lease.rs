//! Work under a lease: begun by the node that got it, kept while it goes on, given back at its end, dropped when it
//! was lost.

use std::sync::Arc;
use std::time::Duration;

use super::{Gateway, StageError};
use crate::domain::error_chain;
use crate::store::leases::Lease;

/// How long a node that is gone keeps others from its work.
pub const LEASE: Duration = Duration::from_secs(30);
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// How long it is before a lease that could not be given back is tried again.
const GIVE_BACK_EVERY: Duration = Duration::from_secs(1);

/// Does the work when no other node does it; `None` when one does.
pub async fn under_lease<T>(
    gateway: &Arc<Gateway>,
    name: &str,
    work: impl AsyncFnOnce(&Lease) -> Result<T, StageError>,
) -> Result<Option<T>, StageError> {
    under_lease_renewed(gateway, name, RENEW_EVERY, work).await
}

/// The same, renewed as often as is said.
pub(crate) async fn under_lease_renewed<T>(
    gateway: &Arc<Gateway>,
    name: &str,
    every: Duration,
    work: impl AsyncFnOnce(&Lease) -> Result<T, StageError>,
) -> Result<Option<T>, StageError> {
    let now = gateway.clock.now_ms();
    let node = gateway.config.gateway.node;
    let turn: i64 = gateway.draw_id();
    let lease = match gateway.store.take_lease(name, node, turn, now, until(now)).await {
        Ok(Some(lease)) => lease,
        Ok(None) => return Ok(None),
        Err(error) => {
            // It may have been taken all the same, and nobody would do the work until it is over.
            drop(Held { gateway, lease: Some(Lease::of_turn(name, turn)) });
            return Err(error.into());
        }
    };
    let held = Held { gateway, lease: Some(lease.clone()) };
    // Both go on at the same time: what the work holds may be what the renewal waits for.
    let done = tokio::select! {
        done = work(&lease) => done,
        lost = renewing(gateway, &lease, now, every) => Err(lost),
    };
    held.give_back().await;
    done.map(Some)
}

/// A lease that is given back however the work under it ends: also when it was cut off, and when the database is away.
struct Held<'a> {
    gateway: &'a Arc<Gateway>,
    /// `None` once it is given back.
    lease: Option<Lease>,
}

impl Held<'_> {
    async fn give_back(mut self) {
        let Some(lease) = &self.lease else { return };
        match self.gateway.store.end_lease(lease).await {
            Ok(()) => self.lease = None,
            // What was done is done.
            Err(error) => tracing::warn!(error = error_chain(&error), "a lease is given back later"),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take().filter(Lease::is_waited_for) else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(give_back_later(self.gateway.clone(), lease));
        }
    }
}

/// Until it worked, or the lease is over by itself.
async fn give_back_later(gateway: Arc<Gateway>, lease: Lease) {
    let over = until(gateway.clock.now_ms());
    while gateway.store.end_lease(&lease).await.is_err() && gateway.clock.now_ms() < over {
        tokio::time::sleep(GIVE_BACK_EVERY).await;
    }
}

/// Renews the lease for as long as it can.
async fn renewing(gateway: &Gateway, lease: &Lease, taken_at: i64, every: Duration) -> StageError {
    let mut renewed_at = taken_at;
    loop {
        tokio::time::sleep(every).await;
        let asked_at = gateway.clock.now_ms();
        let kept = gateway.store.keep_lease(lease, until(asked_at)).await;
        // It may have been long in coming.
        let now = gateway.clock.now_ms();
        match kept {
            Ok(true) if until(asked_at) > now => renewed_at = asked_at,
            Ok(_) => return StageError::LeaseLost,
            Err(error) if until(renewed_at) <= now => return error.into(),
            // It lasts for some more of these.
            Err(error) => tracing::warn!(error = error_chain(&error), "a lease was not renewed"),
        }
    }
}

fn until(now: i64) -> i64 {
    now + LEASE.as_millis() as i64
}
