//! What remittances do to claims, exceptions and mailboxes.

use crate::domain::{Cents, ClaimStatus};
use crate::pipeline::answers::lacks::lacks;
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions;
use crate::pipeline::testing::{KEY, Sample, World, hosted_payer, professional, sample, submitter, world_of};
use crate::store::exceptions::ExceptionKind;
use crate::store::mail::MailKind;
use crate::store::releases::ReleaseEnd;

async fn check(world: &World, control_number: &str, status: ClaimStatus, paid: i64) {
    let claim = claim(world, control_number).await;
    assert_eq!((claim.status, claim.paid), (status, Cents(paid)), "{control_number}");
}

const CUT: &[&str] = &["CAS*CO*45*20"];
const NOTHING: &[&str] = &["CAS*CO*50*100"];

#[tokio::test]
async fn paid_and_denied_claims_end_and_the_835_goes_on_whole() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let pays = [(claims[0].clone(), "1", "80", CUT, "ICN1"), (claims[1].clone(), "4", "0", NOTHING, "ICN2")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &pays, &[])])).await;
    check(&world, &claims[0].control_number, ClaimStatus::Paid, 8000).await;
    check(&world, &claims[1].control_number, ClaimStatus::Denied, 0).await;
    let letters = letters(&world, "acme", MailKind::Remit835).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("BPR*I*80*C*ACH*"), "{}", letters[0]);
    assert_eq!(letters[0].matches("CLP*").count(), 2);
    assert!(letters[0].contains("*ZZ*CLAIMGATE      *ZZ*ACMEBILL       *"), "{}", letters[0]);
    assert!(open_exceptions(&world).await.is_empty());
    let payments = world.gateway.store.claim_payments(claim(&world, &claims[0].control_number).await.received.id).await;
    assert_eq!(payments.unwrap()[0].check_number, "T1");
}

#[tokio::test]
async fn a_payment_in_another_file_is_not_posted_twice() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let paid = remittance("0001", "T1", "80", &[(claims[0].clone(), "1", "80", CUT, "ICN1")], &[]);
    answer(&world, &era835(910, std::slice::from_ref(&paid))).await;
    answer(&world, &era835(911, std::slice::from_ref(&paid))).await;
    check(&world, "A1", ClaimStatus::Paid, 8000).await;
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 1);
    // The same check for something else is held.
    let other = remittance("0001", "T1", "80", &[(claims[0].clone(), "1", "80", CUT, "ICN9")], &[]);
    answer(&world, &era835(912, &[other])).await;
    check(&world, "A1", ClaimStatus::Paid, 8000).await;
    let held = open_exceptions(&world).await.remove(0);
    assert_eq!(held.kind, ExceptionKind::Balance);
    let refused = exceptions::release(&world.gateway, held.id, "sue").await.unwrap_err().to_string();
    assert!(refused.contains("would count the money twice"), "{refused}");
    check(&world, "A1", ClaimStatus::Paid, 8000).await;
}

#[tokio::test]
async fn of_two_held_remittances_that_contradict_each_other_one_alone_is_released() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    for (n, claim) in [(910, &claims[0]), (911, &claims[1])] {
        let wrong = remittance("0001", "T1", "81", &[(claim.clone(), "1", "81", CUT, "ICN1")], &[]);
        answer(&world, &era835(n, &[wrong])).await;
    }
    let held = open_exceptions(&world).await;
    assert_eq!(held.len(), 2);
    exceptions::release(&world.gateway, held[0].id, "sue").await.unwrap();
    let refused = exceptions::release(&world.gateway, held[1].id, "sue").await.unwrap_err().to_string();
    assert!(refused.contains("would count the money twice"), "{refused}");
    let paid = [claim(&world, "A1").await.paid, claim(&world, "A2").await.paid];
    assert_eq!(paid.iter().map(|paid| paid.0).sum::<i64>(), 8100);
}

