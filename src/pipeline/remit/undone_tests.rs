//! Provider adjustments (PLB) that were handed on with a decision which is taken back.

use crate::domain::ids::{ClaimId, ExceptionId};
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions;
use crate::pipeline::testing::{KEY, World, hosted_payer, professional, sample, submitter, world_of};
use crate::store::exceptions::ExceptionRow;
use crate::store::mail::MailKind;

const CUT: &[&str] = &["CAS*CO*45*20"];

/// Claims A1 and A2 of acme and B1 of bolt, all of one provider; and two payments with a PLB that are on none of them yet.
async fn waiting() -> (World, Vec<ExceptionRow>) {
    let (acme, bolt) = (submitter("ACMEBILL", KEY, ""), submitter("BOLT", KEY, ""));
    let payer = hosted_payer("BLUESTAR", "BSTAR", KEY);
    let world = world_of("", &[("acme", &acme), ("bolt", &bolt), ("bluestar", &payer)]).await;
    send(&world, "acme", &professional(1, &[&[sample("A1", 1), sample("A2", 2)]])).await;
    let of_bolt = String::from_utf8(professional(1, &[&[sample("B1", 3)]])).unwrap();
    let of_bolt = of_bolt.replace("*ZZ*ACMEBILL       *", "*ZZ*BOLT           *").replace("BATCH", "BOLTS");
    let claims = send(&world, "bolt", of_bolt.as_bytes()).await;
    let lost = |number: &str| SentClaim {
        control_number: number.into(),
        date: "20200101".into(),
        member: "Q9".into(),
        ..claims[0].clone()
    };
    let pays = [(lost("X1"), "1", "80", CUT, "ICN8"), (lost("X2"), "1", "80", CUT, "ICN9")];
    let plb = format!("PLB*{}*20261231*WO:0042*25", claims[0].npi);
    answer(&world, &era835(912, &[remittance("0001", "T9", "135", &pays, &[&plb])])).await;
    let open = open_exceptions(&world).await;
    assert_eq!(open.len(), 2);
    (world, open)
}

async fn id_of(world: &World, number: &str) -> ClaimId {
    claim(world, number).await.received.id
}

async fn decide(world: &World, exception: ExceptionId, number: &str) {
    let id = id_of(world, number).await;
    exceptions::resolve(&world.gateway, exception, id, "sue").await.unwrap();
}

/// How many files with the PLB the submitter got, and the newest note to it.
async fn has(world: &World, partner: &str) -> (usize, String) {
    let all = letters(world, partner, MailKind::Remit835).await;
    let with = all.iter().filter(|letter| letter.contains("WO:0042*25")).count();
    (with, letters(world, partner, MailKind::Note).await.pop().unwrap_or_default())
}

async fn are_handed(world: &World) -> bool {
    world.gateway.store.list_remittances(None, None, 1).await.unwrap()[0].adjustments_handed
}

#[tokio::test]
async fn adjustments_go_on_with_the_next_decision_when_the_first_is_taken_back() {
    let (world, open) = waiting().await;
    decide(&world, open[0].id, "A1").await;
    assert_eq!(has(&world, "acme").await.0, 1);
    exceptions::undo(&world.gateway, open[0].id, "sue").await.unwrap();
    let note = has(&world, "acme").await.1;
    assert!(
        note.contains("and with it the provider adjustments (PLB) in the file, which are taken back too."),
        "{note}"
    );
    assert!(!are_handed(&world).await);
    decide(&world, open[1].id, "B1").await;
    assert_eq!((has(&world, "bolt").await.0, are_handed(&world).await), (1, true));
    // The first is made again: its file is there, and what is bolt's now is left out.
    decide(&world, open[0].id, "A1").await;
    let (files, note) = has(&world, "acme").await;
    assert!(files == 1 && note.contains("leave out the provider adjustments (PLB)"), "{files}: {note}");
    // What bolt has is not acme's to take back.
    exceptions::undo(&world.gateway, open[0].id, "sue").await.unwrap();
    assert!(are_handed(&world).await);
}

