//! A payer's number that was told once serves from then on, whatever others are told after it, and until the decision
//! that brought it is taken back.

use super::testing::*;
use crate::domain::{Cents, ClaimStatus};
use crate::pipeline::testing::{World, professional, sample};
use crate::pipeline::{correlate, exceptions};
use crate::store::search::ClaimQuery;

/// An answer with nothing of this claim but the payer's number.
fn numbered(claim: &SentClaim) -> SentClaim {
    SentClaim {
        control_number: "0".into(),
        trace: String::new(),
        member: String::new(),
        date: String::new(),
        ..claim.clone()
    }
}

async fn pays(world: &World, control: u32, claim: &SentClaim, status: &str, paid: &str, number: &str) {
    let trace = format!("T{control}");
    let cents = |text: &str| text.parse::<i64>().unwrap();
    let cut = format!("CAS*CO*45*{}", cents(&claim.charge) - cents(paid));
    let cut = [cut.as_str()];
    let pays = [(claim.clone(), status, paid, &cut[..], number)];
    answer(world, &era835(control, &[remittance("0001", &trace, paid, &pays, &[])])).await;
}

async fn found_by(world: &World, number: &str) -> usize {
    let query =
        ClaimQuery { payer_claim_control_number: Some(number.to_string().into()), limit: 10, ..ClaimQuery::default() };
    world.gateway.store.search_claims(&query).await.unwrap().len()
}

#[tokio::test]
async fn each_number_that_was_told_of_a_claim_finds_it() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    answer(&world, &ack277ca(&[(claims[0].clone(), "A2:20", "FIRST1")])).await;
    pays(&world, 910, &claims[0], "1", "5", "SECOND1").await;
    pays(&world, 911, &claims[0], "1", "6", "THIRD1").await;
    assert_eq!(claim(&world, "A1").await.payer_claim_control_number.as_deref(), Some("THIRD1"));
    for (n, number) in ["FIRST1", "SECOND1", "THIRD1", "first1"].into_iter().enumerate() {
        pays(&world, 920 + n as u32, &numbered(&claims[0]), "1", "10", number).await;
        assert!(open_exceptions(&world).await.is_empty(), "{number}");
        assert_eq!(claim(&world, "A1").await.paid, Cents(1100 + 1000 * (n as i64 + 1)), "{number}");
    }
    // A second claim does not get it, so that it stays clear whose it is.
    pays(&world, 930, &claims[1], "1", "7", "FIRST1").await;
    assert_eq!(claim(&world, "A2").await.payer_claim_control_number, None);
    for number in ["FIRST1", "SECOND1", "THIRD1"] {
        assert_eq!(found_by(&world, number).await, 1, "{number}");
    }
    assert_eq!(found_by(&world, "FOURTH1").await, 0);
}

#[tokio::test]
async fn a_number_that_a_277ca_tells_beside_another_ends_the_wait_for_it() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    answer(&world, &ack277ca(&[(claims[0].clone(), "A2:20", "FIRST1")])).await;
    pays(&world, 910, &numbered(&claims[0]), "1", "80", "SECOND1").await;
    assert_eq!(open_exceptions(&world).await.len(), 1);
    correlate::run(&world.gateway).await.unwrap();
    answer(&world, &ack277ca(&[(claims[0].clone(), "A2:21", "SECOND1")])).await;
    correlate::run(&world.gateway).await.unwrap();
    assert!(open_exceptions(&world).await.is_empty());
    assert_eq!(claim(&world, "A1").await.paid, Cents(8000));
}

#[tokio::test]
async fn a_decision_that_is_taken_back_takes_no_number_but_its_own() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    answer(&world, &ack277ca(&[(claims[0].clone(), "A2:20", "FIRST1")])).await;
    let id = claim(&world, "A1").await.received.id;
    let odd = SentClaim { charge: "500".into(), date: "20200101".into(), ..numbered(&claims[0]) };
    pays(&world, 910, &odd, "1", "480", "SECOND1").await;
    let by_hand = open_exceptions(&world).await.remove(0);
    for _ in 0..2 {
        exceptions::resolve(&world.gateway, by_hand.id, id, "sue").await.unwrap();
        assert_eq!(claim(&world, "A1").await.payer_claim_control_number.as_deref(), Some("SECOND1"));
        assert_eq!((found_by(&world, "FIRST1").await, found_by(&world, "SECOND1").await), (1, 1));
        exceptions::undo(&world.gateway, by_hand.id, "sue").await.unwrap();
        let back = claim(&world, "A1").await;
        assert_eq!(
            (back.status, back.payer_claim_control_number.as_deref()),
            (ClaimStatus::PayerAccepted, Some("FIRST1"))
        );
        assert_eq!((found_by(&world, "FIRST1").await, found_by(&world, "SECOND1").await), (1, 0));
    }
    // The same number, told before and by the decision: it stays.
    let same = SentClaim { charge: "501".into(), ..odd };
    answer(&world, &ack277ca(&[(same, "A2:20", "FIRST1")])).await;
    let open = open_exceptions(&world).await;
    let told = open.iter().find(|one| one.id != by_hand.id).expect("its charge is another");
    exceptions::resolve(&world.gateway, told.id, id, "sue").await.unwrap();
    exceptions::undo(&world.gateway, told.id, "sue").await.unwrap();
    assert_eq!(claim(&world, "A1").await.payer_claim_control_number.as_deref(), Some("FIRST1"));
    // And told by the decision alone it goes, also where a payment has put another in its place.
    let other = SentClaim { charge: "502".into(), ..numbered(&claims[0]) };
    answer(&world, &ack277ca(&[(other, "A2:20", "FOURTH1")])).await;
    let fourth = open_exceptions(&world).await.into_iter().find(|one| one.response.contains("FOURTH1")).unwrap();
    exceptions::resolve(&world.gateway, fourth.id, id, "sue").await.unwrap();
    pays(&world, 911, &claims[0], "1", "80", "FIFTH1").await;
    assert_eq!(found_by(&world, "FOURTH1").await, 1);
    exceptions::undo(&world.gateway, fourth.id, "sue").await.unwrap();
    assert_eq!((found_by(&world, "FOURTH1").await, found_by(&world, "FIRST1").await), (0, 1));
    assert_eq!(claim(&world, "A1").await.payer_claim_control_number.as_deref(), Some("FIFTH1"));
}

