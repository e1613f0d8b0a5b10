//! What people and other rooms ask of deliveries: a retry, that a hosted payer has fetched, the clearing up at
//! the start.

use std::sync::Arc;

use crate::domain::ids::{DeliveryId, PayloadId};
use crate::pipeline::{Gateway, Stage, StageError};

/// Gives a delivery that support has back to the gateway, its tries counted anew; false when it is not with
/// support. What was in doubt about it stays so: it is looked for before it is sent. `by` names the person.
pub async fn retry(gateway: &Gateway, id: DeliveryId, by: &str) -> Result<bool, StageError> {
    let Some(delivery) = gateway.store.delivery(id).await? else { return Ok(false) };
    let again = gateway.batch_event(delivery.batch_id, "retried", format!("by {by}"));
    let due = gateway.store.retry_delivery(id, &again).await?;
    gateway.nudges.nudge(Stage::Deliver);
    Ok(due)
}

/// A hosted payer has read a file of its mailbox to the end: its batch is sent. Later readings change nothing,
/// and neither do files that are no batch's.
pub async fn fetched(gateway: &Gateway, payload: PayloadId) -> Result<(), StageError> {
    let Some(batch) = gateway.store.batch_of_payload(payload).await? else { return Ok(()) };
    gateway.store.record_fetched(&gateway.batch_event(batch, "sent", "fetched from its mailbox".to_string())).await?;
    Ok(())
}

/// For the start of a gateway, before any stage runs: whoever held a lease under its number is gone, and the delivery
/// is due at once instead of when the lease would have ended.
pub async fn recover(gateway: &Gateway) -> Result<(), StageError> {
    let ended = gateway.store.end_leases(gateway.config.gateway.node).await?;
    if ended > 0 {
        tracing::info!(deliveries = ended, "attempts were cut off; they are looked into");
    }
    Ok(())
}

/// A delivery that support has because nobody knows whether it arrived, or that waits to be fetched, and that the payer
/// has answered, has arrived.
pub(super) async fn settle_answered(gateway: &Arc<Gateway>) -> Result<(), StageError> {
    for batch in gateway.store.unseen_and_answered().await? {
        let settled = gateway.batch_event(batch, "sent", "the payer has answered it".to_string());
        gateway.store.record_answered(&settled).await?;
    }
    Ok(())
}
