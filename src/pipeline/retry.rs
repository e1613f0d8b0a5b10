//! An answer may come before its claim, when the claim reached its payer by another way first. Answers that
//! found nothing are tried again when claims were sent that may be theirs, when a payer's number was learned for one, from an
//! answer or a payment, and when one was passed on to the payer that answered; each batch once, page by page; its replacement and void claims are linked on that occasion. Works on the store alone,
//! as a person's decision does; no stage.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::answers::ladder::Candidate;
use super::answers::{Found, Matched, Sought, awaits, find_claims};
use super::applying::{self, Decision};
use super::correlate::claims;
use super::exceptions::ResolveError;
use super::remit::books;
use super::{Gateway, Progress, StageError, remit, replacements};
use crate::domain::ids::{ClaimId, ExceptionId, InboundId};
use crate::store::awaited::UntriedBatch;
use crate::store::exceptions::{ExceptionKind, ExceptionRow, ExceptionState};
use crate::store::inbound::InboundRow;

const BY: &str = "claimgate";
const TAKEN_BACK: &str = "the decision about which claim it is was taken back";
const NOTE: &str = "it was matched when the claim was there";
const BATCHES_AT_ONCE: u32 = 100;
const CLAIMS_AT_ONCE: u32 = 2_000;

/// What comes of an answer that is tried again.
#[derive(Clone, Copy, Debug)]
enum Aim {
    Apply,
    /// The claims that it may be about are told anew, that of the decision that was taken back among them.
    Tell(ClaimId),
}

/// Compares the batches that were sent since with all answers that wait.
pub async fn sent_batches(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let mut progress = Progress::Idle;
    loop {
        let batches = gateway.store.untried_batches(BATCHES_AT_ONCE).await?;
        if batches.is_empty() {
            return Ok(progress);
        }
        for batch in batches {
            // Before it is looked at: what is added to what waits in the meantime may not have been seen.
            let times = gateway.store.times_awaited(batch.id).await?;
            let at = gateway.clock.now_ms();
            if gateway.store.is_anything_awaited().await? && try_batch(gateway, &batch).await? {
                progress = Progress::Worked;
            }
            replacements::link(gateway, batch.id).await?;
            // One that is not marked is among the untried of the next round.
            gateway.store.mark_batch_tried(batch.id, times, at).await?;
        }
    }
}

/// Tries an answer again that a person had put aside: its claim may have been sent since.
pub async fn reopened(gateway: &Arc<Gateway>, id: ExceptionId) -> Result<(), StageError> {
    try_again(gateway, vec![id], Aim::Apply).await.map(|_| ())
}

/// Tells anew what an answer may be about that was applied to `claim`, which was taken back.
pub async fn taken_back(gateway: &Arc<Gateway>, id: ExceptionId, claim: ClaimId) -> Result<(), StageError> {
    try_again(gateway, vec![id], Aim::Tell(claim)).await.map(|_| ())
}

async fn try_batch(gateway: &Arc<Gateway>, batch: &UntriedBatch) -> Result<bool, StageError> {
    let (mut after, mut any) = (ClaimId(0), false);
    loop {
        let page = gateway.store.claim_numbers_of_batch(batch.id, after, CLAIMS_AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(any) };
        after = last.id;
        let keys = page.iter().flat_map(|claim| awaits::of_claim(&batch.payer, claim));
        let waiting = gateway.store.awaiting(keys.collect()).await?;
        any |= try_again(gateway, waiting, Aim::Apply).await?;
    }
}

/// True when any of them found its claim.
async fn try_again(gateway: &Arc<Gateway>, waiting: Vec<ExceptionId>, aim: Aim) -> Result<bool, StageError> {
    let mut by_file: BTreeMap<InboundId, Vec<ExceptionRow>> = BTreeMap::new();
    for id in waiting {
        match gateway.store.exception(id).await? {
            Some(row) if row.state == ExceptionState::Open => by_file.entry(row.inbound_id).or_default().push(row),
            Some(_) | None => {}
        }
    }
    let mut any = false;
    for (inbound, rows) in by_file {
        let Some(inbound) = gateway.store.inbound(inbound).await? else { continue };
        any |= try_file(gateway, &inbound, rows, aim).await?;
    }
    Ok(any)
}