#[tokio::test]
async fn what_does_not_add_up_is_held_and_moves_nothing_until_it_is_released() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let wrong = remittance("0001", "T1", "81", &[(claims[0].clone(), "1", "81", CUT, "ICN1")], &[]);
    answer(&world, &era835(910, &[wrong])).await;
    check(&world, "A1", ClaimStatus::Batched, 0).await;
    assert!(letters(&world, "acme", MailKind::Remit835).await.is_empty());
    let held = &open_exceptions(&world).await[0];
    assert_eq!(held.kind, ExceptionKind::Balance);
    assert!(held.reason.contains("100.00 charged less 20.00"), "{}", held.reason);
    let all = world.gateway.store.list_remittances(None, None, 10).await.unwrap();
    let release = || super::release_remittance(&world.gateway, all[0].id, "sue");
    assert_eq!(release().await.unwrap(), ReleaseEnd::Posted);
    assert_eq!(release().await.unwrap(), ReleaseEnd::NotHeld);
    check(&world, "A1", ClaimStatus::Paid, 8100).await;
    assert!(open_exceptions(&world).await.is_empty());
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 1);
}

#[tokio::test]
async fn a_reversal_and_its_correction_end_in_what_stands() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let one = &claims[0];
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &[(one.clone(), "1", "80", CUT, "ICN1")], &[])]))
        .await;
    let back: (SentClaim, &str, &str, &[&str], &str) = (one.clone(), "22", "-80", &["CAS*CO*45*-20"], "ICN1");
    let plb = &["PLB*1234567893*20261231*FB:T2*-80"];
    answer(&world, &era835(911, &[remittance("0001", "T2", "0", &[back], plb)])).await;
    check(&world, "A1", ClaimStatus::Reversed, 0).await;
    let again: (SentClaim, &str, &str, &[&str], &str) = (one.clone(), "1", "70", &["CAS*CO*45*30"], "ICN2");
    answer(&world, &era835(912, &[remittance("0001", "T3", "70", &[again], &[])])).await;
    check(&world, "A1", ClaimStatus::Paid, 7000).await;
    assert_eq!(claim(&world, "A1").await.payer_claim_control_number.as_deref(), Some("ICN2"));
}

#[tokio::test]
async fn a_payment_nobody_was_found_for_is_kept_and_the_others_go_on() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let stranger = SentClaim {
        control_number: "NOBODY".into(),
        charge: "100".into(),
        date: "20250101".into(),
        ..claims[0].clone()
    };
    let pays = [(claims[0].clone(), "1", "80", CUT, "ICN1"), (stranger, "1", "80", CUT, "ICN2")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "160", &pays, &[])])).await;
    check(&world, "A1", ClaimStatus::Paid, 8000).await;
    let open = open_exceptions(&world).await;
    assert_eq!((open.len(), open[0].kind), (1, ExceptionKind::Remittance));
    let payment = world.gateway.store.payment(open[0].payment_id.unwrap()).await.unwrap().unwrap();
    assert_eq!((payment.claim_id, payment.paid), (None, Cents(8000)));
    let letter = &letters(&world, "acme", MailKind::Remit835).await[0];
    assert!(!letter.contains("NOBODY") && letter.contains("BPR*I*80*"), "{letter}");
}

/// Claims of two submitters, in one file for the payer.
pub(super) async fn two_submitters() -> Sent {
    let world = world_of(
        "",
        &[
            ("acme", &submitter("ACMEBILL", KEY, "")),
            ("bolt", &submitter("BOLT", KEY, "")),
            ("bluestar", &hosted_payer("BLUESTAR", "BSTAR", KEY)),
        ],
    )
    .await;
    send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
    let of_bolt = String::from_utf8(professional(1, &[&[sample("B1", 2), sample("B2", 3)]])).unwrap();
    let of_bolt = of_bolt.replace("*ZZ*ACMEBILL       *", "*ZZ*BOLT           *").replace("BATCH", "BOLTS");
    let claims = send(&world, "bolt", of_bolt.as_bytes()).await;
    assert_eq!(claims.len(), 3);
    Sent { world, claims }
}

