//! Once a day, over a database that keeps its tables in partitions by time: the one of the coming time is made, and those
//! that are over and empty are dropped.

use std::sync::Arc;
use std::time::Duration;

use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, StageError};

const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// Where a table was busy, as while it is dumped.
const AGAIN_AFTER: Duration = Duration::from_secs(60 * 60);
/// As it stands in the store.
const CHORE: &str = "partitions";

pub(super) async fn daily(gateway: &Arc<Gateway>) -> Result<(), StageError> {
    let (store, now) = (&gateway.store, gateway.clock.now_ms());
    let every = EVERY.as_millis() as i64;
    // One that was noted by a clock that was ahead does not count.
    if !store.has_partitions() || (0..every).contains(&(now - store.chore_done_at(CHORE).await?)) {
        return Ok(());
    }
    let keeping = under_lease(gateway, CHORE, async |_| {
        let kept = store.keep_partitions(now).await?;
        for partition in &kept.made {
            tracing::info!(partition, "made a partition for what comes");
        }
        for partition in &kept.dropped {
            tracing::info!(partition, "dropped a partition that is over and empty");
        }
        for partition in &kept.put_off {
            tracing::warn!(partition, "its table is busy; it is tried again in an hour");
        }
        let done_at = if kept.put_off.is_empty() { now } else { now - every + AGAIN_AFTER.as_millis() as i64 };
        Ok(store.chore_done(CHORE, done_at).await?)
    });
    keeping.await?;
    Ok(())
}
