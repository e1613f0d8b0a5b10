//! The same payment again, however its second copy is written, and what only looks like it.

use crate::domain::{Cents, ClaimStatus};
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions;
use crate::pipeline::testing::{World, sample};
use crate::store::mail::MailKind;
use crate::store::remittances::RemittanceState;

const CUT: &[&str] = &["CAS*CO*45*20"];
const NPI: &str = "1234567893";

/// Claims A1 and A2, paid with one check whose lines are told.
async fn paid() -> (World, Vec<SentClaim>, Vec<String>) {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let pays = [(claims[0].clone(), "1", "80", CUT, "ICN1"), (claims[1].clone(), "1", "80", &[][..], "ICN2")];
    let mut first = remittance("0001", "T1", "160", &pays, &[]);
    first.extend(["SVC*HC:99213*100*80**1".into(), "CAS*CO*45*20".into()]);
    answer(&world, &era835(910, std::slice::from_ref(&first))).await;
    assert_eq!(sums(&world).await, [8000, 8000]);
    (world, claims, first)
}

async fn sums(world: &World) -> [i64; 2] {
    [claim(world, "A1").await.paid.0, claim(world, "A2").await.paid.0]
}

/// The state and the problem of the newest remittance.
async fn newest(world: &World) -> (RemittanceState, String) {
    let row = world.gateway.store.list_remittances(None, None, 1).await.unwrap().remove(0);
    (row.state, row.problem)
}

fn replaced(of: &[String], from: &str, to: &[&str]) -> Vec<String> {
    let place = of.iter().position(|segment| segment.starts_with(from)).unwrap();
    let mut other = of.to_vec();
    other.splice(place..=place, to.iter().map(ToString::to_string));
    other
}

#[tokio::test]
async fn a_copy_whose_payee_is_written_otherwise_is_a_repeat() {
    let (world, claims, first) = paid().await;
    let tin = &claims[0].tin;
    let dashed = format!("REF*TJ*{}-{}", &tin[..2], &tin[2..]);
    let by_tax_id = format!("N1*PE*LAKESIDE*FI*{tin}");
    let with_npi = format!("REF*HPI*{NPI}");
    let copies = [
        replaced(&first, "REF*TJ", &[]),
        replaced(&first, "REF*TJ", &[&dashed]),
        replaced(&replaced(&first, "N1*PE", &[&by_tax_id]), "REF*TJ", &[&with_npi]),
        replaced(&replaced(&first, "N1*PE", &[&by_tax_id]), "REF*TJ", &[]),
        replaced(&first, "TRN*1", &["TRN*1*T1*512345678"]),
    ];
    for (n, copy) in copies.into_iter().enumerate() {
        answer(&world, &era835(920 + n as u32, std::slice::from_ref(&copy))).await;
        assert_eq!(newest(&world).await.0, RemittanceState::Repeat, "{copy:?}");
    }
    assert_eq!(sums(&world).await, [8000, 8000]);
    assert!(open_exceptions(&world).await.is_empty());
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 1);
}

#[tokio::test]
async fn a_copy_that_lacks_the_payers_id_or_the_date_waits_for_a_person() {
    let (world, _, first) = paid().await;
    let bpr = first.iter().find(|segment| segment.starts_with("BPR")).unwrap();
    let undated = bpr.strip_suffix("*20261103").unwrap();
    let nameless = replaced(&replaced(&first, "N1*PE", &["N1*PE*LAKESIDE"]), "REF*TJ", &[]);
    let copies = [
        (replaced(&first, "TRN*1", &["TRN*1*T1"]), "the payer's id (TRN03) is not written the same"),
        (replaced(&first, "BPR", &[undated]), "the date (BPR16) is not written the same"),
        (nameless, "the payee is not written the same"),
        (
            replaced(&replaced(&first, "N1*PE", &["N1*PE*LAKESIDE*XX*1999999984"]), "REF*TJ", &[]),
            "the payee is not written the same",
        ),
    ];
    for (n, (copy, why)) in copies.into_iter().enumerate() {
        answer(&world, &era835(920 + n as u32, &[copy])).await;
        let (state, problem) = newest(&world).await;
        assert!(state == RemittanceState::Held && problem.contains(why), "{state:?}: {problem}");
        assert_eq!(sums(&world).await, [8000, 8000]);
        let held = open_exceptions(&world).await.remove(0);
        exceptions::dismiss(&world.gateway, held.id, "sue", "the same payment").await.unwrap();
    }
    // A person who knows better lets it through.
    answer(&world, &era835(930, &[replaced(&first, "TRN*1", &["TRN*1*T1*9999999999999"])])).await;
    let held = open_exceptions(&world).await.remove(0);
    exceptions::release(&world.gateway, held.id, "sue").await.unwrap();
    assert_eq!(sums(&world).await, [16000, 16000]);
}

