//! Remittances of every fate: posted, held, released, dismissed, of nothing but provider adjustments, reversed, repeated.

use super::busy_losses::BUSY_LOSSES;
use super::{ALWAYS, account, plant, wrong};
use crate::domain::Cents;
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions;
use crate::pipeline::testing::{World, sample};
use crate::store::exceptions::ExceptionKind;
use crate::store::reconcile::{More, Quantity};

const CUT: &[&str] = &["CAS*CO*45*20"];

fn paid(claim: &SentClaim) -> Pay<'static> {
    (claim.clone(), "1", "80", CUT, "")
}

/// A payment without claims: `PLB` alone.
fn of_adjustments_alone(control: &str, trace: &str, payee: &SentClaim) -> Vec<String> {
    let plb = [format!("PLB*{}*20261231*L6*-5", payee.npi)];
    let mut segments = remittance(control, trace, "5", &[paid(payee)], &[&plb[0]]);
    segments.retain(|one| !["LX*", "CLP*", "CAS*", "NM1*QC", "DTM*"].iter().any(|begins| one.starts_with(begins)));
    segments
}

async fn pay(world: &World, control: u32, transaction: Vec<String>) {
    answer(world, &era835(control, &[transaction])).await;
}

/// Nine claims: B1 paid, B2 in a held remittance, B3 in one that was released, B4 in one that was put
/// aside, and then paid and taken back in one file, B5 denied
/// without money, B6 paid and taken back, B7 partly paid, B8 refused by the payer, and B9 waits to be fetched.
pub(super) async fn busy() -> World {
    let claims: Vec<_> = (1..=8).map(|n| sample(&format!("B{n}"), n)).collect();
    let Sent { world, claims } = sent(&[&claims]).await;
    let mail = world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().remove(0);
    crate::pipeline::deliver::fetched(&world.gateway, mail.payload_id).await.unwrap();
    answer(&world, &ta1(&claims[0], "A", "000")).await;
    answer(&world, &ack999(&claims, &[])).await;
    let said: Vec<_> = claims.iter().map(|one| (one.clone(), "A2:20", "")).collect();
    let refused = (claims[7].clone(), "A7:562:85", "");
    answer(&world, &ack277ca(&[&said[..7], &[refused]].concat())).await;

    let plb = ["PLB*1234567893*20261231*L6*-5"];
    let first = remittance("0001", "PAID1", "85", &[paid(&claims[0])], &plb);
    pay(&world, 910, first.clone()).await;
    pay(&world, 911, remittance("0001", "HELD1", "150", &[paid(&claims[1])], &[])).await;
    for (control, trace, amount, n) in [(912, "FREE1", "90", 2), (913, "ASIDE1", "70", 3)] {
        pay(&world, control, remittance("0001", trace, amount, &[paid(&claims[n])], &[])).await;
        let exception = open_exceptions(&world).await.remove(0);
        assert_eq!(exception.kind, ExceptionKind::Balance);
        match n {
            2 => exceptions::release(&world.gateway, exception.id, "sue").await.unwrap(),
            _ => exceptions::dismiss(&world.gateway, exception.id, "sue", "a duplicate").await.unwrap(),
        }
    }
    let nothing = [(claims[4].clone(), "4", "0", &["CAS*CO*50*100"][..], "")];
    pay(&world, 914, remittance("0001", "NIL1", "0", &nothing, &[])).await;
    pay(&world, 915, remittance("0001", "BACK1", "80", &[paid(&claims[5])], &[])).await;
    let back = [(claims[5].clone(), "22", "-80", &["CAS*CO*45*-20"][..], ""), paid(&claims[6])];
    pay(&world, 916, remittance("0001", "BACK2", "0", &back, &[])).await;
    let undone = (claims[3].clone(), "22", "-80", &["CAS*CO*45*-20"][..], "");
    pay(&world, 920, remittance("0001", "BOTH1", "0", &[paid(&claims[3]), undone], &[])).await;
    pay(&world, 917, of_adjustments_alone("0001", "PLB1", &claims[0])).await;
    let stranger = SentClaim { npi: "1003000126".into(), tin: "123456789".into(), ..claims[0].clone() };
    pay(&world, 918, of_adjustments_alone("0001", "PLB2", &stranger)).await;
    pay(&world, 919, first).await;
    let next = crate::pipeline::testing::professional(2, &[&[sample("B9", 9)]]);
    send(&world, "acme", &String::from_utf8(next).unwrap().replace("BATCH", "OTHER").into_bytes()).await;
    world
}