async fn try_file(
    gateway: &Arc<Gateway>,
    inbound: &InboundRow,
    rows: Vec<ExceptionRow>,
    aim: Aim,
) -> Result<bool, StageError> {
    let (money, statuses): (Vec<ExceptionRow>, Vec<ExceptionRow>) =
        rows.into_iter().partition(|row| row.kind == ExceptionKind::Remittance);
    let mut found = 0;
    if !money.is_empty() {
        found += try_payments(gateway, inbound, &money, aim).await?;
    }
    if !statuses.is_empty() {
        found += try_statuses(gateway, inbound, &statuses, aim).await?;
    }
    if found > 0 {
        tracing::info!(inbound = %inbound.id, answers = found, "late claims were found for answers that waited");
        metrics::counter!("claimgate_answers_matched_late_total").increment(found);
    }
    Ok(found > 0)
}

async fn try_payments(
    gateway: &Arc<Gateway>,
    inbound: &InboundRow,
    rows: &[ExceptionRow],
    aim: Aim,
) -> Result<u64, StageError> {
    let papers = remit::papers(gateway, inbound).await?;
    let (mut tried, mut sought): (Vec<&ExceptionRow>, Vec<Sought>) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(payment) = row.payment_id else { continue };
        let Some(payment) = gateway.store.payment(payment).await? else { continue };
        let Some(remittance) = gateway.store.remittance(payment.remittance_id).await? else { continue };
        let place = usize::try_from(remittance.ordinal).unwrap_or(usize::MAX);
        let Some(remittance) = papers.remittances.get(place) else { continue };
        let place = usize::try_from(payment.ordinal).unwrap_or(usize::MAX);
        let Some(claim) = remittance.claims.get(place) else { continue };
        tried.push(row);
        sought.push(books::sought(remittance, claim));
    }
    let (mut count, mut told) = (0, Vec::new());
    for (row, matched) in tried.into_iter().zip(find_claims(&gateway.store, &inbound.partner, &sought).await?) {
        if let (Some(found), Some(payment)) = (sure(row, matched, aim, &mut told), row.payment_id) {
            let decision = decision(&found);
            count +=
                u64::from(is_done(applying::payment(gateway, row, &papers, payment, found.claim, decision).await)?);
        }
    }
    gateway.store.tell_candidates(&told).await?;
    Ok(count)
}

async fn try_statuses(
    gateway: &Arc<Gateway>,
    inbound: &InboundRow,
    rows: &[ExceptionRow],
    aim: Aim,
) -> Result<u64, StageError> {
    let papers = applying::status_papers(gateway, inbound).await?;
    let (mut tried, mut sought): (Vec<&ExceptionRow>, Vec<Sought>) = (Vec::new(), Vec::new());
    for row in rows {
        let Ok((report, answer, _, _)) = applying::answer_of(row, &papers) else { continue };
        let answered = claims::transactions_answered(gateway, &inbound.partner, report).await?;
        tried.push(row);
        sought.push(claims::sought(report, answer, &answered));
    }
    let (mut count, mut told) = (0, Vec::new());
    for (row, matched) in tried.into_iter().zip(find_claims(&gateway.store, &inbound.partner, &sought).await?) {
        if let Some(found) = sure(row, matched, aim, &mut told) {
            let decision = decision(&found);
            count += u64::from(is_done(applying::status(gateway, row, &papers, found.claim, decision).await)?);
        }
    }
    gateway.store.tell_candidates(&told).await?;
    Ok(count)
}

