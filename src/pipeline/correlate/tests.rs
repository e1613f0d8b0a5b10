//! What payers' acknowledgements do to claims, batches and mailboxes.

use crate::domain::ClaimStatus;
use crate::pipeline::answers::testing::*;
use crate::pipeline::testing::{Sample, World, professional, sample};
use crate::pipeline::{correlate, deliver, intake, route, validate};
use crate::store::deliveries::DeliveryState;
use crate::store::exceptions::ExceptionKind;
use crate::store::inbound::{InboundState, Recorded};
use crate::store::mail::MailKind;
use crate::store::matching::PREFIX_CANDIDATES_MAX;
use crate::store::search::ClaimQuery;
use crate::store::submissions::Channel;

async fn check(world: &World, control_number: &str, status: ClaimStatus) {
    assert_eq!(claim(world, control_number).await.status, status, "{control_number}");
}

#[tokio::test]
async fn ta1_and_999_say_that_the_payer_has_the_whole_batch() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    answer(&world, &ta1(&claims[0], "A", "000")).await;
    check(&world, "A1", ClaimStatus::PayerReceived).await;
    answer(&world, &ack999(&claims, &[])).await;
    check(&world, "A2", ClaimStatus::PayerReceived).await;
    let timeline = world.gateway.store.claim_timeline(claim(&world, "A1").await.received.id).await.unwrap();
    let kinds: Vec<&str> = timeline.iter().map(|event| event.kind.as_str()).collect();
    assert!(kinds.contains(&"TA1") && kinds.contains(&"999"), "{kinds:?}");
    assert!(letters(&world, "acme", MailKind::Ack999).await.is_empty(), "a payer's 999 is about our file");
    assert!(open_exceptions(&world).await.is_empty());
}

/// The payer's answer is older than any look at how it fetched the file.
#[tokio::test]
async fn what_a_payer_answers_it_has_fetched() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    deliver::run(&world.gateway).await.unwrap();
    check(&world, "A1", ClaimStatus::Batched).await;
    answer(&world, &ack277ca(&[(claims[0].clone(), "A2:20", "")])).await;
    deliver::run(&world.gateway).await.unwrap();
    let delivery = world.gateway.store.deliveries(None, None, None, 10).await.unwrap().remove(0);
    assert_eq!(delivery.state, DeliveryState::Sent);
    check(&world, "A1", ClaimStatus::PayerAccepted).await;
}

#[tokio::test]
async fn a_refused_batch_is_refused_claim_by_claim_to_its_submitter() {
    for refusal in ["TA1", "999"] {
        let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
        let file = if refusal == "TA1" { ta1(&claims[0], "R", "020") } else { ack999(&claims, &[&claims[0].st02]) };
        answer(&world, &file).await;
        check(&world, "A1", ClaimStatus::PayerRejected).await;
        check(&world, "A2", ClaimStatus::PayerRejected).await;
        let letters = letters(&world, "acme", MailKind::Ack277ca).await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].matches("STC*A3:684*").count(), 2, "{}", letters[0]);
        assert!(letters[0].contains("TRN*2*BATCH0001~"), "{}", letters[0]);
        assert!(letters[0].contains("NM1*41*2*ACME BILLING*****46*ACMEBILL~"), "{}", letters[0]);
        // The other of the two answers refuses the same claims once more, and tells nobody.
        let other = if refusal == "TA1" { ack999(&claims, &[&claims[0].st02]) } else { ta1(&claims[0], "R", "020") };
        answer(&world, &other).await;
        assert_eq!(super::tests::letters(&world, "acme", MailKind::Ack277ca).await.len(), 1);
    }
}