#[tokio::test]
async fn the_same_claims_in_another_order_are_a_repeat_in_another_file_and_in_the_same() {
    let (world, claims, _) = paid().await;
    let pays = |n: usize, number| (claims[n].clone(), "1", "80", CUT, number);
    let (one, two) = (pays(0, "ICN3"), pays(1, "ICN4"));
    let plb = ["PLB*1234567893*20261231*WO:X*1", "PLB*1234567893*20261231*WO:Y*2"];
    let a = remittance("0001", "T2", "157", &[one.clone(), two.clone()], &plb);
    let b = remittance("0002", "T2", "157", &[two, one], &[plb[1], plb[0]]);
    answer(&world, &era835(920, &[a, b.clone()])).await;
    assert_eq!(newest(&world).await.0, RemittanceState::Repeat);
    answer(&world, &era835(921, &[b])).await;
    assert_eq!(newest(&world).await.0, RemittanceState::Repeat);
    assert_eq!(sums(&world).await, [16000, 16000]);
}

#[tokio::test]
async fn a_payment_of_nothing_is_known_again_among_all_with_its_number() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let nothing = |n: usize| {
        let pays = [(claims[n].clone(), "1", "0", &["CAS*PR*1*100"][..], "ICN")];
        let mut paid = remittance("0001", "0", "0", &pays, &[]);
        let clp = paid.iter().position(|segment| segment.starts_with("CLP")).unwrap();
        paid[clp] = paid[clp].replace("*0**12*ICN", &format!("*0*100*12*ICN{n}"));
        paid
    };
    answer(&world, &era835(910, &[nothing(0)])).await;
    answer(&world, &era835(911, &[nothing(1)])).await;
    answer(&world, &era835(912, &[replaced(&nothing(0), "REF*TJ", &[])])).await;
    assert_eq!(newest(&world).await.0, RemittanceState::Repeat);
    for number in ["A1", "A2"] {
        let claim = claim(&world, number).await;
        assert_eq!((claim.status, claim.patient_responsibility), (ClaimStatus::Paid, Cents(10000)), "{number}");
    }
}

#[tokio::test]
async fn the_same_check_number_for_another_provider_is_another_payment() {
    let (world, claims, _) = paid().await;
    let pays = [(claims[1].clone(), "22", "-160", &["CAS*CO*45*60"][..], "ICN9")];
    let other = remittance("0001", "T1", "160", &pays, &["PLB*1999999984*20261231*FB:T1*-320"]);
    let other = replaced(&other, "N1*PE", &["N1*PE*HILLSIDE*XX*1999999984"]);
    answer(&world, &era835(920, &[other])).await;
    let (state, problem) = newest(&world).await;
    assert_eq!((state, problem.as_str()), (RemittanceState::Posted, ""));
}

/// A payment of one cent too little for claim A1 and its correction, both under one number.
fn wrong_and_corrected(claims: &[SentClaim]) -> [String; 2] {
    let wrong: &[&str] = &["CAS*CO*45*19"];
    let of = |n, cas| era835(n, &[remittance("0001", "T5", "80", &[(claims[0].clone(), "1", "80", cas, "ICN1")], &[])]);
    [of(920, wrong), of(921, CUT)]
}

