//! Looks at everything that has a deadline, and sets the alarms that follow.

use std::sync::Arc;
use std::time::Duration;

use super::clock;
use super::filing;
use super::learn::{HISTORY, LEARN_EVERY, is_another_hour, is_fresh, learned};
use super::partitions;
use super::plan::{
    Alarms, WORKED_WITHIN, deaf, expectations, fetched_within, letter, needs_a_person, not_fetched, silence,
    stuck_delivery, unanswered, unreachable, unworked,
};
use super::purge;
use crate::partner::{Partners, Payer};
use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, Progress, Stage, StageError};
use crate::store::alarms::Awaited;
use crate::store::announcements::AlarmNews;
use crate::store::deliveries::DeliveryState;
use crate::store::exceptions::ExceptionKind;
use crate::store::silence::AnswerTime;

/// A webhook may fail for so long before anybody is told.
const DEAF_AFTER: Duration = Duration::from_secs(3600);
/// Stuck deliveries that get an alarm of their own; more than these are seen in the list.
const DELIVERIES_MAX: u32 = 200;

/// Whoever asked so long ago has asked again or given up.
const ASKED_WITHIN: Duration = Duration::from_secs(30 * 24 * 3600);

/// Exceptions that stop a whole file or payment, and so cannot wait for the next look at the list.
const ALARMING: [ExceptionKind; 2] = [ExceptionKind::File, ExceptionKind::Balance];
const EXCEPTIONS_MAX: u32 = 200;

/// Of buckets of claims, before the watch goes on.
const EXTRACTS_AT_ONCE: usize = 4;

/// One node watches at a time.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    under_lease(gateway, "watch", async |_| look(gateway).await).await?;
    gateway.store.make_filters().await?;
    // What keeps one of them from being done keeps none of the others.
    let (extracted, parted) = (extracts(gateway).await, partitions::daily(gateway).await);
    let progress = purge::daily(gateway).await?;
    extracted.and(parted)?;
    Ok(progress)
}

async fn extracts(gateway: &Arc<Gateway>) -> Result<(), StageError> {
    let made = under_lease(gateway, "extracts", async |lease| {
        Ok(gateway.store.make_extracts(lease, EXTRACTS_AT_ONCE).await?)
    });
    if made.await?.is_some_and(|made| made == EXTRACTS_AT_ONCE) {
        gateway.nudges.nudge(Stage::Watch);
    }
    Ok(())
}

