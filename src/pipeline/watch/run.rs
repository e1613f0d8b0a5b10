//! Looks at everything that has a deadline, and sets the alarms that follow.

use std::sync::Arc;

use super::plan::{Alarms, expectations, needs_a_person, silence, stuck_delivery, unreachable};
use crate::pipeline::{Gateway, Progress, StageError};
use crate::store::deliveries::DeliveryState;
use crate::store::exceptions::ExceptionKind;

/// Stuck deliveries that get an alarm of their own; more than these are seen in the list.
const DELIVERIES_MAX: u32 = 200;

/// Exceptions that stop a whole file or payment, and so cannot wait for the next look at the list.
const ALARMING: [ExceptionKind; 2] = [ExceptionKind::File, ExceptionKind::Balance];
const EXCEPTIONS_MAX: u32 = 200;

pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let now = gateway.clock.now_ms();
    let partners = gateway.partners.current();
    let mut alarms = Alarms::new();
    for payer in partners.payers().filter(|payer| payer.active) {
        for (awaited, within) in expectations(payer) {
            let sent_before = now - i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
            for (batch, _) in gateway.store.batches_without(payer.id.as_str(), awaited, sent_before).await? {
                silence(&mut alarms, payer, awaited, within, batch);
            }
        }
    }
    for delivery in gateway.store.deliveries(Some(DeliveryState::WithSupport), None, None, DELIVERIES_MAX).await? {
        stuck_delivery(&mut alarms, &delivery);
    }
    for exception in gateway.store.open_exceptions_of(&ALARMING, EXCEPTIONS_MAX).await? {
        needs_a_person(&mut alarms, &exception);
    }
    for poll in gateway.store.polls().await? {
        unreachable(&mut alarms, &poll);
    }
    let change = gateway.store.set_alarms(&alarms, now, || gateway.draw_id()).await?;
    for key in &change.raised {
        tracing::error!(kind = key.0, subject = key.1, "alarm: {}", alarms[key]);
    }
    for (kind, subject) in &change.cleared {
        tracing::info!(kind, subject, "an alarm is over");
    }
    metrics::gauge!("claimgate_alarms").set(alarms.len() as f64);
    Ok(Progress::Idle)
}