#[tokio::test]
async fn a_replacement_that_refers_to_an_earlier_number_is_linked() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    answer(&world, &ack277ca(&[(claims[0].clone(), "A2:20", "FIRST1")])).await;
    pays(&world, 910, &claims[0], "1", "80", "SECOND1").await;
    let file = String::from_utf8(professional(2, &[&[sample("A9", 1)]])).unwrap();
    let file = file.replace("11:B:1*Y*A*Y*Y~\n", "11:B:7*Y*A*Y*Y~\nREF*F8*FIRST1~\n");
    let count = file.split("SE*").nth(1).unwrap().split('*').next().unwrap().to_string();
    let file = file.replace(&format!("SE*{count}*"), &format!("SE*{}*", count.parse::<u32>().unwrap() + 1));
    send(&world, "acme", file.as_bytes()).await;
    correlate::run(&world.gateway).await.unwrap();
    let told = world.gateway.store.claim_timeline(claim(&world, "A9").await.received.id).await.unwrap();
    let linked = told.iter().find(|event| event.kind == "replaces").expect("it is linked");
    assert_eq!(linked.rule, "payer claim control number");
}

#[tokio::test]
async fn what_takes_back_or_corrects_a_payment_that_a_person_put_on_a_claim_finds_it() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let id = claim(&world, "A1").await.received.id;
    let odd =
        SentClaim { control_number: "OURS6".into(), charge: "105".into(), member: "Q6".into(), ..claims[0].clone() };
    let cas: &[&str] = &["CAS*CO*45*25"];
    let file = |control: u32, pays: &[Pay<'_>], total: &str, plb: &[&str]| {
        era835(control, &[remittance("0001", &format!("T{control}"), total, pays, plb)])
    };
    answer(&world, &file(910, &[(odd.clone(), "1", "80", cas, "HAND6")], "80", &[])).await;
    let by_hand = open_exceptions(&world).await.remove(0);
    exceptions::resolve(&world.gateway, by_hand.id, id, "sue").await.unwrap();
    // Another charge under the same numbers, and the same charge under another control number, are not that payment.
    let dearer = SentClaim { charge: "106".into(), ..odd.clone() };
    let others = SentClaim { control_number: "OURS7".into(), ..odd.clone() };
    for (n, other) in [dearer, others].into_iter().enumerate() {
        answer(&world, &file(920 + n as u32, &[(other, "1", "81", cas, "HAND6")], "81", &[])).await;
        assert_eq!(open_exceptions(&world).await.len(), n + 1);
    }
    let back: &[&str] = &["CAS*CO*45*-25"];
    let less: &[&str] = &["CAS*CO*45*35"];
    let pays = [(odd.clone(), "22", "-80", back, "HAND6"), (odd.clone(), "1", "70", less, "HAND6B")];
    answer(&world, &file(930, &pays, "0", &["PLB*1234567893*20261231*FB:X*-10"])).await;
    assert_eq!(open_exceptions(&world).await.len(), 2, "{:?}", open_exceptions(&world).await[0].reason);
    assert_eq!(claim(&world, "A1").await.paid, Cents(7000));
    let payment = world.gateway.store.payments_of_claim(id).await.unwrap().remove(1);
    assert_eq!(payment.rule, "numbers and charge of an earlier payment");
    assert!(payment.evidence.contains("stands on it"), "{}", payment.evidence);
}

#[tokio::test]
async fn a_correction_beside_the_reversal_that_the_payers_number_finds_is_about_the_same_claim() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    pays(&world, 910, &claims[0], "1", "80", "R1").await;
    let garbled = SentClaim { control_number: "REVGARB".into(), ..claims[0].clone() };
    let (back, less): (&[&str], &[&str]) = (&["CAS*CO*45*-20"], &["CAS*CO*45*30"]);
    let pays = [(garbled.clone(), "22", "-80", back, "R1"), (garbled, "1", "70", less, "R1B")];
    answer(&world, &era835(911, &[remittance("0001", "T2", "0", &pays, &["PLB*1234567893*20261231*FB:X*-10"])])).await;
    assert!(open_exceptions(&world).await.is_empty());
    assert_eq!(claim(&world, "A1").await.paid, Cents(7000));
}
