//! What must be written down once the payer was called: tried again while the database is away. The payer was called
//! already, and what it made of the file is known here and nowhere else.

use std::time::Duration;

use super::run::LEASE;
use crate::domain::error_chain;
use crate::pipeline::Gateway;
use crate::store::StoreError;

const EVERY: Duration = Duration::from_millis(500);

/// Writes what may be written twice. Given up when the lease that it is written under is over.
pub(super) async fn insist<W>(gateway: &Gateway, write: impl Fn() -> W) -> Result<(), StoreError>
where
    W: Future<Output = Result<(), StoreError>>,
{
    let until = gateway.clock.now_ms() + LEASE.as_millis() as i64;
    loop {
        match write().await {
            Err(error) if error.is_unavailable() && gateway.clock.now_ms() < until => {
                tracing::warn!(error = error_chain(&error), "a delivery waits for the database");
                tokio::time::sleep(EVERY).await;
            }
            ended => return ended,
        }
    }
}

/// Writes an attempt's end. One that is no longer under way after a try whose end was not known was ended by that try,
/// or by a node that looked meanwhile.
pub(super) async fn insist_on_end<W>(gateway: &Gateway, write: impl Fn() -> W) -> Result<(), StoreError>
where
    W: Future<Output = Result<(), StoreError>>,
{
    match write().await {
        Err(error) if error.is_unavailable() => match insist(gateway, write).await {
            Err(StoreError::Lost { .. }) => Ok(()),
            ended => ended,
        },
        ended => ended,
    }
}
