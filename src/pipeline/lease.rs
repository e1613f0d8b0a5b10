//! Work under a lease: begun by the node that got it, kept while it goes on, given back at its end, dropped when it
//! was lost.

use std::sync::Arc;
use std::time::Duration;

use super::{Gateway, StageError};
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
    let done = keeping(gateway, &lease, work(&lease)).await;
    gateway.store.end_lease(&lease).await?;
    done.map(Some)
}

async fn keeping<T>(
    gateway: &Gateway,
    lease: &Lease,
    work: impl Future<Output = Result<T, StageError>>,
) -> Result<T, StageError> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(RENEW_EVERY) => {
                if !gateway.store.keep_lease(lease, until(gateway.clock.now_ms())).await? {
                    return Err(StageError::LeaseLost);
                }
            }
        }
    }
}

fn until(now: i64) -> i64 {
    now + LEASE.as_millis() as i64
}
