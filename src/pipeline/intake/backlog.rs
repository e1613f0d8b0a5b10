//! Whether more is taken in while much waits to be checked. What is taken in is durable and waits on the disk, not in
//! memory; but whoever hands in more than can be checked should learn it from us and not from the clock.

use std::sync::Mutex;
use std::time::Duration;

use crate::pipeline::{Gateway, StageError};
use crate::store::submissions::SMALL_BYTES;

/// Bytes that waited to be checked, and when that was asked.
#[derive(Debug, Default)]
pub struct Backlog(Mutex<Option<(i64, u64)>>);

const ASKED_EVERY_MS: i64 = 1_000;
/// About what a gigabyte takes.
const COME_BACK: Duration = Duration::from_secs(30);

/// What is announced of a file that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announced {
    Bytes(u64),
    Nothing,
}

/// Time to wait before a file is handed in again; `None`: it is taken now. A file that is known to be small always is,
/// as it is checked before the large ones.
pub async fn wait_for_room(gateway: &Gateway, announced: Announced) -> Result<Option<Duration>, StageError> {
    if matches!(announced, Announced::Bytes(bytes) if bytes < SMALL_BYTES) {
        return Ok(None);
    }
    let waiting = waiting(gateway).await?;
    Ok((waiting > gateway.config.intake.waiting_bytes_max).then_some(COME_BACK))
}

async fn waiting(gateway: &Gateway) -> Result<u64, StageError> {
    let now = gateway.clock.now_ms();
    let known = *gateway.backlog.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((at, bytes)) = known
        && (now - ASKED_EVERY_MS..=now).contains(&at)
    {
        return Ok(bytes);
    }
    let bytes = gateway.store.bytes_to_check().await?;
    *gateway.backlog.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((now, bytes));
    Ok(bytes)
}