/// BPR02 and the sums of CLP04 and PLB of a letter of one transaction.
pub(super) fn sums(letter: &str) -> (String, i64, i64) {
    let (mut amount, mut paid, mut adjusted) = (String::new(), 0, 0);
    for segment in letter.split('~') {
        let e: Vec<&str> = segment.trim().split('*').collect();
        let cents = |n: usize| Cents::from_x12(e[n].as_bytes()).unwrap().0;
        match e[0] {
            "BPR" => amount = e[2].to_string(),
            "CLP" => paid += cents(4),
            "PLB" => adjusted += cents(4),
            _ => {}
        }
    }
    (amount, paid, adjusted)
}

#[tokio::test]
async fn a_remittance_of_two_submitters_is_divided_and_every_part_adds_up() {
    let Sent { world, claims } = two_submitters().await;
    let by_control = |control: &str| claims.iter().find(|claim| claim.control_number == control).unwrap().clone();
    let pays = [
        (by_control("A1"), "1", "80", CUT, "ICN1"),
        (by_control("B1"), "1", "80", CUT, "ICN2"),
        (by_control("B2"), "1", "80", CUT, "ICN3"),
    ];
    let plb = &["PLB*1234567893*20261231*WO:ICN0*30"];
    answer(&world, &era835(910, &[remittance("0001", "T1", "210", &pays, plb)])).await;
    let (acme, bolt) =
        (letters(&world, "acme", MailKind::Remit835).await, letters(&world, "bolt", MailKind::Remit835).await);
    assert_eq!((acme.len(), bolt.len()), (1, 1));
    assert_eq!(sums(&acme[0]), ("80".into(), 8000, 0));
    assert_eq!(sums(&bolt[0]), ("130".into(), 16000, 3000));
    assert!(!acme[0].contains("CLP*B") && !bolt[0].contains("CLP*A"), "nobody sees another's patients");
}

#[tokio::test]
async fn a_part_that_takes_more_back_than_it_pays_is_carried_forward() {
    let Sent { world, claims } = two_submitters().await;
    let by_control = |control: &str| claims.iter().find(|claim| claim.control_number == control).unwrap().clone();
    let first = [(by_control("A1"), "1", "80", CUT, "ICN1")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &first, &[])])).await;
    let pays: [(SentClaim, &str, &str, &[&str], &str); 3] = [
        (by_control("A1"), "22", "-80", &["CAS*CO*45*-20"], "ICN1"),
        (by_control("B1"), "1", "80", CUT, "ICN2"),
        (by_control("B2"), "1", "80", CUT, "ICN3"),
    ];
    answer(&world, &era835(911, &[remittance("0001", "T2", "80", &pays, &[])])).await;
    let acme = letters(&world, "acme", MailKind::Remit835).await;
    assert_eq!(sums(&acme[1]), ("0".into(), -8000, -8000), "{}", acme[1]);
    assert_eq!(sums(&letters(&world, "bolt", MailKind::Remit835).await[0]), ("160".into(), 16000, 0));
    check(&world, "A1", ClaimStatus::Reversed, 0).await;
}

