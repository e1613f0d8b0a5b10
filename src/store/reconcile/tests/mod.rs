//! A day of claims and answers is clean; each loss that is planted in a copy of it is named with where it is.

mod busy;
mod busy_losses;
mod losses;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use losses::{LOSSES, Loss};

use super::{money, sums};
use crate::pipeline::answers::testing::*;
use crate::pipeline::testing::{KEY, Sample, World, hosted_payer, professional, sample, submitter, world, world_of};
use crate::pipeline::{Progress, batch, intake, route, validate};
use crate::store::reconcile::{Account, Discrepancy, Period};
use crate::store::sql::query;
use crate::store::submissions::Channel;

const ALWAYS: Period = Period { since_ms: 0, until_ms: i64::MAX };
const DAY: i64 = 86_400_000;
/// All that a loss is planted in.
const TABLES: [&str; 16] = [
    "submission",
    "interchange",
    "submission_transaction",
    "claim",
    "claim_event",
    "batch",
    "batch_event",
    "batch_transaction",
    "delivery",
    "inbound",
    "remittance",
    "payment",
    "exception",
    "mail",
    "handed_on",
    "payload",
];

/// Four claims: paid, denied, refused by the payer, refused by us; and a payment that matches nothing.
async fn day() -> World {
    let claims = [sample("A1", 1), sample("A2", 2), sample("A3", 3), sample("A4", 4).spoilt()];
    let Sent { world, claims } = sent(&[&claims]).await;
    let mail = world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().remove(0);
    crate::pipeline::deliver::fetched(&world.gateway, mail.payload_id).await.unwrap();
    answer(&world, &ta1(&claims[0], "A", "000")).await;
    answer(&world, &ack999(&claims, &[])).await;
    let said = ["A2:20", "A2:20", "A7:562:85"];
    let answers: Vec<_> = claims.iter().cloned().zip(said).map(|(claim, code)| (claim, code, "")).collect();
    answer(&world, &ack277ca(&answers)).await;
    let stranger = SentClaim { control_number: "NOBODYS".into(), member: "Z9".into(), ..claims[0].clone() };
    let pays = [
        (claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1"),
        (claims[1].clone(), "4", "0", &["CAS*CO*50*100"][..], "ICN2"),
        (stranger, "1", "70", &["CAS*CO*45*30"][..], "ICN9"),
    ];
    let plb = ["PLB*1234567893*20261231*L6*-5"];
    answer(&world, &era835(910, &[remittance("0001", "CHK1", "155", &pays, &plb)])).await;
    world
}

async fn account(world: &World, period: Period) -> Account {
    world.gateway.store.account(period, world.gateway.clock.now_ms(), 10).await.unwrap()
}

async fn wrong(world: &World) -> Vec<Discrepancy> {
    account(world, ALWAYS).await.wrong
}

/// What the rule names, by the ids.
async fn named(world: &World, rule: &str) -> Vec<i64> {
    wrong(world).await.iter().filter(|one| one.rule == rule).map(|one| one.subject).collect()
}

/// In one transaction; how many rows it changed.
async fn plant(world: &World, statements: &[&str]) -> u64 {
    let mut changed = 0;
    let mut tx = world.gateway.store.begin().await.unwrap();
    for sql in statements {
        changed += query(sql.to_string()).execute(&mut tx).await.unwrap().rows_affected();
    }
    tx.commit().await.unwrap();
    changed
}

#[tokio::test]
async fn a_day_with_refusals_denials_and_strange_payments_is_clean_and_its_sums_hold() {
    let world = day().await;
    let whole = account(&world, ALWAYS).await;
    assert_eq!(whole.wrong, []);
    assert!(whole.adds_up(), "{:?}", whole.sums_that_are_wrong());
    let money = whole.money;
    assert_eq!((money.on_claims.0, money.unmatched.0, money.adjustments.0), (8000, 7000, -500));
    assert_eq!(whole.sent.len(), 1);
    let sent = &whole.sent[0];
    let parts = (sent.acknowledged.claims, sent.rejected.claims, sent.silent.claims);
    assert_eq!((sent.sent.claims, parts), (3, (2, 1, 0)));
    assert_eq!(whole.received.claims, 4);
    let tomorrow = Period { since_ms: world.gateway.clock.now_ms() + 1, until_ms: i64::MAX };
    assert_eq!(account(&world, tomorrow).await.received.claims, 0);
    let before = Period { since_ms: 0, until_ms: world.gateway.clock.now_ms() };
    assert_eq!(account(&world, before).await.received.claims, 0);
}

#[tokio::test]
async fn every_planted_loss_is_named_with_where_it_is() {
    check_losses(day, LOSSES).await;
}

/// Each by itself: what it changed is put back before the next.
async fn check_losses(begin: impl AsyncFn() -> World, losses: &[Loss]) {
    let world = begin().await;
    for table in TABLES {
        plant(&world, &[&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")]).await;
    }
    for (what, statements, rule, place) in losses {
        for statement in *statements {
            assert!(plant(&world, &[statement]).await > 0, "{what}: nothing was planted: {statement}");
        }
        let found = wrong(&world).await;
        let named = found.iter().find(|one| one.rule == *rule && one.place.contains(place));
        let Some(named) = named else { panic!("{what}: `{rule}` of {place} is not among {found:#?}") };
        assert!(named.subject != 0, "{what} has no id");
        let names = |one: &Discrepancy| one.place.contains("claims.837") || one.place.contains("answer.x12");
        assert!(!found.iter().any(names), "{what}: a name that a partner gave a file is told: {found:#?}");
        for table in TABLES {
            let back = [&*format!("DELETE FROM {table}"), &*format!("INSERT INTO {table} SELECT * FROM kept_{table}")];
            plant(&world, &back).await;
        }
    }
    assert_eq!(wrong(&world).await, [], "all is put back");
}

#[tokio::test]
async fn where_it_is_is_told_by_an_id_as_people_see_it() {
    let world = day().await;
    plant(&world, &["UPDATE claim SET paid = paid * 2 WHERE paid > 0"]).await;
    let submission = claim(&world, "A1").await.received.submission_id;
    assert_eq!(wrong(&world).await[0].place, format!("submission {submission}"));
}

const UNBATCHED: &str = "an accepted claim is in no batch although its submission was routed";

/// Claim A1, which has a payer, and A2, whose payer left before it was routed; an exception says so of A2.
async fn strayed() -> World {
    let acme = submitter("ACMEBILL", KEY, "");
    let (blue, red) = (hosted_payer("BLUESTAR", "BSTAR", KEY), hosted_payer("RED", "REDPA", KEY));
    let world = world_of("", &[("acme", &acme), ("bluestar", &blue), ("red", &red)]).await;
    let (gateway, partners) = (&world.gateway, world.gateway.partners.current());
    let file = professional(1, &[&[sample("A1", 1), Sample { payer_id: "REDPA".into(), ..sample("A2", 2) }]]);
    let from = partners.submitter("acme").unwrap();
    let mut incoming = intake::begin(gateway, from, Channel::Https, "claims.837", None).await.unwrap();
    incoming.write(bytes::Bytes::from(file)).await.unwrap();
    incoming.finish().await.unwrap();
    while validate::run(gateway).await.unwrap() == Progress::Worked {}
    std::fs::remove_file(world.folder.path().join("partners/red.toml")).unwrap();
    gateway.partners.reload().unwrap();
    while route::run(gateway).await.unwrap() == Progress::Worked {}
    while batch::run(gateway).await.unwrap() == Progress::Worked {}
    assert_eq!(open_exceptions(&world).await.len(), 1);
    world
}

#[tokio::test]
async fn a_claim_without_a_payer_is_accounted_for_by_its_own_exception_and_hides_no_lost_one() {
    let lose = "UPDATE claim SET batch_id = NULL, status = 2 WHERE patient_control_number = 'A1'";
    for state in [0, 2] {
        let world = strayed().await;
        plant(&world, &[&format!("UPDATE exception SET state = {state}")]).await;
        assert_eq!(wrong(&world).await, [], "its exception is in state {state}");
        plant(&world, &[lose]).await;
        assert_eq!(named(&world, UNBATCHED).await, [claim(&world, "A1").await.received.id.0]);
    }
    let world = strayed().await;
    plant(&world, &["UPDATE exception SET state = 1"]).await;
    assert_eq!(named(&world, UNBATCHED).await, [claim(&world, "A2").await.received.id.0], "settled, and not routed");
}

#[tokio::test]
async fn what_is_there_twice_is_named_though_the_first_is_of_an_earlier_day() {
    let world = day().await;
    plant(
        &world,
        &[
            "INSERT INTO remittance (id, inbound_id, ordinal, payer, trace, trace_payer, amount, method, payment_date,
                 payee_npi, payee_tin, payee_name, claims, claims_paid, adjustments, state, digest, received_at)
             SELECT id + 1, inbound_id, 9, payer, trace, trace_payer, amount, method, payment_date, payee_npi, payee_tin,
                 payee_name, 0, 0, 0, state, digest, received_at + 86400000 FROM remittance",
            "INSERT INTO batch (id, payer, kind, purpose, state, opened_at, release_at, isa13)
             SELECT id + 1, payer, kind, purpose, 1, opened_at + 86400000, release_at, isa13 FROM batch",
        ],
    )
    .await;
    let next_day = Period { since_ms: world.gateway.clock.now_ms() + DAY, until_ms: i64::MAX };
    let day = Period { since_ms: 0, until_ms: next_day.since_ms };
    for rule in ["the same remittance is posted twice", "two batches to one payer have the same control number"] {
        let told = async |period| account(&world, period).await.wrong.iter().filter(|one| one.rule == rule).count();
        assert_eq!((told(day).await, told(next_day).await), (0, 1), "{rule}");
    }
}

#[tokio::test]
async fn a_payers_file_that_waits_is_named_after_an_hour_though_none_came_after_it() {
    let world = day().await;
    hand_in(&world.gateway, b"anything").await;
    let store = &world.gateway.store;
    let waits = async |ms: i64| {
        let account = store.account(ALWAYS, world.gateway.clock.now_ms() + ms, 10).await.unwrap();
        account.wrong.iter().filter(|one| one.rule == "a payer's file was kept but never worked").count()
    };
    assert_eq!((waits(3_600_000).await, waits(3_600_001).await), (0, 1));
}

#[tokio::test]
async fn a_submitter_that_was_handed_one_of_two_remittances_of_a_file_is_named() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let pays = |n: usize| {
        let of_it = [(claims[n].clone(), "1", "80", &["CAS*CO*45*20"][..], "")];
        era835(910 + n as u32, &[remittance("0001", &format!("CHK{n}"), "80", &of_it, &[])])
    };
    // In other delimiters, and so in a letter of its own.
    answer(&world, &(pays(0) + &pays(1).replace('*', "|"))).await;
    assert_eq!(letters(&world, "acme", crate::store::mail::MailKind::Remit835).await.len(), 2);
    assert_eq!(wrong(&world).await, []);
    plant(&world, &["DELETE FROM mail WHERE kind = '835' AND origin LIKE '%:1'"]).await;
    assert_eq!(named(&world, "a submitter with claims in a remittance was not handed its part").await.len(), 1);
}

/// Sends and pays a claim a round.
async fn work_on(world: &World, rounds: u32) {
    for round in 1..=rounds {
        let number = format!("A{round}");
        let file = String::from_utf8(professional(round, &[&[sample(&number, round)]])).unwrap();
        let file = file.replace("BATCH", &format!("B{round}X"));
        let claims = send(world, "acme", file.as_bytes()).await;
        let sent = claims.iter().find(|claim| claim.control_number == number).unwrap();
        let mail = world.gateway.store.list_mail("bluestar", None, None, 100).await.unwrap();
        for mail in mail {
            crate::pipeline::deliver::fetched(&world.gateway, mail.payload_id).await.unwrap();
        }
        answer(world, &ack277ca(&[(sent.clone(), "A2:20", "")])).await;
        let pays = [(sent.clone(), "1", "80", &["CAS*CO*45*20"][..], "")];
        let file = era835(910 + round, &[remittance("0001", &format!("CHK{round}"), "80", &pays, &[])]);
        answer(world, &file).await;
    }
}

#[tokio::test]
async fn questions_about_one_moment_fit_each_other_whatever_is_done_between_them() {
    let world = world().await;
    let mut look = world.gateway.store.snapshot().await.unwrap();
    assert_eq!(sums::received_sum(&mut look, ALWAYS).await.unwrap().claims, 0);
    work_on(&world, 1).await;
    assert_eq!(sums::status_sums(&mut look, ALWAYS).await.unwrap(), []);
    assert_eq!(sums::sent_sums(&mut look, ALWAYS).await.unwrap(), []);
    assert_eq!(money::money_sum(&mut look, ALWAYS).await.unwrap(), Default::default());
    drop(look);
    let later = account(&world, ALWAYS).await;
    assert_eq!((later.received.claims, later.sent[0].sent.claims, later.money.on_claims.0), (1, 1, 8000));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_of_one_moment_while_a_gateway_works() {
    let world = Arc::new(world().await);
    let done = Arc::new(AtomicBool::new(false));
    let reconciling = tokio::spawn({
        let (world, done) = (world.clone(), done.clone());
        async move {
            let mut accounts = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let account = account(&world, ALWAYS).await;
                assert!(account.adds_up(), "{:?} {account:#?}", account.sums_that_are_wrong());
                accounts.push(account);
            }
            accounts.dedup();
            accounts.len()
        }
    });
    work_on(&world, 12).await;
    done.store(true, Ordering::Relaxed);
    let different = reconciling.await.unwrap();
    assert!(different > 3, "the gateway was seen in {different} states only");
}
