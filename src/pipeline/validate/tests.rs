//! The checks over a real store: what a submitter hands in, and every row that comes of it.

use std::sync::Arc;

use super::asked::stored_fingerprint;
use super::*;
use crate::domain::ClaimStatus;
use crate::domain::ids::ClaimId;
use crate::pipeline::intake::{self, Received};
use crate::pipeline::testing::{KEY, Sample, World, hosted_payer, professional, sample, submitter, world, world_of};
use crate::pipeline::{Gateway, Progress};
use crate::store::claims::ClaimRow;
use crate::store::leases::Lease;
use crate::store::mail::{MailKind, MailRow};
use crate::store::search::ClaimQuery;
use crate::store::submissions::{Channel, Counts, SubmissionRow, SubmissionState};
use crate::store::validation::{Chunk, NewFinding, Outcome, Step, Validated};

async fn hand_in(gateway: &Arc<Gateway>, file: &[u8], channel: Channel) -> SubmissionRow {
    let partners = gateway.partners.current();
    let acme = partners.submitter("acme").unwrap();
    let mut incoming = intake::begin(gateway, acme, channel, "claims.837", None).await.unwrap();
    incoming.write(bytes::Bytes::copy_from_slice(file)).await.unwrap();
    let Received::New(row) = incoming.finish().await.unwrap() else { panic!("the sample is new") };
    row
}

async fn checked(world: &World, file: &[u8]) -> SubmissionRow {
    let row = hand_in(&world.gateway, file, Channel::Https).await;
    assert_eq!(run(&world.gateway).await.unwrap(), Progress::Worked);
    world.gateway.store.submission(row.id).await.unwrap().unwrap()
}

/// In the order of the file.
async fn claims(world: &World, of: &SubmissionRow) -> Vec<ClaimRow> {
    let query = ClaimQuery { submission: Some(of.id), limit: 500, ..ClaimQuery::default() };
    let mut found = Vec::new();
    for line in world.gateway.store.search_claims(&query).await.unwrap() {
        found.push(world.gateway.store.claim(line.id).await.unwrap().unwrap());
    }
    found.reverse();
    found
}

fn statuses(claims: &[ClaimRow]) -> Vec<ClaimStatus> {
    claims.iter().map(|claim| claim.status).collect()
}

async fn answers(world: &World, of: &SubmissionRow) -> Vec<(MailKind, String)> {
    let mut found = Vec::new();
    for mail in world.gateway.store.mail_of_submission(of.id).await.unwrap() {
        found.push((mail.kind, text(world, &mail).await));
    }
    found
}

async fn text(world: &World, mail: &MailRow) -> String {
    String::from_utf8(world.gateway.read_payload(mail.payload_id).await.unwrap()).unwrap()
}

/// Code and text of the claim's rejection.
async fn rejection(world: &World, claim: ClaimId) -> (String, String) {
    let timeline = world.gateway.store.claim_timeline(claim).await.unwrap();
    let event = timeline.into_iter().find(|event| event.kind == "rejected").expect("the claim is rejected");
    (event.code, event.text)
}

const ACCEPTED: ClaimStatus = ClaimStatus::Accepted;
const REJECTED: ClaimStatus = ClaimStatus::Rejected;

#[tokio::test]
async fn a_good_file_becomes_accepted_claims_and_its_acknowledgements() {
    let world = world().await;
    let file = professional(1, &[&[sample("A1", 1), sample("A2", 2)]]);
    let row = checked(&world, &file).await;
    assert_eq!(row.state, SubmissionState::Validated);
    assert_eq!((row.counts.claims, row.counts.accepted, row.counts.charge.to_x12()), (2, 2, "200".into()));
    let claims = claims(&world, &row).await;
    assert_eq!(statuses(&claims), [ACCEPTED, ACCEPTED]);
    let first = &claims[0].received;
    assert_eq!((first.patient_control_number.reveal().as_str(), first.payer_id.as_str()), ("A1", "BSTAR"));
    assert_eq!((first.service_from.as_str(), first.purpose.as_str(), first.lines), ("2026-10-01", "CH", 1));
    let span = first.spans.claim;
    assert!(file[span.offset as usize..][..span.bytes as usize].starts_with(b"CLM*A1*100"));
    let answers = answers(&world, &row).await;
    assert_eq!(answers.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [MailKind::Ack999, MailKind::Ack277ca]);
    assert!(answers[0].1.contains("IK5*A~"), "{}", answers[0].1);
    assert!(answers[1].1.contains(&format!("REF*D9*{}~", first.id.trace_number())), "{}", answers[1].1);
}