#[tokio::test]
async fn the_lines_of_all_payments_of_a_file_are_tied_to_those_of_their_claims() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let paid = |n: usize, control: &str, trace: &str| {
        let (claim, number) = (&claims[n], format!("ICN{n}"));
        let mut paid = remittance(control, trace, "80", &[(claim.clone(), "1", "80", &[], &number)], &[]);
        paid.push("SVC*HC:99213*100*80**1".into());
        paid.push(format!("DTM*472*{}", claim.date));
        paid.push("CAS*CO*45*20".into());
        paid
    };
    answer(&world, &era835(910, &[paid(0, "0001", "T1"), paid(1, "0002", "T2")])).await;
    for number in ["A1", "A2"] {
        let id = claim(&world, number).await.received.id;
        let payment = world.gateway.store.payments_of_claim(id).await.unwrap().remove(0);
        let detail: serde_json::Value = serde_json::from_str(payment.detail.reveal()).unwrap();
        let line = &detail["lines"][0];
        assert_eq!(
            (&line["claim_line"], &line["tied_by"]),
            (&"1".into(), &"procedure, day and charge".into()),
            "{detail}"
        );
        assert_eq!((payment.paid, &line["paid"]), (Cents(8000), &"80.00".into()));
    }
    assert!(world.gateway.store.untied_remittances(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn lines_are_tied_whatever_delimiters_the_claims_interchange_and_the_payers_file_have() {
    let other = String::from_utf8(professional(2, &[&[sample("A2", 2)]])).unwrap().replace("BATCH", "OTHER");
    // The same element separator as before, and others within.
    let other = other.replace(':', ">").replace('~', "'");
    let both = [professional(1, &[&[sample("A1", 1)]]), other.into_bytes()].concat();
    let world = crate::pipeline::testing::world().await;
    let claims = send(&world, "acme", &both).await;
    assert_eq!(claims.len(), 2);
    let mut all = Vec::new();
    for (n, claim) in claims.iter().enumerate() {
        let (control, trace, number) = (format!("000{n}"), format!("T{n}"), format!("ICN{n}"));
        let mut paid = remittance(&control, &trace, "80", &[(claim.clone(), "1", "80", &[], &number)], &[]);
        paid.push("SVC*HC:99213*100*80**1".into());
        paid.push(format!("DTM*472*{}", claim.date));
        paid.push("CAS*CO*45*20".into());
        all.push(paid);
    }
    answer(&world, &era835(910, &all).replace(':', "<")).await;
    for number in ["A1", "A2"] {
        let id = claim(&world, number).await.received.id;
        let payment = world.gateway.store.payments_of_claim(id).await.unwrap().remove(0);
        let detail: serde_json::Value = serde_json::from_str(payment.detail.reveal()).unwrap();
        assert_eq!(detail["lines"][0]["tied_by"], "procedure, day and charge", "{number}: {detail}");
    }
}

/// Claims of one submitter with one of two payers.
async fn two_payers(claims: &[Sample]) -> Sent {
    let world = world_of(
        "",
        &[
            ("acme", &submitter("ACMEBILL", KEY, "")),
            ("bluestar", &hosted_payer("BLUESTAR", "BSTAR", KEY)),
            ("redriver", &hosted_payer("REDRIVER", "RRIVR", &KEY.replace("eZJ", "00J"))),
        ],
    )
    .await;
    let claims = send(&world, "acme", &professional(1, &[claims])).await;
    Sent { world, claims }
}

/// The first payer's remittance says that the second has the claim now.
fn passing_on(mut first: Vec<String>) -> Vec<String> {
    let patient = first.iter().position(|segment| segment.starts_with("NM1*QC")).unwrap();
    first.insert(patient + 1, "NM1*TT*2*RED RIVER*****PI*RRIVR".into());
    first
}

#[tokio::test]
async fn a_claim_that_is_passed_on_is_paid_by_the_next_payer_too() {
    let Sent { world, claims } = two_payers(&[sample("A1", 1)]).await;
    let second = remittance("0001", "T9", "20", &[(claims[0].clone(), "2", "20", &["CAS*OA*23*80"], "R1")], &[]);
    // Before the first payer passes it on, it is no claim of the other's; then what came before is about it.
    let early = era835(950, std::slice::from_ref(&second)).replace("*T9*", "*T8*");
    hand_in_from(&world.gateway, "redriver", early.as_bytes()).await;
    work(&world.gateway).await;
    assert_eq!(open_exceptions(&world).await.len(), 1);
    let first = remittance("0001", "T1", "80", &[(claims[0].clone(), "19", "80", &["CAS*PR*2*20"], "ICN1")], &[]);
    answer(&world, &era835(951, &[passing_on(first)])).await;
    check(&world, "A1", ClaimStatus::Paid, 8000).await;
    work(&world.gateway).await;
    assert!(open_exceptions(&world).await.is_empty());
    check(&world, "A1", ClaimStatus::Paid, 10000).await;
    let other = era835(952, &[second]).replace("*2*100*20*", "*2*100*5*").replace("BPR*I*20*", "BPR*I*5*");
    hand_in_from(&world.gateway, "redriver", other.replace("CAS*OA*23*80", "CAS*OA*23*95").as_bytes()).await;
    work(&world.gateway).await;
    check(&world, "A1", ClaimStatus::Paid, 10500).await;
    let told = world.gateway.store.claim_timeline(claim(&world, "A1").await.received.id).await.unwrap();
    let passed_on = told.iter().find(|event| event.kind == "passed on").unwrap();
    assert!(passed_on.text.contains("passed the claim on to redriver"), "{}", passed_on.text);
}

#[tokio::test]
async fn what_a_submitter_did_not_ask_for_stays_out_of_its_mailbox() {
    let forward = "forward = [\"999\"]";
    let world = world_of(
        "",
        &[("acme", &submitter("ACMEBILL", KEY, forward)), ("bluestar", &hosted_payer("BLUESTAR", "BSTAR", KEY))],
    )
    .await;
    let claims = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &[(claims[0].clone(), "1", "80", CUT, "I")], &[])]))
        .await;
    check(&world, "A1", ClaimStatus::Paid, 8000).await;
    assert!(letters(&world, "acme", MailKind::Remit835).await.is_empty());
}