#[tokio::test]
async fn claims_that_were_refused_with_their_file_are_no_duplicates_when_they_are_sent_again() {
    for refusal in ["TA1", "999"] {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        let file = if refusal == "TA1" { ta1(&claims[0], "R", "020") } else { ack999(&claims, &[&claims[0].st02]) };
        answer(&world, &file).await;
        send(&world, "acme", &professional(2, &[&[sample("A1", 1)]])).await;
        let query =
            ClaimQuery { patient_control_number: Some("A1".to_string().into()), limit: 10, ..ClaimQuery::default() };
        let found = world.gateway.store.search_claims(&query).await.unwrap();
        let statuses: Vec<ClaimStatus> = found.iter().map(|claim| claim.status).collect();
        assert_eq!(statuses, [ClaimStatus::Batched, ClaimStatus::PayerRejected], "{refusal}");
    }
}

#[tokio::test]
async fn a_277ca_moves_claims_and_goes_on_regrouped_under_the_submitters_own_numbers() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)], &[sample("A2", 2), sample("A3", 3)]]).await;
    let answers: Vec<_> =
        claims.iter().cloned().zip(["A2:20", "A7:562:85", "A1:19"]).map(|(c, code)| (c, code, "")).collect();
    let mut answers = answers;
    answers[0].2 = "ICN1";
    answer(&world, &ack277ca(&answers)).await;
    check(&world, &claims[0].control_number, ClaimStatus::PayerAccepted).await;
    check(&world, &claims[1].control_number, ClaimStatus::PayerRejected).await;
    check(&world, &claims[2].control_number, ClaimStatus::PayerReceived).await;
    let first = claim(&world, &claims[0].control_number).await;
    assert_eq!(first.payer_claim_control_number.as_deref(), Some("ICN1"));
    let letters = letters(&world, "acme", MailKind::Ack277ca).await;
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert!(letter.contains("*ZZ*CLAIMGATE      *ZZ*ACMEBILL       *"), "{letter}");
    assert_eq!(letter.matches("ST*277*").count(), 2, "one for each transaction handed in: {letter}");
    assert!(letter.contains("TRN*2*BATCH0001~") && letter.contains("TRN*2*BATCH0002~"), "{letter}");
    assert!(letter.contains("NM1*PR*2*BLUE STAR*****PI*BSTAR~"), "{letter}");
    assert!(letter.contains("QTY*90*1~QTY*AA*1~AMT*YU*100~AMT*YY*100~"), "{letter}");
    assert!(letter.contains("STC*A7:562:85*20261102*U*100~"), "{letter}");
    let timeline = world.gateway.store.claim_timeline(first.received.id).await.unwrap();
    let event = timeline.iter().find(|event| event.kind == "277CA" && event.code == "A2:20").unwrap();
    assert_eq!(event.rule, "trace number");
}

#[tokio::test]
async fn a_277ca_without_trace_numbers_finds_claims_by_their_control_numbers_also_in_capitals() {
    let Sent { world, mut claims } = sent(&[&[sample("abc1", 1), sample("abc2", 2)]]).await;
    claims.iter_mut().for_each(|claim| claim.trace.clear());
    claims[1].control_number = "ABC2".into();
    let answers: Vec<_> = claims.into_iter().map(|claim| (claim, "A2:20", "")).collect();
    answer(&world, &ack277ca(&answers)).await;
    check(&world, "abc1", ClaimStatus::PayerAccepted).await;
    check(&world, "abc2", ClaimStatus::PayerAccepted).await;
    let letter = &letters(&world, "acme", MailKind::Ack277ca).await[0];
    assert!(letter.contains("TRN*2*abc2~"), "the submitter's own number is back: {letter}");
}

#[tokio::test]
async fn the_same_bytes_again_change_nothing() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let file = ack277ca(&[(claims[0].clone(), "A2:20", "ICN1")]);
    let Recorded::New(first) = answer(&world, &file).await else { panic!("it is new") };
    let id = claim(&world, "A1").await.received.id;
    let before = world.gateway.store.claim_timeline(id).await.unwrap().len();
    assert_eq!(answer(&world, &file).await, Recorded::Repeat { of: first });
    assert_eq!(world.gateway.store.claim_timeline(id).await.unwrap().len(), before);
    assert_eq!(letters(&world, "acme", MailKind::Ack277ca).await.len(), 1);
}