#[tokio::test]
async fn a_bad_claim_alone_is_rejected_and_the_others_go_on() {
    let world = world().await;
    let file = professional(1, &[&[sample("A1", 1), sample("A2", 2).spoilt(), sample("A3", 3)]]);
    let row = checked(&world, &file).await;
    assert_eq!((row.counts.accepted, row.counts.rejected), (2, 1));
    let claims = claims(&world, &row).await;
    assert_eq!(statuses(&claims), [ACCEPTED, REJECTED, ACCEPTED]);
    let (code, text) = rejection(&world, claims[1].received.id).await;
    assert!(code.starts_with("A7:562:82"), "{code} {text}");
    assert_eq!(world.gateway.store.claim_findings(claims[1].received.id).await.unwrap().len(), 1);
    assert!(world.gateway.store.claim_findings(claims[0].received.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_claims_of_a_rejected_transaction_are_rejected_with_it() {
    let world = world().await;
    let good = String::from_utf8(professional(1, &[&[sample("A1", 1), sample("A2", 2)], &[sample("A3", 3)]])).unwrap();
    let broken = good.replacen("SE*39*0001", "SE*40*0001", 1);
    assert_ne!(broken, good, "the sample's count is where the test says");
    let row = checked(&world, broken.as_bytes()).await;
    assert_eq!((row.counts.accepted, row.counts.rejected), (1, 2));
    let claims = claims(&world, &row).await;
    assert_eq!(statuses(&claims), [REJECTED, REJECTED, ACCEPTED]);
    assert_eq!(rejection(&world, claims[1].received.id).await.0, "999:4");
    let verdicts = world.gateway.store.transactions_of(row.id).await.unwrap();
    assert_eq!(verdicts.iter().map(|st| st.verdict.as_str()).collect::<Vec<_>>(), ["R", "A"]);
}

#[tokio::test]
async fn a_rejected_interchange_rejects_all_its_claims_with_a_ta1() {
    let world = world().await;
    let file = String::from_utf8(professional(1, &[&[sample("A1", 1)]])).unwrap().replace("*0*T*:~", "*0*P*:~");
    let row = checked(&world, file.as_bytes()).await;
    assert_eq!((row.counts.accepted, row.counts.rejected), (0, 1));
    assert_eq!(rejection(&world, claims(&world, &row).await[0].received.id).await.0, "TA1:020");
    let answers = answers(&world, &row).await;
    assert_eq!(answers.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [MailKind::Ta1]);
}

#[tokio::test]
async fn an_interchange_number_that_was_used_is_refused() {
    let world = world().await;
    checked(&world, &professional(7, &[&[sample("A1", 1)]])).await;
    let row = checked(&world, &professional(7, &[&[sample("B1", 5)]])).await;
    assert_eq!((row.counts.accepted, row.counts.rejected), (0, 1));
    assert_eq!(rejection(&world, claims(&world, &row).await[0].received.id).await.0, "TA1:025");
}

#[tokio::test]
async fn a_claim_that_was_accepted_before_is_a_duplicate_and_one_that_was_rejected_is_not() {
    let world = world().await;
    checked(&world, &professional(1, &[&[sample("A1", 1), sample("A2", 2).spoilt()]])).await;
    let row = checked(&world, &professional(2, &[&[sample("B1", 1), sample("B2", 2), sample("B3", 3)]])).await;
    let claims = claims(&world, &row).await;
    assert_eq!(statuses(&claims), [REJECTED, ACCEPTED, ACCEPTED]);
    assert_eq!(rejection(&world, claims[0].received.id).await.0, "A3:78");
}

#[tokio::test]
async fn a_crash_in_the_middle_leaves_what_no_crash_leaves() {
    let file = professional(1, &[&[sample("A1", 1), sample("A2", 2).spoilt(), sample("A3", 3)]]);
    let world = world().await;
    let row = hand_in(&world.gateway, &file, Channel::Https).await;
    // The first part of a run, up to the moment before everything is committed.
    let partners = world.gateway.partners.current();
    assert_eq!(world.gateway.store.begin_validation(row.id, &Lease::alone("test")).await.unwrap(), Step::Done);
    run::read_and_store(&world.gateway, &row, partners.submitter("acme").unwrap(), &Lease::alone("test"))
        .await
        .unwrap();
    assert_eq!(statuses(&claims(&world, &row).await), [ClaimStatus::Received; 3]);
    let world = world.crash().await;
    assert_eq!(run(&world.gateway).await.unwrap(), Progress::Worked);
    assert_eq!(run(&world.gateway).await.unwrap(), Progress::Idle);
    let row = world.gateway.store.submission(row.id).await.unwrap().unwrap();
    assert_eq!((row.counts.claims, row.counts.accepted, row.counts.rejected), (3, 2, 1));
    let after = claims(&world, &row).await;
    assert_eq!(statuses(&after), [ACCEPTED, REJECTED, ACCEPTED]);
    assert_eq!(world.gateway.store.findings_of_submission(row.id, None, 100).await.unwrap().len(), 1);
    assert_eq!(answers(&world, &row).await.len(), 2, "each acknowledgement once");
}

#[tokio::test]
async fn of_a_small_file_nothing_is_stored_before_all_of_it_is() {
    let world = world().await;
    let file = professional(1, &[&[sample("A1", 1), sample("A2", 2).spoilt()]]);
    let row = hand_in(&world.gateway, &file, Channel::Https).await;
    // Somebody else finishes it while it is being checked: what this try read must not be stored beside.
    let mut chunk = Chunk::default();
    chunk.findings.push(NewFinding { ordinal: 7, claim_id: None, body: "{}".into() });
    let done = Validated {
        submission_id: row.id,
        partner: "acme".into(),
        began_at: 0,
        began_after: i64::MAX,
        at: 1,
        interchanges: Vec::new(),
        transactions: Vec::new(),
        fingerprints: Vec::new(),
        counts: Counts::default(),
        mail: Vec::new(),
        outcome: Outcome::Validated,
    };
    run(&world.gateway).await.unwrap();
    let draw = || world.gateway.draw_id();
    let store = &world.gateway.store;
    assert_eq!(store.record_checked(&[chunk], &[], &done, draw).await.unwrap(), Step::NotDue);
    let findings = store.findings_of_submission(row.id, None, 100).await.unwrap();
    assert_eq!(findings.iter().map(|row| row.ordinal).collect::<Vec<_>>(), [0]);
    assert_eq!(statuses(&claims(&world, &row).await), [ACCEPTED, REJECTED]);
}

#[tokio::test]
async fn many_small_files_are_checked_at_the_same_time_and_each_once() {
    let world = world().await;
    let mut rows = Vec::new();
    for n in 1..40 {
        rows.push(hand_in(&world.gateway, &professional(n, &[&[sample(&format!("A{n}"), 1)]]), Channel::Https).await);
    }
    assert_eq!(run(&world.gateway).await.unwrap(), Progress::Worked);
    let (mut accepted, mut numbers) = (0, std::collections::BTreeSet::new());
    for row in &rows {
        let row = world.gateway.store.submission(row.id).await.unwrap().unwrap();
        assert!(row.state.is_checked(), "{}", row.id);
        accepted += row.counts.accepted;
        for (_, answer) in answers(&world, &row).await {
            assert!(numbers.insert(answer[90..99].to_string()), "control number {} twice", &answer[90..99]);
        }
    }
    // One claim under 39 names: whichever came first is the one that is taken.
    assert_eq!((accepted, numbers.len()), (1, 78));
}

#[tokio::test]
async fn of_two_files_checked_at_the_same_time_the_second_sees_the_first() {
    let world = world().await;
    let gateway = &world.gateway;
    let slow = hand_in(gateway, &professional(1, &[&[sample("A1", 1)]]), Channel::Https).await;
    let partners = gateway.partners.current();
    let acme = partners.submitter("acme").unwrap();
    gateway.store.begin_validation(slow.id, &Lease::alone("test")).await.unwrap();
    let begun = run::Begun { at: 0, after: gateway.store.validated_turn("acme").await.unwrap() };
    let read = run::read_and_store(gateway, &slow, acme, &Lease::alone("test")).await.unwrap();
    let late = run::put_together(gateway, &slow, acme, begun, read).await.unwrap();
    // While the first waits to be committed, the same claim comes in a second file and is finished.
    let quick = hand_in(gateway, &professional(2, &[&[sample("B1", 1)]]), Channel::Https).await;
    run::check_submission(gateway.clone(), quick.clone()).await.unwrap();
    assert_eq!(gateway.store.finish_validation(&late, &Lease::alone("test")).await.unwrap(), Step::Overtaken);
    assert_eq!(run(gateway).await.unwrap(), Progress::Worked);
    assert_eq!(statuses(&claims(&world, &quick).await), [ACCEPTED]);
    assert_eq!(statuses(&claims(&world, &slow).await), [REJECTED]);
}

#[tokio::test]
async fn a_file_that_is_no_x12_is_kept_and_refused_with_a_sentence() {
    let world = world().await;
    let pdf = hand_in(&world.gateway, b"%PDF-1.7 a scanned claim", Channel::Sftp).await;
    run(&world.gateway).await.unwrap();
    let row = world.gateway.store.submission(pdf.id).await.unwrap().unwrap();
    assert_eq!(row.state, SubmissionState::Refused);
    assert!(row.refused.unwrap().contains("PDF"));
    let mail = world.gateway.store.list_mail("acme", None, None, 10).await.unwrap();
    assert_eq!((mail.len(), mail[0].kind), (1, MailKind::Note));
    assert!(text(&world, &mail[0]).await.contains("PDF"));
    assert_eq!(world.gateway.read_payload(row.payload_id).await.unwrap(), b"%PDF-1.7 a scanned claim");
}

#[tokio::test]
async fn a_mailbox_gets_what_its_owner_asked_for_and_the_submission_has_all() {
    let quiet = submitter("ACMEBILL", KEY, "ta1 = \"always\"\nforward = [\"277CA\"]");
    let world = world_of("", &[("acme", &quiet), ("bluestar", &hosted_payer("BLUESTAR", "BSTAR", KEY))]).await;
    let row = checked(&world, &professional(1, &[&[sample("A1", 1)]])).await;
    let boxed = world.gateway.store.list_mail("acme", None, None, 10).await.unwrap();
    assert_eq!(boxed.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [MailKind::Ta1, MailKind::Ack277ca]);
    assert_eq!(boxed[1].file_name, format!("{}_claims.277ca", row.id));
    assert_eq!(answers(&world, &row).await.len(), 3);
}

#[tokio::test]
async fn an_unknown_payer_is_rejected_or_held_as_configured() {
    let unknown = Sample { payer_id: "NOBODY".into(), ..sample("A1", 1) };
    for (settings, status) in [("", REJECTED), ("[intake]\nunknown_payer = \"hold\"\n", ACCEPTED)] {
        let world = world_of(settings, &[("acme", &submitter("ACMEBILL", KEY, ""))]).await;
        let row = checked(&world, &professional(1, &[std::slice::from_ref(&unknown)])).await;
        assert_eq!(statuses(&claims(&world, &row).await), [status], "{settings}");
    }
}

#[tokio::test]
async fn a_large_file_is_stored_in_chunks_and_finds_its_duplicates_too() {
    let world = world().await;
    checked(&world, &professional(1, &[&[sample("A1", 1)]])).await;
    let many: Vec<Sample> =
        (0..2_500).map(|n| Sample { charge: 100 + n / 28, ..sample(&format!("B{n}"), 1 + n % 28) }).collect();
    let row = checked(&world, &professional(2, &[&many])).await;
    assert_eq!((row.counts.claims, row.counts.rejected), (2_500, 1));
    assert_eq!(stored_fingerprint(u128::MAX), -1);
}

#[tokio::test]
async fn who_waits_is_woken_when_the_checks_are_done_and_told_nothing_before() {
    let world = world().await;
    let row = hand_in(&world.gateway, &professional(1, &[&[sample("A1", 1)]]), Channel::Https).await;
    let early = intake::wait_until_checked(&world.gateway, row.id, std::time::Duration::from_millis(1)).await;
    assert!(early.unwrap().is_none());
    let (gateway, id) = (world.gateway.clone(), row.id);
    let waits = async move { intake::wait_until_checked(&gateway, id, std::time::Duration::from_secs(30)).await };
    let (waited, ran) = tokio::join!(waits, run(&world.gateway));
    assert_eq!(ran.unwrap(), Progress::Worked);
    assert_eq!(waited.unwrap().unwrap().state, SubmissionState::Validated);
}

#[tokio::test]
async fn a_payers_own_edit_rejects_the_claims_that_break_it_and_no_others() {
    let edit = "[[edit]]\nid = \"bstar-small\"\nwhen = \"claim.place_of_service == '11'\"\n\
                require = \"claim.charge < 150\"\nmessage = \"Too much for an office\"\nstatus = \"A7:178\"\n";
    let strict = hosted_payer("BLUESTAR", "BSTAR", KEY) + edit;
    let (acme, other) = (submitter("ACMEBILL", KEY, ""), hosted_payer("OTHER", "OTHER", KEY));
    let world = world_of("", &[("acme", &acme), ("bluestar", &strict), ("other", &other)]).await;
    let costly = |name: &str, payer: &str| Sample { charge: 200, payer_id: payer.into(), ..sample(name, 2) };
    let file = professional(1, &[&[sample("A1", 1), costly("A2", "BSTAR"), costly("A3", "OTHER")]]);
    let row = checked(&world, &file).await;
    let claims = claims(&world, &row).await;
    assert_eq!(statuses(&claims), [ACCEPTED, REJECTED, ACCEPTED]);
    let (code, text) = rejection(&world, claims[1].received.id).await;
    assert!(code.starts_with("A7:178") && text.contains("Too much for an office"), "{code} {text}");
}