#[tokio::test]
async fn a_payers_own_delimiters_go_on_and_read_back() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let usual = era835(910, &[remittance("0001", "T1", "80", &[(claims[0].clone(), "1", "80", CUT, "I")], &[])]);
    let theirs: String = usual
        .chars()
        .map(|c| match c {
            '*' => '|',
            '~' => '\u{1c}',
            ':' => '>',
            other => other,
        })
        .collect();
    answer(&world, &theirs).await;
    check(&world, "A1", ClaimStatus::Paid, 8000).await;
    let letter = letters(&world, "acme", MailKind::Remit835).await.remove(0);
    let (again, _) = super::read::read(letter.as_bytes());
    assert_eq!((again.len(), again[0].claims.len(), again[0].amount), (1, 1, Cents(8000)));
    assert_eq!(lacks(&world.gateway, world.gateway.clock.now_ms(), letter.as_bytes()), [""; 0]);
}

#[tokio::test]
async fn hundreds_of_claims_of_one_member_are_each_found() {
    let one = |n: u32| Sample { charge: 100 + n, ..sample(&format!("PCN{n:06}"), 1 + n % 28) };
    let all: Vec<Sample> = (0..300).map(one).collect();
    let Sent { world, claims } = sent(&[&all]).await;
    let paid: Vec<i64> = claims.iter().map(|claim| claim.charge.parse::<i64>().unwrap() - 20).collect();
    let amounts: Vec<String> = paid.iter().map(i64::to_string).collect();
    let pays: Vec<Pay<'_>> =
        claims.iter().zip(&amounts).map(|(claim, paid)| (claim.clone(), "1", paid.as_str(), CUT, "")).collect();
    let total = paid.iter().sum::<i64>();
    answer(&world, &era835(910, &[remittance("0001", "T1", &total.to_string(), &pays, &[])])).await;
    assert!(open_exceptions(&world).await.is_empty());
    let letter = letters(&world, "acme", MailKind::Remit835).await.remove(0);
    assert_eq!(sums(&letter), (total.to_string(), total * 100, 0));
    check(&world, "PCN000299", ClaimStatus::Paid, (100 + 299 - 20) * 100).await;
}

#[tokio::test]
async fn a_payers_number_that_another_claim_has_is_not_learned_for_a_second_one() {
    let two = [sample("A1", 1), Sample { charge: 120, ..sample("A1R", 1) }];
    // In two files, and in one.
    for apart in [true, false] {
        let Sent { world, claims } = sent(&[&two]).await;
        let first = remittance("0001", "T1", "0", &[(claims[0].clone(), "4", "0", NOTHING, "ICN1")], &[]);
        let second = remittance("0002", "T2", "100", &[(claims[1].clone(), "1", "100", CUT, "ICN1")], &[]);
        if apart {
            answer(&world, &era835(910, &[first])).await;
            answer(&world, &era835(911, &[second])).await;
        } else {
            answer(&world, &era835(910, &[first, second])).await;
        }
        check(&world, "A1R", ClaimStatus::Paid, 10000).await;
        let numbers = [claim(&world, "A1").await, claim(&world, "A1R").await].map(|one| one.payer_claim_control_number);
        assert_eq!(numbers, [Some("ICN1".to_string()), None], "apart: {apart}");
    }
}