/// An exception, why it is not clear, and what it may be about, as JSON.
type Told = (ExceptionId, &'static str, String);

/// What is to be applied; of the others what they may be about now, where that is news.
fn sure(row: &ExceptionRow, matched: Matched, aim: Aim, told: &mut Vec<Told>) -> Option<Box<Found>> {
    let (reason, candidates) = match (matched, aim) {
        (Matched::One(found), Aim::Apply) => return Some(found),
        (Matched::One(found), Aim::Tell(claim)) => (TAKEN_BACK, with_decided(vec![found.candidate], claim)),
        (Matched::Unclear { reason, candidates }, Aim::Apply) => (reason, candidates),
        (Matched::Unclear { candidates, .. }, Aim::Tell(claim)) => (TAKEN_BACK, with_decided(candidates, claim)),
    };
    // As they were written first.
    let candidates = json!(candidates).to_string();
    if row.reason != reason || row.candidates != candidates {
        told.push((row.id, reason, candidates));
    }
    None
}

/// The claim that the answer was applied to is shown whatever speaks for it now.
fn with_decided(mut candidates: Vec<Candidate>, claim: ClaimId) -> Vec<Candidate> {
    match candidates.iter_mut().find(|one| one.claim_id == claim) {
        Some(known) => known.reasons.push(TAKEN_BACK),
        None => candidates.push(Candidate { claim_id: claim, score: 0, reasons: vec![TAKEN_BACK] }),
    }
    candidates
}

fn decision(found: &Found) -> Decision<'static> {
    Decision { by: BY, rule: found.rule.as_str(), evidence: found.evidence.clone(), note: NOTE.to_string() }
}

