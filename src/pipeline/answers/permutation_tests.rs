//! Every order in which TA1, 999, 277CA and 835 and a repeat of each can come ends the same, with everything but the
//! disk lost between any two steps. A TA1 or 999 is about a whole batch, a 277CA or 835 about one claim: so each order
//! of a batch's answers is a batch, and each order of a claim's answers in it a claim.

use std::sync::Arc;

use super::testing::*;
use crate::domain::{Cents, ClaimStatus};
use crate::pipeline::testing::{KEY, Sample, World, hosted_payer, professional, sample, submitter, world_of};
use crate::pipeline::{Gateway, Progress, batch, correlate, intake, remit, route, validate};
use crate::store::mail::MailKind;
use crate::store::submissions::Channel;

/// What comes at one step of a batch: the acknowledgment of the whole, or an answer to each of its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Ta1,
    Ack999,
    Claims,
}

/// A claim's own answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Ack277ca,
    Remittance,
}

/// Batches that one payer gets, each in a round of its own.
const ROUNDS: usize = 21;
const PAYERS: usize = 20;
const STEPS: usize = 8;

/// All orders of `left`, equal ones once.
fn orders<T: Copy + PartialEq>(left: &[T]) -> Vec<Vec<T>> {
    let mut all = Vec::new();
    let mut tried: Vec<T> = Vec::new();
    for (n, &first) in left.iter().enumerate() {
        if tried.contains(&first) {
            continue;
        }
        tried.push(first);
        let rest: Vec<T> = [&left[..n], &left[n + 1..]].concat();
        all.extend(orders(&rest).into_iter().map(|mut order| {
            order.insert(0, first);
            order
        }));
    }
    if left.is_empty() { vec![Vec::new()] } else { all }
}

fn batch_orders() -> Vec<Vec<Step>> {
    use Step::{Ack999, Claims, Ta1};
    orders(&[Ta1, Ta1, Ack999, Ack999, Claims, Claims, Claims, Claims])
}

fn claim_orders() -> Vec<Vec<Said>> {
    use Said::{Ack277ca, Remittance};
    orders(&[Ack277ca, Ack277ca, Remittance, Remittance])
}

/// One batch as its payer has it, and the order of its answers.
struct Batch {
    payer: String,
    claims: Vec<SentClaim>,
    order: Vec<Step>,
}

fn payer(n: usize) -> String {
    format!("p{n:02}")
}

async fn all_sent() -> (World, Vec<Batch>) {
    let mut partners = vec![("acme".to_string(), submitter("ACMEBILL", KEY, ""))];
    for n in 0..PAYERS {
        // One key logs in as one partner.
        let key = KEY.replace("eZJ", &format!("{n:02}J"));
        partners.push((payer(n), hosted_payer(&format!("PAYER{n:02}"), &format!("PAY{n:02}"), &key)));
    }
    let partners: Vec<(&str, &str)> = partners.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let world = world_of("", &partners).await;
    let mut number = 0;
    for round in 0..ROUNDS {
        let mut claims = Vec::new();
        for n in (0..PAYERS).flat_map(|n| std::iter::repeat_n(n, claim_orders().len())) {
            number += 1;
            claims.push(Sample {
                charge: 100 + number,
                payer_id: format!("PAY{n:02}"),
                ..sample(&format!("PCN{number:06}"), 1 + number % 28)
            });
        }
        submit(&world.gateway, &professional(round as u32 + 1, &[&claims])).await;
    }
    let mut orders = batch_orders().into_iter();
    let mut batches = Vec::new();
    for n in 0..PAYERS {
        let box_of = world.gateway.store.list_mail(&payer(n), None, Some(MailKind::Claims837), 100).await.unwrap();
        assert_eq!(box_of.len(), ROUNDS);
        for mail in box_of {
            let file = world.gateway.read_payload(mail.payload_id).await.unwrap();
            let claims = claims_of(&String::from_utf8(file).unwrap());
            assert_eq!(claims.len(), claim_orders().len());
            batches.push(Batch { payer: payer(n), claims, order: orders.next().unwrap() });
        }
    }
    assert!(orders.next().is_none(), "there is a batch for every order");
    (world, batches)
}

async fn submit(gateway: &Arc<Gateway>, file: &[u8]) {
    let partners = gateway.partners.current();
    let from = partners.submitter("acme").unwrap();
    let mut incoming = intake::begin(gateway, from, Channel::Https, "claims.837", None).await.unwrap();
    incoming.write(bytes::Bytes::copy_from_slice(file)).await.unwrap();
    incoming.finish().await.unwrap();
    while validate::run(gateway).await.unwrap() == Progress::Worked {}
    while route::run(gateway).await.unwrap() == Progress::Worked {}
    while batch::run(gateway).await.unwrap() == Progress::Worked {}
}

/// What the payer says in all its answers.
#[derive(Clone, Copy)]
struct Verdict {
    ack277ca: &'static str,
    clp_status: &'static str,
    /// Of the charge in dollars, what is not paid.
    unpaid: fn(i64) -> i64,
    reason: &'static str,
}

