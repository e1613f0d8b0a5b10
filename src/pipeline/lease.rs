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

/// Does the work when no other node does it; `None` when one does.
pub async fn under_lease<T>(
    gateway: &Arc<Gateway>,
    name: &str,
    work: impl AsyncFnOnce(&Lease) -> Result<T, StageError>,
) -> Result<Option<T>, StageError> {
    let now = gateway.clock.now_ms();
    let node = gateway.config.gateway.node;
    let turn: i64 = gateway.draw_id();
    let Some(lease) = gateway.store.take_lease(name, node, turn, now, until(now)).await? else { return Ok(None) };
    let done = keeping(gateway, &lease, now, work(&lease)).await;
    if let Err(error) = gateway.store.end_lease(&lease).await {
        // It ends by itself, and what was done is done.
        tracing::warn!(lease = name, error = error_chain(&error), "a lease was not given back");
    }
    done.map(Some)
}

async fn keeping<T>(
    gateway: &Gateway,
    lease: &Lease,
    taken_at: i64,
    work: impl Future<Output = Result<T, StageError>>,
) -> Result<T, StageError> {
    let (mut work, mut renewed_at) = (std::pin::pin!(work), taken_at);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(RENEW_EVERY) => {
                let now = gateway.clock.now_ms();
                match gateway.store.keep_lease(lease, until(now)).await {
                    Ok(true) => renewed_at = now,
                    Ok(false) => return Err(StageError::LeaseLost),
                    Err(error) if until(renewed_at) <= now => return Err(error.into()),
                    // It lasts for some more of these.
                    Err(error) => tracing::warn!(error = error_chain(&error), "a lease was not renewed"),
                }
            }
        }
    }
}

fn until(now: i64) -> i64 {
    now + LEASE.as_millis() as i64
}