/// What a payer says of this claim under a number and a day that nobody knows.
fn stranger(claim: &SentClaim, number: &str) -> SentClaim {
    let (trace, date) = (String::new(), "20200101".to_string());
    SentClaim { control_number: number.into(), trace, date, ..claim.clone() }
}

#[tokio::test]
async fn a_claim_passed_on_in_an_answer_decided_by_hand_is_the_next_payers_too() {
    for released in [false, true] {
        let Sent { world, claims } = two_payers(&[sample("A1", 1)]).await;
        let next = |control: u32, trace: &str| {
            let pays: Pay<'_> = (claims[0].clone(), "2", "20", &["CAS*OA*23*80"], "R1");
            era835(control, &[remittance("0001", trace, "20", &[pays], &[])])
        };
        // It matches nothing, or does not add up.
        let (who, paid) = if released { (claims[0].clone(), "81") } else { (stranger(&claims[0], "N1"), "80") };
        let first = remittance("0001", "T1", paid, &[(who, "19", paid, &["CAS*PR*2*20"], "ICN1")], &[]);
        answer(&world, &era835(951, &[passing_on(first)])).await;
        let exception = open_exceptions(&world).await.remove(0).id;
        let id = claim(&world, "A1").await.received.id;
        if released {
            exceptions::release(&world.gateway, exception, "sue").await.unwrap();
        } else {
            exceptions::resolve(&world.gateway, exception, id, "sue").await.unwrap();
        }
        hand_in_from(&world.gateway, "redriver", next(952, "T9").as_bytes()).await;
        work(&world.gateway).await;
        check(&world, "A1", ClaimStatus::Paid, (paid.parse::<i64>().unwrap() + 20) * 100).await;
        let told = world.gateway.store.claim_timeline(id).await.unwrap();
        assert_eq!(told.iter().filter(|event| event.kind == "passed on").count(), 1);
        if !released {
            exceptions::undo(&world.gateway, exception, "sue").await.unwrap();
            hand_in_from(&world.gateway, "redriver", next(953, "T10").as_bytes()).await;
            work(&world.gateway).await;
            assert_eq!(open_exceptions(&world).await.len(), 2, "it is no claim of the other payer's any more");
        }
    }
}

#[tokio::test]
async fn adjustments_of_a_remittance_whose_claims_were_all_found_late_are_handed_on_once() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let pays =
        [(stranger(&claims[0], "N1"), "1", "80", CUT, "ICN1"), (stranger(&claims[1], "N2"), "1", "80", CUT, "ICN2")];
    let plb = &["PLB*1234567893*20261231*WO:ICN0*30"];
    answer(&world, &era835(910, &[remittance("0001", "T1", "130", &pays, plb)])).await;
    assert!(letters(&world, "acme", MailKind::Remit835).await.is_empty());
    let open = open_exceptions(&world).await;
    assert_eq!(open.len(), 2);
    let ids = [claim(&world, "A1").await.received.id, claim(&world, "A2").await.received.id];
    // At the same time: both letters are written before either is recorded.
    let (one, other) = tokio::join!(
        exceptions::resolve(&world.gateway, open[1].id, ids[0], "sue"),
        exceptions::resolve(&world.gateway, open[0].id, ids[1], "bob"),
    );
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    let mut parts: Vec<_> = letters(&world, "acme", MailKind::Remit835).await.iter().map(|one| sums(one)).collect();
    parts.sort();
    assert_eq!(parts, [("50".to_string(), 8000, 3000), ("80".to_string(), 8000, 0)]);
}