impl Batch {
    /// What comes of it in a step, as interchanges of its payer.
    fn answer(&self, step: usize, verdict: Verdict) -> String {
        match self.order[step] {
            Step::Ta1 => ta1(&self.claims[0], "A", "000"),
            Step::Ack999 => ack999(&self.claims, &[]),
            Step::Claims => {
                let turn = self.order[..step].iter().filter(|one| **one == Step::Claims).count();
                self.claim_answers(turn, verdict)
            }
        }
    }

    fn claim_answers(&self, turn: usize, verdict: Verdict) -> String {
        let (mut told, mut paid) = (Vec::new(), Vec::new());
        for (claim, order) in self.claims.iter().zip(claim_orders()) {
            match order[turn] {
                Said::Ack277ca => told.push((claim.clone(), verdict.ack277ca, "ICN1")),
                Said::Remittance => paid.push(remittance_of(claim, paid.len(), verdict)),
            }
        }
        let mut file = String::new();
        if !told.is_empty() {
            file.push_str(&ack277ca(&told));
        }
        if !paid.is_empty() {
            file.push_str(&era835(910 + turn as u32, &paid));
        }
        file
    }
}

fn remittance_of(claim: &SentClaim, place: usize, verdict: Verdict) -> Vec<String> {
    let charge: i64 = claim.charge.parse().unwrap();
    let unpaid = (verdict.unpaid)(charge);
    let paid = (charge - unpaid).to_string();
    let cas = format!("CAS*CO*{}*{unpaid}", verdict.reason);
    let cas = [cas.as_str()];
    let pays = [(claim.clone(), verdict.clp_status, paid.as_str(), &cas[..], "ICN1")];
    let mut segments = remittance(&format!("{:04}", place + 1), &format!("T{}", claim.trace), &paid, &pays, &[]);
    if paid == "0" {
        segments[1] = "BPR*H*0*C*NON************20261103".to_string();
    }
    segments
}

/// Nothing but what is on the disk is left; ids are made of the time, which goes on.
async fn crash(world: World) -> World {
    world.gateway.clock.advance(std::time::Duration::from_secs(1));
    world.crash().await
}

/// The steps one after another, each with all batches' answers in one file for a payer, and a crash after keeping it
/// and between the two stages that work it.
async fn check(verdict: Verdict, status: ClaimStatus) {
    let (mut world, batches) = all_sent().await;
    for step in 0..STEPS {
        for n in 0..PAYERS {
            let own = batches.iter().filter(|batch| batch.payer == payer(n));
            let file: String = own.map(|batch| batch.answer(step, verdict)).collect();
            hand_in_from(&world.gateway, &payer(n), file.as_bytes()).await;
        }
        world = crash(world).await;
        while correlate::run(&world.gateway).await.unwrap() == Progress::Worked {}
        world = crash(world).await;
        while remit::run(&world.gateway).await.unwrap() == Progress::Worked {}
    }
    let handed_on = all_letters(&world).await;
    assert!(open_exceptions(&world).await.is_empty(), "{:?}", open_exceptions(&world).await[0].reason);
    for batch in &batches {
        for (sent, order) in batch.claims.iter().zip(claim_orders()) {
            let id = crate::domain::ids::ClaimId::from_trace_number(&sent.trace).unwrap();
            let claim = world.gateway.store.claim(id).await.unwrap().unwrap();
            let charge: i64 = sent.charge.parse().unwrap();
            let paid = Cents((charge - (verdict.unpaid)(charge)) * 100);
            let ends = (claim.status, claim.paid, claim.payer_claim_control_number.as_deref());
            assert_eq!(ends, (status, paid, Some("ICN1")), "{:?} {order:?}", batch.order);
            assert_eq!(world.gateway.store.claim_payments(id).await.unwrap().len(), 1, "{:?} {order:?}", batch.order);
            let told = handed_on.matches(&format!("CLP*{}*", sent.control_number)).count();
            assert_eq!(told, 1, "handed on once: {:?} {order:?}", batch.order);
        }
    }
}

/// All 835s in the submitter's mailbox.
async fn all_letters(world: &World) -> String {
    let (mut text, mut after) = (String::new(), None);
    loop {
        let page = world.gateway.store.list_mail("acme", after, Some(MailKind::Remit835), 100).await.unwrap();
        let Some(last) = page.last() else { return text };
        after = Some(last.id);
        for mail in &page {
            let bytes = world.gateway.read_payload(mail.payload_id).await.unwrap();
            text.push_str(&String::from_utf8(bytes).unwrap());
        }
    }
}

#[tokio::test]
async fn every_order_of_all_answers_and_their_repeats_ends_in_the_same_payment() {
    let verdict = Verdict { ack277ca: "A2:20", clp_status: "1", unpaid: |_| 20, reason: "45" };
    check(verdict, ClaimStatus::Paid).await;
}

#[tokio::test]
async fn every_order_of_a_refusal_and_a_denial_and_their_repeats_ends_in_the_denial() {
    let verdict = Verdict { ack277ca: "A3:21", clp_status: "4", unpaid: |charge| charge, reason: "50" };
    check(verdict, ClaimStatus::Denied).await;
}