#[tokio::test]
async fn a_corrected_payment_is_posted_once_the_wrong_one_is_put_aside() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let [wrong, corrected] = wrong_and_corrected(&claims);
    answer(&world, &wrong).await;
    let held = open_exceptions(&world).await.remove(0);
    exceptions::dismiss(&world.gateway, held.id, "sue", "the payer corrects it").await.unwrap();
    answer(&world, &corrected).await;
    assert_eq!(newest(&world).await, (RemittanceState::Posted, String::new()));
    assert_eq!(claim(&world, "A1").await.paid, Cents(8000));
    // What was put aside is not let through beside it, and its copy is known.
    exceptions::undo(&world.gateway, held.id, "sue").await.unwrap();
    let refused = exceptions::release(&world.gateway, held.id, "sue").await.unwrap_err().to_string();
    assert!(refused.contains("would count the money twice"), "{refused}");
    answer(&world, &wrong.replace("000000920", "000000922")).await;
    assert_eq!(newest(&world).await.0, RemittanceState::Repeat);
}

#[tokio::test]
async fn a_second_wrong_one_beside_a_wrong_one_that_is_held_says_so() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let [wrong, _] = wrong_and_corrected(&claims);
    answer(&world, &wrong).await;
    answer(&world, &wrong.replace("000000920", "000000923").replace("*ICN1", "*ICN9")).await;
    let (state, problem) = newest(&world).await;
    assert_eq!(state, RemittanceState::Held);
    assert!(problem.contains(", which is held, but says other things of claims"), "{problem}");
    let open = open_exceptions(&world).await;
    assert_eq!(open.len(), 2);
    exceptions::release(&world.gateway, open[0].id, "sue").await.unwrap();
    let refused = exceptions::release(&world.gateway, open[1].id, "sue").await.unwrap_err().to_string();
    assert!(refused.contains("would count the money twice"), "{refused}");
}

#[tokio::test]
async fn a_payment_in_another_currency_is_not_posted_as_dollars() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let paid = remittance("0001", "T1", "80", &[(claims[0].clone(), "1", "80", CUT, "ICN1")], &[]);
    let foreign = replaced(&paid, "TRN", &["TRN*1*T1*1512345678", "CUR*PR*CAD"]);
    answer(&world, &era835(910, &[foreign])).await;
    let (state, problem) = newest(&world).await;
    assert!(state == RemittanceState::Held && problem.contains("CUR02 says CAD"), "{problem}");
    let dollars = replaced(&paid, "TRN", &["TRN*1*T2*1512345678", "CUR*PR*USD"]);
    answer(&world, &era835(911, &[dollars])).await;
    assert_eq!(newest(&world).await.0, RemittanceState::Posted);
}

#[tokio::test]
async fn a_good_835_takes_the_place_of_the_one_that_was_a_cent_out_and_that_one_is_not_posted_after_it() {
    for wrong_amount in ["80.01", "80"] {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        let pay = |paid: &'static str| [(claims[0].clone(), "1", paid, CUT, "ICN1")];
        let wrong =
            remittance("0001", "T1", wrong_amount, &pay(if wrong_amount == "80" { "80.01" } else { "80" }), &[]);
        answer(&world, &era835(910, &[wrong])).await;
        let held = open_exceptions(&world).await.remove(0);
        answer(&world, &era835(911, &[remittance("0001", "T1", "80", &pay("80"), &[])])).await;
        assert_eq!(newest(&world).await.0, RemittanceState::Posted, "{wrong_amount}");
        assert_eq!(claim(&world, "A1").await.paid, Cents(8000));
        assert!(open_exceptions(&world).await.is_empty(), "the wrong one is put aside");
        exceptions::undo(&world.gateway, held.id, "sue").await.unwrap();
        let refused = exceptions::release(&world.gateway, held.id, "sue").await.unwrap_err().to_string();
        assert!(refused.contains("would count the money twice"), "{refused}");
        assert_eq!(claim(&world, "A1").await.paid, Cents(8000));
    }
}

#[tokio::test]
async fn what_corrects_a_released_835_by_a_cent_is_not_posted_beside_it() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let pays = [(claims[0].clone(), "1", "80", CUT, "ICN1")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "80.01", &pays, &[])])).await;
    exceptions::release(&world.gateway, open_exceptions(&world).await[0].id, "sue").await.unwrap();
    answer(&world, &era835(911, &[remittance("0001", "T1", "80", &pays, &[])])).await;
    let (state, problem) = newest(&world).await;
    assert_eq!(state, RemittanceState::Held);
    assert!(problem.contains("another amount (BPR02)"), "{problem}");
    assert_eq!(claim(&world, "A1").await.paid, Cents(8000));
}