#[tokio::test]
async fn a_payment_of_adjustments_alone_that_is_released_goes_to_the_payees_submitter() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let pays = [(claims[0].clone(), "1", "80", CUT, "ICN1")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &pays, &[])])).await;
    let plb = &["PLB*1234567893*20261231*L6*-5"];
    let mut alone = remittance("0001", "T2", "6", &pays, plb);
    alone.retain(|segment| !["LX*", "CLP*", "CAS*", "NM1*QC", "DTM*232"].iter().any(|id| segment.starts_with(id)));
    answer(&world, &era835(911, &[alone])).await;
    let held = open_exceptions(&world).await.remove(0);
    assert_eq!(held.kind, ExceptionKind::Balance);
    exceptions::release(&world.gateway, held.id, "sue").await.unwrap();
    let letters = letters(&world, "acme", MailKind::Remit835).await;
    assert!(letters.iter().any(|letter| sums(letter) == ("6".into(), 0, -500)), "{letters:?}");
    assert!(open_exceptions(&world).await.is_empty());
}

#[tokio::test]
async fn a_release_finds_claims_that_were_sent_since_and_what_it_does_not_find_waits() {
    for sent_before in [true, false] {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        let late = SentClaim {
            control_number: "000a2".into(),
            trace: String::new(),
            date: "20261002".into(),
            ..claims[0].clone()
        };
        // The payment of the claim that is known stands last.
        let pays = [(late, "1", "80", CUT, "ICN2"), (claims[0].clone(), "1", "81", CUT, "ICN1")];
        answer(&world, &era835(910, &[remittance("0001", "T1", "161", &pays, &[])])).await;
        let held = open_exceptions(&world).await.remove(0).id;
        let other = String::from_utf8(professional(2, &[&[sample("A2", 2)]])).unwrap().replace("BATCH", "OTHER");
        if sent_before {
            send(&world, "acme", other.as_bytes()).await;
            work(&world.gateway).await;
            exceptions::release(&world.gateway, held, "sue").await.unwrap();
        } else {
            exceptions::release(&world.gateway, held, "sue").await.unwrap();
            let waits = open_exceptions(&world).await;
            assert_eq!((waits.len(), waits[0].kind), (1, ExceptionKind::Remittance));
            assert!(waits[0].candidates.contains("the member is the same"), "{}", waits[0].candidates);
            check(&world, "A1", ClaimStatus::Paid, 8100).await;
            send(&world, "acme", other.as_bytes()).await;
            work(&world.gateway).await;
        }
        assert!(open_exceptions(&world).await.is_empty());
        check(&world, "A1", ClaimStatus::Paid, 8100).await;
        check(&world, "A2", ClaimStatus::Paid, 8000).await;
        let letters = letters(&world, "acme", MailKind::Remit835).await;
        let paid: Vec<i64> = letters.iter().map(|letter| sums(letter).1).collect();
        assert_eq!((paid.len(), paid.iter().sum::<i64>()), (if sent_before { 1 } else { 2 }, 16100));
    }
}

#[tokio::test]
async fn a_payments_lines_are_tied_to_the_claim_that_it_has_now() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let mut paid = remittance("0001", "T1", "80", &[(stranger(&claims[0], "N1"), "1", "80", &[], "ICN1")], &[]);
    paid.push("SVC*HC:99213*100*80**1".into());
    paid.push(format!("DTM*472*{}", claims[0].date));
    paid.push("CAS*CO*45*20".into());
    answer(&world, &era835(910, &[paid])).await;
    let (store, exception) = (&world.gateway.store, open_exceptions(&world).await.remove(0));
    let payment = exception.payment_id.unwrap();
    let tied = async || store.payment(payment).await.unwrap().unwrap().detail.reveal().contains("claim_line");
    let id = claim(&world, "A1").await.received.id;
    exceptions::resolve(&world.gateway, exception.id, id, "sue").await.unwrap();
    let untied = store.untied_remittances(10).await.unwrap();
    work(&world.gateway).await;
    assert!(tied().await);
    exceptions::undo(&world.gateway, exception.id, "sue").await.unwrap();
    // Whoever looked before the decision was taken back writes nothing.
    let read_before = [(payment, crate::domain::Phi::new("{}".to_string()))];
    assert!(!store.tie_lines(untied[0], &read_before, 1).await.unwrap());
    assert_eq!(store.untied_remittances(10).await.unwrap().len(), 1);
    work(&world.gateway).await;
    assert!(!tied().await);
    assert!(store.untied_remittances(10).await.unwrap().is_empty());
}