#[tokio::test]
async fn what_matches_nothing_is_an_exception_and_not_lost() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let stranger = SentClaim { control_number: "NOBODY".into(), trace: String::new(), ..claims[0].clone() };
    let lost = SentClaim { charge: "77".into(), date: "20260101".into(), ..stranger };
    answer(&world, &ack277ca(&[(lost, "A2:20", "")])).await;
    let unsent = SentClaim { isa13: "000099999".into(), gs06: "99999".into(), ..claims[0].clone() };
    answer(&world, &ta1(&unsent, "A", "000")).await;
    answer(&world, &ack999(&[unsent], &[])).await;
    answer(&world, "hello, this is no X12").await;
    let mut kinds: Vec<&str> = open_exceptions(&world).await.iter().map(|one| one.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["277CA", "999", "TA1", "file"]);
    let unreadable = open_exceptions(&world).await.into_iter().find(|one| one.kind == ExceptionKind::File).unwrap();
    let file = world.gateway.store.inbound(unreadable.inbound_id).await.unwrap().unwrap();
    assert_eq!(file.state, InboundState::NotX12);
}

#[tokio::test]
async fn a_crash_between_keeping_and_working_loses_nothing_and_doubles_nothing() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    hand_in(&world.gateway, ack277ca(&[(claims[0].clone(), "A2:20", "ICN1")]).as_bytes()).await;
    let world = world.crash().await;
    work(&world.gateway).await;
    work(&world.gateway).await;
    check(&world, "A1", ClaimStatus::PayerAccepted).await;
    assert_eq!(letters(&world, "acme", MailKind::Ack277ca).await.len(), 1);
}

#[tokio::test]
async fn a_refused_transaction_of_several_refuses_its_claims_only() {
    let many: Vec<_> = (1..=3).map(|n| sample(&format!("A{n}"), n)).collect();
    let Sent { world, claims } = sent(&[&many]).await;
    let refused = "BHT*0085*08*P1*20261102*1300*TH~HL*1**20*1~NM1*PR*2*BLUE~HL*2*1*21*0~NM1*41*2*G*****46*G~";
    let mut segments: Vec<String> = vec!["ST*277*0001*005010X214".into()];
    segments.extend(refused.trim_end_matches('~').split('~').map(String::from));
    segments.push(format!("TRN*2*{}", claims[0].bht03));
    segments.push("STC*A8:746*20261102*U*300".into());
    answer(&world, &interchange("HN", "005010X214", 950, &[segments])).await;
    for one in &many {
        check(&world, &one.control_number, ClaimStatus::PayerRejected).await;
    }
    let letter = &letters(&world, "acme", MailKind::Ack277ca).await[0];
    assert_eq!(letter.matches("STC*A8:746*").count(), 3, "{letter}");
}

#[tokio::test]
async fn an_answer_never_moves_a_claim_that_still_waits_in_its_window() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let unnamed = SentClaim { trace: String::new(), ..claims[0].clone() };
    answer(&world, &ack277ca(&[(unnamed.clone(), "A3:21", "")])).await;
    let first = claim(&world, "A1").await;
    assert_eq!(first.status, ClaimStatus::PayerRejected);
    // It is handed in again, and its window is still open when the payer refuses the first once more.
    let partners = world.gateway.partners.current();
    let acme = partners.submitter("acme").unwrap();
    let mut incoming = intake::begin(&world.gateway, acme, Channel::Https, "again.837", None).await.unwrap();
    incoming.write(professional(2, &[&[sample("A1", 1)]]).into()).await.unwrap();
    incoming.finish().await.unwrap();
    validate::run(&world.gateway).await.unwrap();
    route::run(&world.gateway).await.unwrap();
    answer(&world, &ack277ca(&[(unnamed, "A3:33", "")])).await;
    let query =
        ClaimQuery { patient_control_number: Some("A1".to_string().into()), limit: 10, ..ClaimQuery::default() };
    let found = world.gateway.store.search_claims(&query).await.unwrap();
    let statuses: Vec<ClaimStatus> = found.iter().map(|claim| claim.status).collect();
    assert_eq!(statuses, [ClaimStatus::Batched, ClaimStatus::PayerRejected]);
    let told = world.gateway.store.claim_timeline(first.received.id).await.unwrap();
    assert_eq!(told.iter().filter(|event| event.kind == "277CA" && !event.code.is_empty()).count(), 2);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_here_does_not_keep_the_next_waiting() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let Recorded::New(lost) = hand_in(&world.gateway, b"lost").await else { panic!("it is new") };
    let lost = world.gateway.store.inbound(lost).await.unwrap().unwrap();
    world.gateway.store.lose_small_payload(lost.payload_id).await;
    hand_in(&world.gateway, ta1(&claims[0], "A", "000").as_bytes()).await;
    assert!(correlate::run(&world.gateway).await.is_err());
    check(&world, "A1", ClaimStatus::PayerReceived).await;
}