/// `false`: a person was first, or it cannot be applied and waits for one.
fn is_done(applied: Result<bool, ResolveError>) -> Result<bool, StageError> {
    match applied {
        Ok(is_done) => Ok(is_done),
        Err(ResolveError::Stage(trouble)) => Err(trouble),
        Err(
            ResolveError::NoSuchException { .. }
            | ResolveError::NotOpen { .. }
            | ResolveError::NotDecided { .. }
            | ResolveError::NoSuchClaim { .. }
            | ResolveError::NeverSent { .. }
            | ResolveError::OtherPayer { .. }
            | ResolveError::NotOfOneClaim { .. }
            | ResolveError::OfAPayee { .. }
            | ResolveError::OfOneAnswer { .. }
            | ResolveError::NothingHeld { .. }
            | ResolveError::StillKept { .. }
            | ResolveError::HandedOn { .. }
            | ResolveError::Final { .. }
            | ResolveError::PaidAlready { .. }
            | ResolveError::FileDiffers { .. },
        ) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::{Cents, ClaimStatus};
    use crate::pipeline::answers::testing::*;
    use crate::pipeline::testing::{professional, sample, world};
    use crate::pipeline::{correlate, exceptions};
    use crate::store::exceptions::ExceptionKind;

    const CUT: &[&str] = &["CAS*CO*45*20"];

    /// What the payer will get as claim A2 of a second file, before that file is handed in.
    async fn early() -> (crate::pipeline::testing::World, SentClaim) {
        let world = world().await;
        let first = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
        let late = SentClaim {
            control_number: "000a2".into(),
            trace: String::new(),
            date: "20261002".into(),
            ..first[0].clone()
        };
        (world, late)
    }

    /// With claim A2.
    fn other_file() -> Vec<u8> {
        let file = professional(2, &[&[sample("A2", 2)]]);
        String::from_utf8(file).unwrap().replace("BATCH", "OTHER").into_bytes()
    }

    #[tokio::test]
    async fn answers_that_came_before_their_claim_are_applied_when_it_is_sent() {
        let (world, late) = early().await;
        answer(&world, &ack277ca(&[(late.clone(), "A2:20", "ICN2")])).await;
        answer(&world, &era835(910, &[remittance("0001", "T1", "80", &[(late, "1", "80", CUT, "ICN2")], &[])])).await;
        assert_eq!(open_exceptions(&world).await.len(), 2);
        send(&world, "acme", &other_file()).await;
        correlate::run(&world.gateway).await.unwrap();
        assert!(open_exceptions(&world).await.is_empty(), "{:?}", open_exceptions(&world).await[0].candidates);
        let claim = claim(&world, "A2").await;
        assert_eq!((claim.status, claim.paid), (ClaimStatus::Paid, Cents(8000)));
        let payment = world.gateway.store.payments_of_claim(claim.received.id).await.unwrap().remove(0);
        // The 277CA was applied first, and told the number.
        assert_eq!(payment.rule, "payer claim control number");
        assert!(payment.evidence.contains("the charge is the same"), "{}", payment.evidence);
        // Each batch is tried once.
        assert!(world.gateway.store.untried_batches(10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_answer_that_came_before_its_claim_and_is_not_clear_shows_the_claim_when_it_is_there() {
        let (world, late) = early().await;
        let odd = SentClaim { charge: "500".into(), date: "20200101".into(), ..late };
        answer(&world, &ack277ca(&[(odd.clone(), "A2:20", "ICN2")])).await;
        answer(&world, &era835(910, &[remittance("0001", "T1", "480", &[(odd, "1", "480", CUT, "ICN2")], &[])])).await;
        let before = open_exceptions(&world).await;
        send(&world, "acme", &other_file()).await;
        correlate::run(&world.gateway).await.unwrap();
        let late = claim(&world, "A2").await.received.id.to_string();
        let open = open_exceptions(&world).await;
        assert_eq!((before.len(), open.len()), (2, 2));
        assert!(before.iter().all(|one| !one.candidates.contains(&late)));
        for one in open {
            assert!(one.candidates.contains(&late), "{}", one.candidates);
            assert_eq!(one.reason, "no claim fits well enough");
        }
    }

    #[tokio::test]
    async fn a_payment_that_knows_only_the_payers_number_waits_until_the_number_is_learned() {
        let world = world().await;
        let sent = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
        let mut numbered = SentClaim { control_number: "0".into(), member: String::new(), ..sent[0].clone() };
        numbered.date.clear();
        let pays = [(numbered, "1", "80", CUT, "ICN7")];
        answer(&world, &era835(910, &[remittance("0001", "T1", "80", &pays, &[])])).await;
        assert_eq!(open_exceptions(&world).await.len(), 1);
        answer(&world, &ack277ca(&[(sent[0].clone(), "A2:20", "ICN7")])).await;
        assert!(open_exceptions(&world).await.is_empty());
        assert_eq!(claim(&world, "A1").await.paid, Cents(8000));
    }

    #[tokio::test]
    async fn a_status_that_knows_only_the_payers_number_waits_until_a_payment_tells_it() {
        let world = world().await;
        let sent = send(&world, "acme", &professional(1, &[&[sample("A1", 1), sample("A2", 2)]])).await;
        let mut numbered =
            SentClaim { control_number: "0".into(), trace: String::new(), member: String::new(), ..sent[0].clone() };
        numbered.date.clear();
        answer(&world, &ack277ca(&[(numbered, "A2:20", "ICN7")])).await;
        assert_eq!(open_exceptions(&world).await.len(), 1);
        for (control, claim, number) in [(910, 1, "ICN6"), (911, 0, "ICN7")] {
            let pays = [(sent[claim].clone(), "1", "80", CUT, number)];
            let trace = format!("T{control}");
            answer(&world, &era835(control, &[remittance("0001", &trace, "80", &pays, &[])])).await;
            correlate::run(&world.gateway).await.unwrap();
            assert_eq!(open_exceptions(&world).await.len(), claim, "{number}");
        }
        let id = claim(&world, "A1").await.received.id;
        let told = world.gateway.store.claim_timeline(id).await.unwrap();
        assert!(
            told.iter().any(|event| event.kind == "277CA" && event.rule == "payer claim control number"),
            "{told:?}"
        );
    }

    #[tokio::test]
    async fn a_status_waits_for_the_number_of_a_held_payment_until_that_is_released() {
        let world = world().await;
        let sent = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
        let mut numbered =
            SentClaim { control_number: "0".into(), trace: String::new(), member: String::new(), ..sent[0].clone() };
        numbered.date.clear();
        answer(&world, &ack277ca(&[(numbered, "A2:20", "ICN7")])).await;
        let pays = [(sent[0].clone(), "1", "80", CUT, "ICN7")];
        // By a cent more than it pays.
        answer(&world, &era835(910, &[remittance("0001", "T1", "80.01", &pays, &[])])).await;
        correlate::run(&world.gateway).await.unwrap();
        let open = open_exceptions(&world).await;
        assert_eq!(open.len(), 2);
        let held = open.iter().find(|one| one.kind == ExceptionKind::Balance).unwrap();
        exceptions::release(&world.gateway, held.id, "sue").await.unwrap();
        correlate::run(&world.gateway).await.unwrap();
        assert!(open_exceptions(&world).await.is_empty());
    }

    #[tokio::test]
    async fn what_a_person_put_aside_is_not_tried_again() {
        let (world, late) = early().await;
        answer(&world, &ack277ca(&[(late, "A2:20", "ICN2")])).await;
        let open = open_exceptions(&world).await.remove(0);
        exceptions::dismiss(&world.gateway, open.id, "sue", "a test").await.unwrap();
        send(&world, "acme", &professional(2, &[&[sample("A2", 2)]])).await;
        correlate::run(&world.gateway).await.unwrap();
        assert_eq!(claim(&world, "A2").await.status, ClaimStatus::Batched);
        // Taken back, it finds the claim that was sent in the meantime.
        exceptions::undo(&world.gateway, open.id, "sue").await.unwrap();
        assert!(open_exceptions(&world).await.is_empty());
        assert_eq!(claim(&world, "A2").await.status, ClaimStatus::PayerAccepted);
    }

    #[tokio::test]
    async fn what_was_put_aside_and_taken_back_waits_for_its_claim_again() {
        let (world, late) = early().await;
        answer(&world, &ack277ca(&[(late, "A2:20", "ICN2")])).await;
        let open = open_exceptions(&world).await.remove(0);
        exceptions::dismiss(&world.gateway, open.id, "sue", "a test").await.unwrap();
        exceptions::undo(&world.gateway, open.id, "sue").await.unwrap();
        assert_eq!(open_exceptions(&world).await.len(), 1);
        send(&world, "acme", &other_file()).await;
        correlate::run(&world.gateway).await.unwrap();
        assert_eq!(claim(&world, "A2").await.status, ClaimStatus::PayerAccepted);
    }

    #[tokio::test]
    async fn a_batch_is_not_tried_while_something_was_added_to_what_waits() {
        let (world, late) = early().await;
        let store = &world.gateway.store;
        answer(&world, &ack277ca(&[(late, "A2:20", "ICN2")])).await;
        send(&world, "acme", &other_file()).await;
        let batch = store.untried_batches(10).await.unwrap().remove(0);
        let before = store.times_awaited(batch.id).await.unwrap() - 1;
        // The trial began before the answer was noted as waiting.
        assert!(!store.mark_batch_tried(batch.id, before, 1).await.unwrap());
        assert_eq!(store.untried_batches(10).await.unwrap(), std::slice::from_ref(&batch));
        let now = store.times_awaited(batch.id).await.unwrap();
        assert!(store.mark_batch_tried(batch.id, now, 1).await.unwrap());
        assert!(store.untried_batches(10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_batch_tried_while_an_answer_looked_or_with_a_claim_of_its_number_is_tried_again() {
        let world = world().await;
        let claims = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
        answer(&world, &ack277ca(&[(claims[0].clone(), "A2:20", "ICN7")])).await;
        let store = &world.gateway.store;
        let other = SentClaim { control_number: "NOBODY".into(), member: "M9".into(), ..claims[0].clone() };
        let other = SentClaim { date: "20200101".into(), ..other };
        for (control, number, long_ago, tried_again) in
            [(910, "ICN8", false, true), (911, "ICN8", true, false), (912, "ICN7", true, true)]
        {
            correlate::run(&world.gateway).await.unwrap();
            assert!(store.untried_batches(10).await.unwrap().is_empty());
            if long_ago {
                world.gateway.clock.advance(std::time::Duration::from_secs(600));
            }
            let trace = format!("T{control}");
            let pays = [(other.clone(), "1", "80", CUT, number)];
            answer(&world, &era835(control, &[remittance("0001", &trace, "80", &pays, &[])])).await;
            assert_eq!(store.untried_batches(10).await.unwrap().len(), usize::from(tried_again), "{control}");
        }
    }
}
