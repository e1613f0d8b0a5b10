//! The same answer in another envelope changes nothing, is handed on to nobody, and is shown as what it is.

use crate::domain::ClaimStatus;
use crate::domain::ids::InboundId;
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions;
use crate::pipeline::testing::{World, sample};
use crate::store::inbound::{InboundRow, Recorded};
use crate::store::mail::MailKind;
use crate::store::reconcile::Period;

/// As its payer writes it again: new control numbers, BHT03 and times, and other delimiters.
pub(super) fn again(file: &str, control: u32) -> String {
    let old = file.split('*').nth(13).unwrap().to_string();
    let number = old.trim_start_matches('0');
    file.replace(&old, &format!("{control:09}"))
        .replace(&format!("*1300*{number}*X*"), &format!("*1717*{control}*X*"))
        .replace(&format!("GE*1*{number}~"), &format!("GE*1*{control}~"))
        .replace("*08*P1*20261102*1300*", &format!("*08*P{control}*20261119*1717*"))
        .lines()
        .map(|line| match line.get(..2) {
            Some("ST" | "SE") => line.replace("*0001", "*0077"),
            Some(_) | None => line.to_string(),
        })
        .collect::<Vec<_>>()
        .join("\n")
        .replace('~', "|")
        .replace('*', "!")
}

pub(super) async fn file_of(world: &World, recorded: Recorded) -> InboundRow {
    let Recorded::New(id) = recorded else { panic!("its bytes are new") };
    world.gateway.store.inbound(id).await.unwrap().unwrap()
}

/// How often the claim's timeline tells this.
pub(super) async fn told(world: &World, control_number: &str, kind: &str) -> usize {
    let id = claim(world, control_number).await.received.id;
    let timeline = world.gateway.store.claim_timeline(id).await.unwrap();
    timeline.iter().filter(|event| event.kind == kind && event.inbound_id.is_some()).count()
}

#[tokio::test]
async fn a_277ca_in_another_envelope_is_a_repeat_and_goes_to_nobody_again() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let answers = [(claims[0].clone(), "A2:20", "ICN1"), (claims[1].clone(), "A7:562:85", "")];
    let file = ack277ca(&answers);
    let first = file_of(&world, answer(&world, &file).await).await;
    let events = told(&world, "A1", "277CA").await;
    for control in [951, 952] {
        let second = file_of(&world, answer(&world, &again(&file, control)).await).await;
        assert_eq!(second.repeat_of, Some(first.id), "{:?}", second.notes);
        assert!(second.notes.iter().any(|note| note.starts_with("2 of its answers")), "{:?}", second.notes);
    }
    assert_eq!(letters(&world, "acme", MailKind::Ack277ca).await.len(), 1);
    assert_eq!((told(&world, "A1", "277CA").await, told(&world, "A1", "repeat").await), (events, 2));
    assert_eq!(claim(&world, "A2").await.status, ClaimStatus::PayerRejected);
}

#[tokio::test]
async fn only_what_is_new_in_a_file_of_old_answers_goes_on() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let old = (claims[0].clone(), "A2:20", "ICN1");
    answer(&world, &ack277ca(std::slice::from_ref(&old))).await;
    let both = ack277ca(&[old, (claims[1].clone(), "A2:20", "ICN2")]);
    let second = file_of(&world, answer(&world, &again(&both, 951)).await).await;
    assert_eq!(second.repeat_of, None);
    let letters = letters(&world, "acme", MailKind::Ack277ca).await;
    assert_eq!(letters.len(), 2);
    let newest = letters.iter().find(|letter| letter.contains("ICN2")).unwrap();
    assert!(!newest.contains("ICN1"), "{newest}");
}

fn report(claim: &SentClaim, control: u32, question: &str, code: &str, day: &str) -> String {
    let segments = [
        "ST*277*0001*005010X212".to_string(),
        "BHT*0010*08*P1*20261102*1300*DG".to_string(),
        "HL*1**20*1".to_string(),
        "NM1*PR*2*BLUE STAR*****PI*BSTAR".to_string(),
        "HL*2*1*21*1".to_string(),
        "NM1*41*2*CLAIMGATE*****46*CLAIMGATE".to_string(),
        "HL*3*2*19*1".to_string(),
        "NM1*1P*2*LAKESIDE*****XX*1234567893".to_string(),
        "HL*4*3*22*0".to_string(),
        "NM1*IL*1*DOE*JANE****MI*W123456789".to_string(),
        format!("TRN*2*{question}"),
        format!("STC*{code}*{day}**100"),
        format!("REF*EJ*{}", claim.control_number),
        format!("DTP*472*D8*{}", claim.date),
    ];
    interchange("HN", "005010X212", control, &[segments.to_vec()])
}