#[tokio::test]
async fn adjustments_of_a_decision_that_is_made_again_are_with_its_letter_again() {
    let (world, open) = waiting().await;
    for _ in 0..2 {
        decide(&world, open[0].id, "A1").await;
        let (files, note) = has(&world, "acme").await;
        assert!(files == 1 && are_handed(&world).await && !note.contains("leave out"), "{files}: {note}");
        exceptions::undo(&world.gateway, open[0].id, "sue").await.unwrap();
        assert!(!are_handed(&world).await);
    }
    for exception in open {
        exceptions::dismiss(&world.gateway, exception.id, "sue", "not ours").await.unwrap();
    }
    let told = open_exceptions(&world).await;
    assert!(told.len() == 1 && told[0].reason.contains("several submitters bill for its payee"));
}

#[tokio::test]
async fn adjustments_stay_with_a_submitter_that_keeps_another_payment_beside_them() {
    let (world, open) = waiting().await;
    decide(&world, open[0].id, "A1").await;
    decide(&world, open[1].id, "A2").await;
    exceptions::undo(&world.gateway, open[0].id, "sue").await.unwrap();
    let (files, note) = has(&world, "acme").await;
    assert!(files == 1 && note.contains("(PLB) in the file stay as they are."), "{note}");
    // It is made again: they are still its own.
    decide(&world, open[0].id, "A1").await;
    let (files, note) = has(&world, "acme").await;
    assert!(files == 1 && note.contains("HOLDS AGAIN") && !note.contains("leave out"), "{note}");
    exceptions::undo(&world.gateway, open[0].id, "sue").await.unwrap();
    decide(&world, open[0].id, "B1").await;
    assert_eq!((has(&world, "bolt").await.0, are_handed(&world).await), (0, true));
}

#[tokio::test]
async fn adjustments_leave_a_submitter_with_its_last_payment_beside_them() {
    let (world, open) = waiting().await;
    decide(&world, open[0].id, "A1").await;
    decide(&world, open[1].id, "A2").await;
    exceptions::undo(&world.gateway, open[0].id, "sue").await.unwrap();
    assert!(are_handed(&world).await);
    exceptions::undo(&world.gateway, open[1].id, "sue").await.unwrap();
    let note = has(&world, "acme").await.1;
    assert!(!are_handed(&world).await && note.contains("that you have of it from before"), "{note}");
    decide(&world, open[1].id, "B1").await;
    assert_eq!((has(&world, "bolt").await.0, are_handed(&world).await), (1, true));
}

#[tokio::test]
async fn only_the_last_payment_that_is_put_aside_has_the_file_worked() {
    let (world, open) = waiting().await;
    let paid = [(claim_as_sent(&world, "A1").await, "1", "80", CUT, "ICN1")];
    answer(&world, &era835(913, &[remittance("0001", "T1", "80", &paid, &[])])).await;
    let before = control(&letters(&world, "acme", MailKind::Remit835).await[0]);
    for exception in open {
        exceptions::dismiss(&world.gateway, exception.id, "sue", "not ours").await.unwrap();
    }
    let all = letters(&world, "acme", MailKind::Remit835).await;
    assert_eq!(all.len(), 2);
    // A letter that is written and thrown away takes a number too.
    assert_eq!(control(&all[1]), before + 1);
}

/// ISA13.
fn control(file: &str) -> u32 {
    file.split('*').nth(13).unwrap().parse().unwrap()
}

async fn claim_as_sent(world: &World, number: &str) -> SentClaim {
    let mail = world.gateway.store.list_mail("bluestar", None, Some(MailKind::Claims837), 10).await.unwrap();
    let mut found = Vec::new();
    for one in mail {
        let bytes = world.gateway.read_payload(one.payload_id).await.unwrap();
        found.extend(claims_of(&String::from_utf8(bytes).unwrap()));
    }
    found.into_iter().find(|claim| claim.control_number == number).unwrap()
}
