//! What is old goes, with everything about a patient in it; what is on hold, young or under way stays; and every claim
//! and cent stays accounted for.

use std::time::Duration;

use crate::partner::config::Retention;
use crate::pipeline::answers::testing::{
    Sent, SentClaim, ack277ca, ack999, answer, claim, era835, open_exceptions, remittance, send, sent, ta1,
};
use crate::pipeline::testing::{KEY, World, hosted_payer, professional, sample, submitter, world_of};
use crate::pipeline::watch::{self, Purge, Purged};
use crate::pipeline::{Progress, StageError};
use crate::store::audit::AuditVerdict;
use crate::store::holds::{Hold, HoldOn};
use crate::store::reconcile::{MoneySum, Period, ReceivedSum, SentSum, StatusSum};
use crate::store::{PayloadError, sql::query};

const ALWAYS: Period = Period { since_ms: 0, until_ms: i64::MAX };
const DAY: Duration = Duration::from_secs(86_400);

/// Old enough for all that a test calls old.
const OLD: Duration = Duration::from_secs(100 * 86_400);

fn thirty_days() -> Retention {
    let kept = Some(30 * DAY);
    Retention { submissions: kept, findings: kept, answers: kept, mail: kept, attempts: kept }
}

/// A payment, a denial, a refusal by the payer and one by us, all of them answered; the claims that were sent.
async fn answered() -> (World, Vec<SentClaim>) {
    let claims = [sample("A1", 1), sample("A2", 2), sample("A3", 3), sample("A4", 4).spoilt()];
    let Sent { world, claims } = sent(&[&claims]).await;
    let mail = world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().remove(0);
    crate::pipeline::deliver::fetched(&world.gateway, mail.payload_id).await.unwrap();
    answer(&world, &ta1(&claims[0], "A", "000")).await;
    answer(&world, &ack999(&claims, &[])).await;
    let said = ["A2:20", "A2:20", "A7:562:85"];
    let answers: Vec<_> = claims.iter().cloned().zip(said).map(|(claim, code)| (claim, code, "")).collect();
    answer(&world, &ack277ca(&answers)).await;
    let pays = [
        (claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1"),
        (claims[1].clone(), "4", "0", &["CAS*CO*50*100"][..], "ICN2"),
    ];
    answer(&world, &era835(910, &[remittance("0001", "CHK1", "80", &pays, &[])])).await;
    (world, claims)
}

async fn purge(world: &World) -> Purged {
    purge_of(world, &thirty_days()).await.unwrap()
}

async fn purge_of(world: &World, retention: &Retention) -> Result<Purged, StageError> {
    let gateway = &world.gateway;
    let on_hold = gateway.partners.current().on_legal_hold();
    let now = gateway.clock.now_ms();
    Purge { store: &gateway.store, payloads: &gateway.payloads, retention, on_hold, now }.all().await
}

type Sums = (ReceivedSum, Vec<StatusSum>, Vec<SentSum>, MoneySum);

/// All that reconcile says, which must be clean.
async fn account(world: &World) -> Sums {
    let store = &world.gateway.store;
    assert_eq!(store.discrepancies(ALWAYS, 10).await.unwrap(), []);
    let sums = (
        store.received_sum(ALWAYS).await.unwrap(),
        store.status_sums(ALWAYS).await.unwrap(),
        store.sent_sums(ALWAYS).await.unwrap(),
        store.money_sum(ALWAYS).await.unwrap(),
    );
    assert_eq!(sums.1.iter().map(|sum| sum.claims).sum::<i64>(), sums.0.claims);
    assert!(sums.2.iter().all(SentSum::adds_up) && sums.3.adds_up(), "{sums:?}");
    sums
}

async fn count(world: &World, table: &str) -> i64 {
    let mut tx = world.gateway.store.begin().await.unwrap();
    query(format!("SELECT COUNT(*) FROM {table}")).fetch_one(&mut tx).await.unwrap().get(0)
}

/// Tables with rows about patients, or with what was handed to partners.
const ABOUT_PATIENTS: [&str; 9] = [
    "claim",
    "claim_event",
    "finding",
    "payment",
    "payload",
    "mail",
    "submission_transaction",
    "submission_fingerprint",
    "exception",
];

#[tokio::test]
async fn what_is_old_goes_and_every_claim_and_cent_stays_accounted_for() {
    let (world, _) = answered().await;
    let before = account(&world).await;
    assert_eq!(purge(&world).await, Purged::default(), "nothing is old yet");
    world.gateway.clock.advance(OLD);
    let purged = purge(&world).await;
    assert_eq!((purged.submissions, purged.claims, purged.batches, purged.answers), (1, 4, 1, 4));
    for table in ABOUT_PATIENTS {
        assert_eq!(count(&world, table).await, 0, "{table}");
    }
    assert_eq!(account(&world).await, before);
    assert_eq!(purge(&world).await, Purged::default(), "the second finds nothing");
}

#[tokio::test]
async fn a_held_partner_and_a_held_claim_keep_all_that_tells_of_them() {
    for hold_on in ["acme", "bluestar", "claim"] {
        let (world, _) = answered().await;
        let store = &world.gateway.store;
        let on = match hold_on {
            "claim" => HoldOn::Claim(claim(&world, "A1").await.received.id),
            partner => HoldOn::Partner(partner.to_string()),
        };
        let hold = Hold { on, reason: String::new(), set_by: "test".into(), set_at: 1 };
        assert!(store.add_hold(&hold).await.unwrap() && !store.add_hold(&hold).await.unwrap());
        world.gateway.clock.advance(OLD);
        let purged = Purged { findings: 0, attempts: 0, ..purge(&world).await };
        assert_eq!((purged.claims, purged.answers, purged.mail, purged.payloads), (0, 0, 0, 0), "{hold_on}");
        account(&world).await;
        assert!(store.remove_hold(&hold.on).await.unwrap());
        assert_eq!(purge(&world).await.claims, 4, "{hold_on}");
    }
}

#[tokio::test]
async fn a_claim_under_way_keeps_its_submission_and_an_open_exception_its_file() {
    let Sent { world, claims } = sent(&[&[sample("B1", 1)]]).await;
    let stranger = SentClaim { control_number: "NOBODYS".into(), member: "Z9".into(), ..claims[0].clone() };
    let pays = [(stranger, "1", "70", &["CAS*CO*45*30"][..], "ICN9")];
    answer(&world, &era835(911, &[remittance("0001", "CHK2", "70", &pays, &[])])).await;
    assert_eq!(open_exceptions(&world).await.len(), 1);
    // The payer has not fetched the batch: its file is still to be delivered.
    let file = professional(2, &[&[sample("B2", 2)]]);
    world.gateway.clock.advance(OLD);
    let purged = purge(&world).await;
    assert_eq!((purged.answers, count(&world, "payment").await), (0, 1));
    send(&world, "acme", &file).await;
    assert_eq!(purge(&world).await.submissions, 0, "the second came today");
    account(&world).await;
}

#[tokio::test]
async fn kinds_that_are_kept_forever_stay() {
    let (world, _) = answered().await;
    let before = account(&world).await;
    world.gateway.clock.advance(OLD);
    let answers_only = Retention { answers: Some(30 * DAY), ..Retention::default() };
    let purged = purge_of(&world, &answers_only).await.unwrap();
    // The remittance stays with the claims that it paid.
    assert_eq!((purged.submissions, purged.mail, purged.answers), (0, 0, 3));
    assert_eq!(account(&world).await, before);
    assert_eq!(count(&world, "payment").await, 2);
}

#[tokio::test]
async fn nothing_is_removed_while_a_backup_runs() {
    let (world, _) = answered().await;
    world.gateway.clock.advance(OLD);
    let backup = world.gateway.payloads.hold_still().unwrap();
    let refused = purge_of(&world, &thirty_days()).await.unwrap_err();
    assert!(matches!(refused, StageError::Payload(PayloadError::BackupUnderWay)));
    assert_eq!(count(&world, "claim").await, 4);
    drop(backup);
    assert_eq!(purge(&world).await.claims, 4);
}

#[tokio::test]
async fn the_gateway_removes_what_is_old_once_a_day_and_the_trail_says_so() {
    let settings = "[retention]\nsubmissions = \"30d\"\nanswers = \"30d\"\nmail = \"30d\"\n";
    let world = world_of(
        settings,
        &[("acme", &submitter("ACMEBILL", KEY, "")), ("bluestar", &hosted_payer("BLUESTAR", "BSTAR", KEY))],
    )
    .await;
    send(&world, "acme", &professional(1, &[&[sample("C1", 1).spoilt()]])).await;
    assert_eq!(watch::run(&world.gateway).await.unwrap(), Progress::Idle);
    world.gateway.clock.advance(OLD);
    send(&world, "acme", &professional(2, &[&[sample("C2", 2).spoilt()]])).await;
    assert_eq!(count(&world, "claim").await, 2);
    assert_eq!(watch::run(&world.gateway).await.unwrap(), Progress::Idle);
    assert_eq!(count(&world, "claim").await, 1, "the young one stays");
    let rows = count(&world, "audit WHERE action = 'store.purge' AND object LIKE '%claims=1%'").await;
    assert_eq!(rows, 1);
    assert!(matches!(world.gateway.store.verify_audit().await.unwrap(), AuditVerdict::Whole { .. }));
    world.gateway.clock.advance(DAY / 2);
    watch::run(&world.gateway).await.unwrap();
    assert_eq!(world.gateway.store.chore_done_at("purge").await.unwrap(), {
        let noon = DAY / 2;
        world.gateway.clock.now_ms() - noon.as_millis() as i64
    });
}