async fn look(gateway: &Arc<Gateway>) -> Result<(), StageError> {
    let now = gateway.clock.now_ms();
    let partners = gateway.partners.current();
    let mut alarms = Alarms::new();
    let clock = clock::looked(&gateway.store, now).await?;
    if let Some(problem) = clock.problem().filter(|_| !gateway.config.retention.is_forever()) {
        alarms.insert(("clock".to_string(), "gateway".to_string()), problem.into());
    }
    let learned = learn(gateway, &partners, now).await?;
    silence_of_all(gateway, &partners, &learned, &mut alarms).await?;
    filing_of_all(gateway, &partners, &mut alarms).await?;
    for payer in partners.payers() {
        let put_before = now - i64::try_from(fetched_within(payer).as_millis()).unwrap_or(i64::MAX);
        for batch in gateway.store.batches_not_fetched(payer.id.as_str(), put_before).await? {
            not_fetched(&mut alarms, payer, batch);
        }
    }
    for (subject, reason) in gateway.store.batches_not_built().await? {
        alarms.insert(("batch".to_string(), subject), reason.into());
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
    let failing_since = now - DEAF_AFTER.as_millis() as i64;
    for (receiver, waiting, why) in gateway.store.deaf_receivers(failing_since).await? {
        deaf(&mut alarms, &receiver, waiting, &why);
    }
    let told = gateway.config.webhook.as_ref().map(|_| |news: &AlarmNews<'_>| letter(news, now));
    let change = gateway.store.set_alarms(&alarms, now, || gateway.draw_id(), told).await?;
    for key in &change.raised {
        tracing::error!(kind = key.0, subject = key.1, "alarm: {}", alarms[key].text);
    }
    for (kind, subject) in &change.cleared {
        tracing::info!(kind, subject, "an alarm is over");
    }
    metrics::gauge!("claimgate_alarms").set(alarms.len() as f64);
    Ok(())
}

/// What was learned of payers' answer times, learned anew when it is old; once an hour batches that nothing is awaited for
/// are also put aside.
async fn learn(gateway: &Gateway, partners: &Partners, now: i64) -> Result<Vec<AnswerTime>, StageError> {
    let known = gateway.store.answer_times().await?;
    let since = now - HISTORY.as_millis() as i64;
    let mut anew = Vec::new();
    for payer in partners.payers() {
        let of_payer: Vec<&AnswerTime> = known.iter().filter(|time| time.payer == payer.id.as_str()).collect();
        let first = of_payer.iter().map(|time| time.learned_at).min();
        let has_come = match first {
            Some(first) => gateway.store.has_come_since(payer.id.as_str(), first).await?,
            None => false,
        };
        let fresh =
            |awaited: &Awaited| of_payer.iter().any(|time| time.awaited == *awaited && is_fresh(time, has_come, now));
        let stale: Vec<Awaited> = Awaited::ALL.into_iter().filter(|awaited| !fresh(awaited)).collect();
        for &awaited in &stale {
            let waits = gateway.store.observed_waits(payer.id.as_str(), awaited, since).await?;
            anew.push(learned(payer.id.as_str(), awaited, waits, now));
        }
        let last = of_payer.iter().map(|time| time.learned_at).max();
        if stale.is_empty() || !last.is_none_or(|last| is_another_hour(last, now)) {
            continue;
        }
        let awaited: Vec<Awaited> = expectations(payer, &known).into_iter().map(|(awaited, _)| awaited).collect();
        let undone_since = now - 2 * LEARN_EVERY.as_millis() as i64;
        gateway.store.settle_batches(payer.id.as_str(), &awaited, undone_since, now).await?;
    }
    if anew.is_empty() {
        return Ok(known);
    }
    gateway.store.set_answer_times(&anew).await?;
    Ok(gateway.store.answer_times().await?)
}

async fn silence_of_all(
    gateway: &Gateway,
    partners: &Partners,
    learned: &[AnswerTime],
    alarms: &mut Alarms,
) -> Result<(), StageError> {
    let now = gateway.clock.now_ms();
    for payer in partners.payers().filter(|payer| payer.active) {
        let expected = expectations(payer, learned);
        for awaited in Awaited::ALL {
            let within = expected.iter().find(|(one, _)| *one == awaited).map(|(_, within)| *within);
            let mut overdue = 0;
            if let Some(within) = within {
                let sent_before = now - i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
                overdue = match awaited {
                    Awaited::Status277 => open_questions(gateway, payer, (within, sent_before), alarms).await?,
                    Awaited::Ta1 | Awaited::Ack999 | Awaited::Ack277ca | Awaited::Remit835 => {
                        let late = gateway.store.overdue_batches(payer.id.as_str(), awaited, sent_before).await?;
                        late.iter().for_each(|late| silence(alarms, payer, awaited, within, *late));
                        late.len()
                    }
                };
            }
            let labels = [("payer", payer.id.to_string()), ("type", awaited.as_str().to_string())];
            metrics::gauge!("claimgate_overdue", &labels).set(overdue as f64);
        }
    }
    Ok(())
}

/// How many files of questions a payer left open.
async fn open_questions(
    gateway: &Gateway,
    payer: &Payer,
    (within, sent_before): (Duration, i64),
    alarms: &mut Alarms,
) -> Result<usize, StageError> {
    let sent_after = sent_before - i64::try_from(ASKED_WITHIN.as_millis()).unwrap_or(i64::MAX);
    let Some(open) = gateway.store.overdue_questions(payer.id.as_str(), sent_after, sent_before).await? else {
        return Ok(0);
    };
    unanswered(alarms, payer, within, open);
    Ok(usize::try_from(open.files).unwrap_or(usize::MAX))
}

async fn filing_of_all(gateway: &Gateway, partners: &Partners, alarms: &mut Alarms) -> Result<(), StageError> {
    let today = gateway.clock.now().to_zoned(gateway.config.gateway.time_zone.clone()).date();
    let now = gateway.clock.now_ms();
    for payer in partners.payers() {
        let Some(window) = filing::window(payer, today, now) else { continue };
        for count in gateway.store.filing_counts(&window).await? {
            let key = ("timely-filing".to_string(), format!("{}/{}", payer.id, count.submitter));
            alarms.insert(key, filing::standing(payer, &count, today));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::answers::testing::{Sent, ack277ca, ack999, answer, era835, hand_in, remittance, send, sent};
    use crate::pipeline::testing::{KEY, hosted_payer, professional, sample, submitter, world_of};
    use crate::store::announcements::OPERATOR;

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

    /// The claims' batch is at the payer.
    async fn fetched(gateway: &Arc<Gateway>) {
        let mail = gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().remove(0);
        crate::pipeline::deliver::fetched(gateway, mail.payload_id).await.unwrap();
    }

    fn learned_hour(at: i64) -> AnswerTime {
        AnswerTime {
            payer: "bluestar".into(),
            awaited: Awaited::Ack999,
            answers: 20,
            median_ms: 60_000,
            most_ms: 3_600_000,
            learned_at: at,
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_late_by_what_was_learned_raises_one_alarm_that_clears_when_it_comes() {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        fetched(&world.gateway).await;
        // The payer's file says nothing of its 999: without history a day is waited.
        world.gateway.clock.advance(Duration::from_secs(3 * 3600));
        assert!(standing(&world.gateway).await.is_empty());
        let now = world.gateway.clock.now_ms();
        world.gateway.store.set_answer_times(&[learned_hour(now)]).await.unwrap();
        assert_eq!(standing(&world.gateway).await, ["no-999"]);
        let first = world.gateway.store.standing_alarms().await.unwrap();
        assert_eq!(standing(&world.gateway).await, ["no-999"]);
        assert_eq!(world.gateway.store.standing_alarms().await.unwrap(), first, "raised a second time");
        answer(&world, &ack999(&claims, &[])).await;
        assert!(standing(&world.gateway).await.is_empty());
    }

    #[tokio::test]
    async fn how_long_answers_take_is_learned_from_those_that_came() {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        fetched(&world.gateway).await;
        world.gateway.clock.advance(Duration::from_secs(600));
        answer(&world, &ack999(&claims, &[])).await;
        let pays = [(claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1")];
        world.gateway.clock.advance(Duration::from_secs(3000));
        answer(&world, &era835(910, &[remittance("0001", "T1", "80", &pays, &[])])).await;
        standing(&world.gateway).await;
        let times = world.gateway.store.answer_times().await.unwrap();
        let of = |awaited| times.iter().find(|time| time.awaited == awaited).unwrap();
        assert_eq!((of(Awaited::Ack999).answers, of(Awaited::Ack999).median_ms), (1, 600_000));
        assert_eq!((of(Awaited::Remit835).answers, of(Awaited::Remit835).most_ms), (1, 3_600_000));
        assert_eq!(of(Awaited::Ta1).answers, 0);
    }

    #[tokio::test]
    async fn an_answer_that_comes_after_the_first_look_is_learned_within_minutes() {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        fetched(&world.gateway).await;
        standing(&world.gateway).await;
        world.gateway.clock.advance(Duration::from_secs(130));
        answer(&world, &ack999(&claims, &[])).await;
        standing(&world.gateway).await;
        let times = world.gateway.store.answer_times().await.unwrap();
        let ack = times.iter().find(|time| time.awaited == Awaited::Ack999).unwrap();
        assert_eq!((ack.answers, ack.median_ms), (1, 130_000));
    }

    #[tokio::test]
    async fn claims_that_wait_for_their_277ca_beside_others_that_have_it_are_overdue_and_settled_batches_are_not_asked()
    {
        let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
        fetched(&world.gateway).await;
        answer(&world, &ack999(&claims, &[])).await;
        answer(&world, &ack277ca(&[(claims[0].clone(), "A2:20", "")])).await;
        world.gateway.clock.advance(Duration::from_secs(4 * 86_400));
        assert_eq!(standing(&world.gateway).await, ["no-277ca"]);
        answer(&world, &ack277ca(&[(claims[1].clone(), "A2:20", "")])).await;
        assert!(standing(&world.gateway).await.is_empty());
        world.gateway.clock.advance(Duration::from_secs(60 * 86_400));
        assert_eq!(standing(&world.gateway).await, ["no-835"]);
        let pays = claims.iter().cloned().map(|claim| (claim, "1", "80", &["CAS*CO*45*20"][..], ""));
        let pays: Vec<_> = pays.collect();
        answer(&world, &era835(910, &[remittance("0001", "T1", "160", &pays, &[])])).await;
        world.gateway.clock.advance(Duration::from_secs(2 * 3600));
        assert!(standing(&world.gateway).await.is_empty());
        let late = world.gateway.store.overdue_batches("bluestar", Awaited::Ta1, i64::MAX).await.unwrap();
        assert!(late.is_empty(), "a batch that nothing is awaited for is still looked at");
    }

    /// From the seventh day before the last on, a look each half a day.
    async fn told_again_by_steps(gateway: &Arc<Gateway>) {
        let since = gateway.store.standing_alarms().await.unwrap()[0].raised_at;
        let mut told = Vec::new();
        for half in 0..13 {
            if half > 0 {
                gateway.clock.advance(Duration::from_secs(43_200));
                standing(gateway).await;
            }
            let alarm = gateway.store.standing_alarms().await.unwrap().remove(0);
            let left = alarm.text.split("2026-11-09, ").nth(1).unwrap().split(' ').next().unwrap().to_string();
            assert_eq!(alarm.raised_at, since, "it stands since it was raised first");
            while let Some(news) = gateway.store.first_announcement(OPERATOR).await.unwrap() {
                told.push(left.clone());
                gateway.store.announcement_taken(&news, 0).await.unwrap();
            }
        }
        assert_eq!(told, ["7", "3", "1"]);
    }

    #[tokio::test]
    async fn a_rejected_claim_whose_days_run_out_raises_an_alarm_again_with_each_step_until_it_is_sent_in_again() {
        let acme = submitter("ACMEBILL", KEY, "");
        let payer = hosted_payer("BLUESTAR", "BSTAR", KEY) + "[requirements]\ntimely_filing = \"30d\"\n";
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=").unwrap();
        let told = format!("[webhook]\nurl = \"https://a.example\"\nsecret = \"file:{}\"", secret.path().display());
        let world = world_of(&told, &[("acme", &acme), ("bluestar", &payer)]).await;
        let (late, fresh) = (sample("A1", 10).spoilt(), sample("A2", 30).spoilt());
        send(&world, "acme", &professional(1, &[&[late, fresh]])).await;
        assert_eq!(standing(&world.gateway).await, ["timely-filing"]);
        let alarm = world.gateway.store.standing_alarms().await.unwrap().remove(0);
        assert_eq!(alarm.subject, "bluestar/acme");
        assert!(alarm.text.contains("1 claim of acme") && alarm.text.contains("2026-11-09, 7 days"), "{}", alarm.text);
        told_again_by_steps(&world.gateway).await;
        send(&world, "acme", &professional(2, &[&[sample("A1", 10)]])).await;
        assert!(standing(&world.gateway).await.is_empty());
    }
}