#[tokio::test]
async fn a_277_of_another_day_or_to_another_question_is_news_and_the_same_one_is_none() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    for (control, question, day, letters_after) in [
        (960, "Q1", "20261102", 1),
        (961, "Q1", "20261102", 1),
        (962, "Q1", "20261103", 2),
        (963, "Q2", "20261103", 3),
        // A file of the day before, once more.
        (964, "Q1", "20261102", 3),
        (965, "Q2", "20261103", 3),
    ] {
        answer(&world, &report(&claims[0], control, question, "P1:20", day)).await;
        assert_eq!(letters(&world, "acme", MailKind::Status277).await.len(), letters_after, "{control}");
    }
    assert_eq!((told(&world, "A1", "277").await, told(&world, "A1", "repeat").await), (3 + 3, 3));
}

#[tokio::test]
async fn a_ta1_and_a_999_in_another_envelope_are_repeats_and_a_change_of_mind_is_none() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    for (file, kind) in [(ta1(&claims[0], "A", "000"), "TA1"), (ack999(&claims, &[]), "999")] {
        let first = file_of(&world, answer(&world, &file).await).await;
        let second = file_of(&world, answer(&world, &again(&file, 951)).await).await;
        assert_eq!((second.repeat_of, told(&world, "A1", kind).await), (Some(first.id), 1));
    }
    assert_eq!(told(&world, "A1", "repeat").await, 2);
    let refusal = file_of(&world, answer(&world, &ack999(&claims, &[&claims[0].st02])).await).await;
    assert_eq!(refusal.repeat_of, None);
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerRejected);
}

#[tokio::test]
async fn a_whole_transaction_refused_again_is_a_repeat() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let head = "ST*277*0001*005010X214~BHT*0085*08*P1*20261102*1300*TH~HL*1**20*1~NM1*PR*2*BLUE~HL*2*1*21*0~NM1*41*2*G*****46*G";
    let mut segments: Vec<String> = head.split('~').map(String::from).collect();
    segments.extend([format!("TRN*2*{}", claims[0].bht03), "STC*A8:746*20261102*U*300".to_string()]);
    let file = interchange("HN", "005010X214", 950, &[segments]);
    let first = file_of(&world, answer(&world, &file).await).await;
    let events = told(&world, "A1", "277CA").await;
    let second = file_of(&world, answer(&world, &again(&file, 951)).await).await;
    assert_eq!((second.repeat_of, told(&world, "A1", "277CA").await), (Some(first.id), events));
}

#[tokio::test]
async fn an_answer_that_waits_is_not_raised_again_and_what_a_person_decided_of_it_stays() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let lost = SentClaim {
        control_number: "NOBODY".into(),
        trace: String::new(),
        date: "20200101".into(),
        ..claims[0].clone()
    };
    // Twice in one file they may be of two claims.
    let file = ack277ca(&[(lost.clone(), "A3:21", ""), (lost, "A3:21", "")]);
    let first: InboundId = file_of(&world, answer(&world, &file).await).await.id;
    let open = open_exceptions(&world).await;
    assert_eq!(open.len(), 2);
    let second = file_of(&world, answer(&world, &again(&file, 951)).await).await;
    assert_eq!((second.repeat_of, open_exceptions(&world).await.len()), (Some(first), 2));

    let id = claim(&world, "A1").await.received.id;
    exceptions::resolve(&world.gateway, open[0].id, id, "sue").await.unwrap();
    // The other one says the same of the same claim.
    exceptions::resolve(&world.gateway, open[1].id, id, "sue").await.unwrap();
    // One of the batch and two of the claim; that of the batch again.
    assert_eq!((told(&world, "A1", "277CA").await, told(&world, "A1", "repeat").await), (1 + 2, 1));
    assert_eq!(letters(&world, "acme", MailKind::Ack277ca).await.len(), 1);
    // What the second says stands without the first.
    exceptions::undo(&world.gateway, open[0].id, "sue").await.unwrap();
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerRejected);
    exceptions::resolve(&world.gateway, open[0].id, id, "sue").await.unwrap();
    answer(&world, &again(&file, 952)).await;
    assert!(open_exceptions(&world).await.is_empty());
    assert_eq!(letters(&world, "acme", MailKind::Ack277ca).await.len(), 1);
}

#[tokio::test]
async fn a_file_of_nothing_but_payments_posted_before_is_a_repeat() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let pays = [(claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1")];
    let file = era835(910, &[remittance("0001", "T1", "80", &pays, &[])]);
    let first = file_of(&world, answer(&world, &file).await).await;
    let second = file_of(&world, answer(&world, &again(&file, 951)).await).await;
    assert_eq!((first.repeat_of, second.repeat_of), (None, Some(first.id)), "{:?}", second.notes);
}

#[tokio::test]
async fn a_997_that_takes_a_batch_explains_that_it_counts_as_answered() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let body = ["ST*997*0001".to_string(), format!("AK1*HC*{}", claims[0].gs06), "AK9*A*1*1*1".to_string()];
    answer(&world, &interchange("FA", "005010", 951, &[body.to_vec()])).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerReceived);
    let now = world.gateway.clock.now_ms();
    let account = world.gateway.store.account(Period { since_ms: 0, until_ms: now + 1 }, now, 10).await.unwrap();
    assert!(account.wrong.is_empty(), "{:?}", account.wrong);
}
