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
use crate::store::reconcile::{Account, Period};
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
    run_sql(&world, ATTEMPT).await;
    (world, claims)
}

/// The payer fetches; this is what a delivery leaves that is sent to one.
const ATTEMPT: &str = "INSERT INTO delivery_attempt (delivery_id, attempt, started_at, finished_at)
     SELECT d.id, 1, b.opened_at, b.opened_at FROM delivery d JOIN batch b ON b.id = d.batch_id";

async fn run_sql(world: &World, sql: &'static str) {
    let mut tx = world.gateway.store.begin().await.unwrap();
    query(sql).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
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

async fn dry_run(world: &World) -> Purged {
    let (gateway, on_hold) = (&world.gateway, Vec::new());
    let (retention, now) = (&thirty_days(), gateway.clock.now_ms());
    let purge = Purge { store: &gateway.store, payloads: &gateway.payloads, retention, on_hold, now };
    purge.dry_run().await.unwrap()
}

/// All that reconcile says, which must be clean.
async fn account(world: &World) -> Account {
    let account = world.gateway.store.account(ALWAYS, world.gateway.clock.now_ms(), 10).await.unwrap();
    assert_eq!(account.wrong, []);
    assert!(account.adds_up(), "{:?}", account.sums_that_are_wrong());
    account
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
    assert_eq!(purged.attempts, 1);
    for table in ABOUT_PATIENTS {
        assert_eq!(count(&world, table).await, 0, "{table}");
    }
    assert_eq!(account(&world).await, before);
    assert_eq!(purge(&world).await, Purged::default(), "the second finds nothing");
}

#[tokio::test]
async fn a_purge_leaves_partitions_empty_that_are_dropped_and_the_account_and_new_claims_do_without() {
    let (world, _) = answered().await;
    let (store, clock) = (&world.gateway.store, &world.gateway.clock);
    let before = account(&world).await;
    clock.advance(20 * 365 * DAY);
    if !store.has_partitions() {
        return;
    }
    store.keep_partitions(clock.now_ms()).await.unwrap();
    clock.advance(2 * DAY);
    let kept = store.keep_partitions(clock.now_ms()).await.unwrap();
    assert_eq!(kept.dropped, [""; 0], "all of them hold something");
    assert_eq!(purge(&world).await.claims, 4);
    for expected in [&[][..], &["payload", "claim", "claim_event", "finding", "payment"]] {
        let dropped = store.keep_partitions(clock.now_ms()).await.unwrap().dropped;
        assert_eq!(dropped, expected.iter().map(|table| format!("{table}_first")).collect::<Vec<_>>());
        clock.advance(DAY);
    }
    assert_eq!(account(&world).await, before);
    send(&world, "acme", &professional(2, &[&[sample("P1", 1)]])).await;
    assert_eq!(count(&world, "claim").await, 1);
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
        assert_eq!(count(&world, "finding").await, 1);
        assert_eq!(dry_run(&world).await, Purged::default(), "{hold_on}");
        assert_eq!(purge(&world).await, Purged::default(), "{hold_on}");
        account(&world).await;
        assert!(store.remove_hold(&hold.on).await.unwrap());
        assert_eq!(purge(&world).await.claims, 4, "{hold_on}");
    }
}

fn held(on: HoldOn) -> Hold {
    Hold { on, reason: String::new(), set_by: "test".into(), set_at: 1 }
}

