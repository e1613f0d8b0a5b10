//! What must be written down once the payer was called: tried again while the database is away. The payer was called
//! already, and what it made of the file is known here and nowhere else.

use std::time::{Duration, Instant};

use super::run::LEASE;
use crate::domain::error_chain;
use crate::pipeline::Gateway;
use crate::store::StoreError;

const EVERY: Duration = Duration::from_millis(500);

/// Writes what may be written twice, and what need not be written any more when the lease that it is written under is over.
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

/// Writes what happened, and goes on with it until the database takes it, however long that is: only the end of this
/// gateway ends it. What is written names its attempt, and writing it twice changes nothing.
pub(super) async fn insist_on_end<T, W>(write: impl Fn() -> W) -> Result<T, StoreError>
where
    W: Future<Output = Result<T, StoreError>>,
{
    let mut since = None;
    loop {
        match write().await {
            Err(error) if error.is_unavailable() => {
                if since.is_none() {
                    tracing::warn!(
                        error = error_chain(&error),
                        "the end of an attempt is recorded when the database takes it"
                    );
                }
                since = since.or(Some(Instant::now()));
                tokio::time::sleep(EVERY).await;
            }
            ended => {
                if let Some(since) = since {
                    tracing::info!(
                        seconds = since.elapsed().as_secs(),
                        "the database was asked to record an attempt again"
                    );
                }
                return ended;
            }
        }
    }
}
