//! Looks at everything that has a deadline, and sets the alarms that follow.

use std::sync::Arc;

use super::plan::{
    Alarms, WORKED_WITHIN, expectations, fetched_within, needs_a_person, not_fetched, silence, stuck_delivery,
    unreachable, unworked,
};
use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, Progress, StageError};
use crate::store::deliveries::DeliveryState;
use crate::store::exceptions::ExceptionKind;

/// Stuck deliveries that get an alarm of their own; more than these are seen in the list.
const DELIVERIES_MAX: u32 = 200;

/// Exceptions that stop a whole file or payment, and so cannot wait for the next look at the list.
const ALARMING: [ExceptionKind; 2] = [ExceptionKind::File, ExceptionKind::Balance];
const EXCEPTIONS_MAX: u32 = 200;

/// One node watches at a time.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    under_lease(gateway, "watch", async |_| look(gateway).await).await?;
    Ok(Progress::Idle)
}

async fn look(gateway: &Arc<Gateway>) -> Result<(), StageError> {
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
    for payer in partners.payers() {
        let put_before = now - i64::try_from(fetched_within(payer).as_millis()).unwrap_or(i64::MAX);
        for batch in gateway.store.batches_not_fetched(payer.id.as_str(), put_before).await? {
            not_fetched(&mut alarms, payer, batch);
        }
    }
    for (subject, reason) in gateway.store.batches_not_built().await? {
        alarms.insert(("batch".to_string(), subject), reason);
    }
    let came_before = now - i64::try_from(WORKED_WITHIN.as_millis()).unwrap_or(i64::MAX);
    for (kind, id) in gateway.store.unworked(came_before).await? {
        unworked(&mut alarms, kind, &id);
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::pipeline::answers::testing::{Sent, hand_in, sent};
    use crate::pipeline::testing::sample;

    async fn standing(gateway: &Arc<Gateway>) -> Vec<String> {
        run(gateway).await.unwrap();
        let alarms = gateway.store.standing_alarms().await.unwrap();
        alarms.into_iter().map(|alarm| alarm.kind).collect()
    }

    #[tokio::test]
    async fn claims_that_no_payer_fetches_and_files_that_nobody_works_raise_alarms() {
        let Sent { world, .. } = sent(&[&[sample("A1", 1)]]).await;
        hand_in(&world.gateway, b"not worked").await;
        assert!(standing(&world.gateway).await.is_empty());
        world.gateway.clock.advance(Duration::from_secs(25 * 3600));
        let kinds = standing(&world.gateway).await;
        assert!(
            kinds.contains(&"not-fetched".to_string()) && kinds.contains(&"stuck-inbound".to_string()),
            "{kinds:?}"
        );
    }
}