#[tokio::test]
async fn any_hold_keeps_questions_about_claims_and_a_held_payer_keeps_its_files() {
    let (world, _) = answered().await;
    run_sql(&world, "UPDATE batch SET kind = '276'").await;
    run_sql(&world, "UPDATE claim SET batch_id = NULL").await;
    world.gateway.clock.advance(OLD);
    let store = &world.gateway.store;
    for (name, kind) in [("somebody", "276"), ("bluestar", "837P")] {
        let mut tx = store.begin().await.unwrap();
        query("UPDATE batch SET kind = ?").bind(kind).execute(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let hold = held(HoldOn::Partner(name.to_string()));
        store.add_hold(&hold).await.unwrap();
        let purged = purge(&world).await;
        assert_eq!((purged.batches, purged.attempts), (0, 0), "{name}");
        assert!(store.remove_hold(&hold.on).await.unwrap());
    }
    let purged = purge(&world).await;
    assert_eq!((purged.batches, purged.attempts), (1, 1));
}

#[tokio::test]
async fn a_claim_that_waits_for_anybody_is_kept_whatever_its_batch_came_to() {
    use crate::domain::ClaimStatus;
    for &status in ClaimStatus::ALL {
        let (world, _) = answered().await;
        world.gateway.clock.advance(OLD);
        let mut tx = world.gateway.store.begin().await.unwrap();
        let only = "UPDATE claim SET status = ? WHERE patient_control_number = 'A1'";
        query(only).bind(status.code()).execute(&mut tx).await.unwrap();
        if status == ClaimStatus::Batched {
            // Its file could not be sent and is with support.
            query("UPDATE batch SET state = 4, claim_status = NULL").execute(&mut tx).await.unwrap();
        }
        if status == ClaimStatus::Accepted {
            query("UPDATE claim SET batch_id = NULL WHERE status = 2").execute(&mut tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let purged = purge(&world).await;
        assert_eq!(purged.claims, if status.is_final() { 4 } else { 0 }, "{status}");
        assert_eq!(purged.batches, u64::from(status.is_final()), "{status}");
    }
}

#[tokio::test]
async fn a_batch_that_is_with_support_keeps_its_file() {
    let (world, _) = answered().await;
    world.gateway.clock.advance(OLD);
    run_sql(&world, "UPDATE batch SET state = 4").await;
    assert_eq!(purge(&world).await.batches, 0);
    run_sql(&world, "UPDATE batch SET state = 3").await;
    assert_eq!(purge(&world).await.batches, 1);
}

#[tokio::test]
async fn a_hold_that_is_set_while_a_purge_runs_is_kept_to_from_its_next_transaction() {
    for hold_on in ["acme", "bluestar", "claim"] {
        let (world, _) = answered().await;
        let store = &world.gateway.store;
        world.gateway.clock.advance(OLD);
        let (now, before) = (world.gateway.clock.now_ms(), world.gateway.clock.now_ms() - 1);
        let found = store.spared(Vec::new()).await.unwrap();
        let submission = store.removable_submission(before, &found, None).await.unwrap().unwrap();
        let answer = store.removable_answer(before, &found, None).await.unwrap().unwrap();
        let on = match hold_on {
            "claim" => HoldOn::Claim(claim(&world, "A1").await.received.id),
            partner => HoldOn::Partner(partner.to_string()),
        };
        assert!(store.add_hold(&held(on)).await.unwrap());
        assert_eq!(store.remove_claims(submission, &found, 10).await.unwrap(), 0, "{hold_on}");
        assert!(!store.end_submission(submission, &found, now).await.unwrap());
        assert!(!store.end_answer(answer, before, &found, now).await.unwrap(), "{hold_on}");
        assert_eq!(store.remove_mail(before, &found, 10).await.unwrap(), 0);
        assert_eq!(store.remove_findings(before, &found, 10).await.unwrap(), 0, "{hold_on}");
        assert_eq!(store.remove_attempts(before, &found, 10).await.unwrap(), 0, "{hold_on}");
        assert_eq!((count(&world, "claim").await, count(&world, "payment").await), (4, 2));
    }
}

#[tokio::test]
async fn what_gets_under_way_again_while_a_purge_runs_stays() {
    let (world, _) = answered().await;
    let store = &world.gateway.store;
    world.gateway.clock.advance(OLD);
    let (now, before) = (world.gateway.clock.now_ms(), world.gateway.clock.now_ms() - 1);
    let found = store.spared(Vec::new()).await.unwrap();
    let submission = store.removable_submission(before, &found, None).await.unwrap().unwrap();
    let answer = store.removable_answer(before, &found, None).await.unwrap().unwrap();
    run_sql(&world, "UPDATE claim SET status = 4 WHERE patient_control_number = 'A3'").await;
    run_sql(
        &world,
        "INSERT INTO exception (id, inbound_id, payer, kind, raised_at, state, reason, response)
         SELECT id, id, partner, '835', received_at, 0, '', '' FROM inbound",
    )
    .await;
    assert_eq!(store.remove_claims(submission, &found, 10).await.unwrap(), 0);
    assert!(!store.end_submission(submission, &found, now).await.unwrap());
    assert!(!store.end_answer(answer, before, &found, now).await.unwrap());
    run_sql(&world, "UPDATE claim SET status = 9 WHERE status = 4").await;
    run_sql(&world, "UPDATE exception SET state = 2").await;
    assert_eq!(store.remove_claims(submission, &found, 10).await.unwrap(), 4);
    assert!(store.end_submission(submission, &found, now).await.unwrap());
    assert!(store.end_answer(answer, before, &found, now).await.unwrap());
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
    // For all that the gateway knows its clock jumped, whatever came in since.
    assert_eq!(watch::run(&world.gateway).await.unwrap(), Progress::Idle);
    let alarm = world.gateway.store.standing_alarms().await.unwrap().remove(0);
    assert_eq!((alarm.kind.as_str(), alarm.subject.as_str()), ("clock", "gateway"));
    world.gateway.clock.advance(DAY);
    watch::run(&world.gateway).await.unwrap();
    assert_eq!(count(&world, "claim").await, 2, "nobody has had the time to see it");
    world.gateway.clock.advance(DAY);
    assert_eq!(watch::run(&world.gateway).await.unwrap(), Progress::Idle);
    assert!(world.gateway.store.standing_alarms().await.unwrap().is_empty());
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

#[tokio::test]
async fn a_clock_that_jumps_and_is_put_right_costs_nothing() {
    let settings = "[retention]\nsubmissions = \"30d\"\nanswers = \"30d\"\nmail = \"30d\"\nfindings = \"30d\"\n";
    let partners =
        [("acme", &submitter("ACMEBILL", KEY, "")[..]), ("bluestar", &hosted_payer("BLUESTAR", "BSTAR", KEY))];
    let world = world_of(settings, &partners).await;
    send(&world, "acme", &professional(1, &[&[sample("C1", 1).spoilt()]])).await;
    watch::run(&world.gateway).await.unwrap();
    let before = (count(&world, "claim").await, count(&world, "finding").await, count(&world, "mail").await);
    world.gateway.clock.advance(4 * OLD);
    for _ in 0..3 {
        watch::run(&world.gateway).await.unwrap();
        world.gateway.clock.advance(DAY / 4);
    }
    world.gateway.clock.put_back(4 * OLD);
    watch::run(&world.gateway).await.unwrap();
    let after = (count(&world, "claim").await, count(&world, "finding").await, count(&world, "mail").await);
    assert_eq!(after, before);
    assert!(world.gateway.store.standing_alarms().await.unwrap().is_empty());
}