#[tokio::test]
async fn a_277_moves_a_claim_to_pending_and_goes_on_and_money_outranks_its_denial() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let report = |control: u32, code: &str| {
        let segments = [
            "ST*277*0001*005010X212",
            "BHT*0010*08*P1*20261102*1300*DG",
            "HL*1**20*1",
            "NM1*PR*2*BLUE STAR*****PI*BSTAR",
            "HL*2*1*21*1",
            "NM1*41*2*CLAIMGATE*****46*CLAIMGATE",
            "HL*3*2*19*1",
            "NM1*1P*2*LAKESIDE*****XX*1234567893",
            "HL*4*3*22*0",
            "NM1*IL*1*DOE*JANE****MI*W123456789",
            "TRN*2*Q1",
        ];
        let mut segments: Vec<String> = segments.map(String::from).into();
        segments.push(format!("STC*{code}*20261102**100"));
        segments.push(format!("REF*EJ*{}", claims[0].control_number.to_lowercase()));
        segments.push(format!("DTP*472*D8*{}", claims[0].date));
        interchange("HN", "005010X212", control, &[segments])
    };
    answer(&world, &report(960, "P1:20")).await;
    check(&world, "A1", ClaimStatus::Pending).await;
    let letter = letters(&world, "acme", MailKind::Status277).await.remove(0);
    assert!(letter.contains("REF*EJ*A1~") && letter.contains("STC*P1:20*20261102**100~"), "{letter}");
    answer(&world, &report(961, "F2:1")).await;
    check(&world, "A1", ClaimStatus::Denied).await;
    let pays = [(claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1")];
    answer(&world, &era835(962, &[remittance("0001", "T1", "80", &pays, &[])])).await;
    check(&world, "A1", ClaimStatus::Paid).await;
    answer(&world, &report(963, "F2:2")).await;
    check(&world, "A1", ClaimStatus::Paid).await;
}

#[tokio::test]
async fn a_number_cut_so_short_that_hundreds_begin_with_it_matches_none_of_them() {
    let samples: Vec<_> =
        (0..=PREFIX_CANDIDATES_MAX).map(|n| sample(&format!("20261122-001{n:04}"), 1 + n as u32 % 20)).collect();
    let samples: Vec<_> =
        samples.into_iter().enumerate().map(|(n, one)| Sample { charge: 100 + n as u32, ..one }).collect();
    let Sent { world, claims } = sent(&[&samples]).await;
    assert_eq!(claims.len(), PREFIX_CANDIDATES_MAX + 1);
    let cut = SentClaim {
        control_number: "20261122-001".into(),
        trace: String::new(),
        member: "W999999999".into(),
        ..claims[7].clone()
    };
    answer(&world, &ack277ca(&[(cut, "A3:21", "")])).await;
    assert_eq!(open_exceptions(&world).await.len(), 1);
    check(&world, &claims[7].control_number, ClaimStatus::Batched).await;
}