#[tokio::test]
async fn money_that_a_person_let_through_or_put_aside_is_told_and_every_cent_of_what_came_in_is_somewhere() {
    let world = busy().await;
    let whole = account(&world, ALWAYS).await;
    assert_eq!((whole.wrong.clone(), whole.more.clone()), (vec![], vec![]));
    assert!(whole.adds_up(), "{:?}", whole.sums_that_are_wrong());
    let money = whole.money;
    let sums = (money.paid_by_payers, money.on_claims, money.held, money.adjustments, money.out_of_balance);
    // 85 + 150 + 90 + 0 + 80 + 0 + 0 + 5 + 5 came in.
    assert_eq!(sums, (Cents(41500), Cents(24000), Cents(15000), Cents(-1500), Cents(1000)));
    assert_eq!((money.remittances, money.put_aside, money.put_aside_amount), (9, 1, Cents(7000)));
    assert_eq!((money.released, whole.released.len()), (1, 1));
    let released = &whole.released[0];
    let told = (released.trace.as_str(), released.difference, released.by.as_deref());
    assert_eq!(told, ("FREE1", Cents(1000), Some("sue")));
}

#[tokio::test]
async fn what_breaks_a_rule_beyond_the_limit_is_counted_and_cents_are_told_as_money() {
    let world = busy().await;
    plant(&world, &["UPDATE claim SET paid = paid + 1"]).await;
    let rule = "a claim's paid amount is not the sum of its payments";
    let store = &world.gateway.store;
    let account = store.account(ALWAYS, world.gateway.clock.now_ms(), 2).await.unwrap();
    let told: Vec<_> = account.wrong.iter().filter(|one| one.rule == rule).collect();
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].expected, told[0].found), (Quantity::Money(Cents(8000)), Quantity::Money(Cents(8001))));
    assert!(account.more.contains(&More { rule, count: 7 }), "{:?}", account.more);
    let exactly = store.account(ALWAYS, world.gateway.clock.now_ms(), 9).await.unwrap();
    assert!(!exactly.more.iter().any(|more| more.rule == rule), "{:?}", exactly.more);
}

#[tokio::test]
async fn sums_that_are_wrong_tell_both_sides() {
    let world = busy().await;
    plant(&world, &["UPDATE submission SET claims = claims + 1, charge = charge + 5 WHERE claims = 8"]).await;
    let wrong = account(&world, ALWAYS).await.sums_that_are_wrong();
    let told: Vec<_> = wrong.iter().map(|sum| (sum.about, sum.expected, sum.found)).collect();
    let count = ("claims received", Quantity::Count(10), Quantity::Count(9));
    let charge = ("charge received", Quantity::Money(Cents(90005)), Quantity::Money(Cents(90000)));
    assert_eq!(told, [count, charge]);
}

#[tokio::test]
async fn a_file_of_a_partner_is_named_only_to_who_asks() {
    let world = busy().await;
    plant(&world, &["UPDATE submission SET claims = claims + 1 WHERE claims = 8", "UPDATE claim SET paid = paid + 1"])
        .await;
    let wrong = wrong(&world).await;
    let names = world.gateway.store.names_of_files(&wrong).await.unwrap();
    let named = |one: &super::Discrepancy| one.file().and_then(|(_, id)| names.get(&id)).map(String::as_str);
    assert!(wrong.iter().all(|one| named(one) == Some("claims.837")), "{wrong:#?}");
}

#[tokio::test]
async fn every_loss_planted_in_a_busy_day_is_named_with_where_it_is() {
    super::check_losses(busy, BUSY_LOSSES).await;
}
