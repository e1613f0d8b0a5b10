//! What becomes of provider adjustments that came with no claim of anybody's.

use crate::pipeline::answers::lacks::lacks;
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions;
use crate::pipeline::testing::{KEY, World, hosted_payer, professional, sample, submitter, world_of};
use crate::store::mail::MailKind;
use crate::store::remittances::RemittanceState;

const CUT: &[&str] = &["CAS*CO*45*20"];

/// Two payments for claims that never went through here, and money taken from the payee.
fn of_others(like: &SentClaim, npi: &str) -> String {
    let other = |number: &str| SentClaim {
        control_number: number.into(),
        date: "20200101".into(),
        member: "Q9".into(),
        npi: npi.into(),
        ..like.clone()
    };
    let pays = [(other("X1"), "1", "80", CUT, "ICN8"), (other("X2"), "1", "80", CUT, "ICN9")];
    let plb = format!("PLB*{npi}*20261231*WO:0042*25");
    era835(912, &[remittance("0001", "T9", "135", &pays, &[&plb])])
}

#[tokio::test]
async fn provider_adjustments_beside_dismissed_payments_go_to_the_submitter_of_the_payee() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let paid = [(claims[0].clone(), "1", "80", CUT, "ICN1")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &paid, &[])])).await;
    answer(&world, &of_others(&claims[0], &claims[0].npi)).await;
    let open = open_exceptions(&world).await;
    assert_eq!(open.len(), 2);
    exceptions::dismiss(&world.gateway, open[0].id, "sue", "billed on paper").await.unwrap();
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 1, "the other payment still waits");
    exceptions::dismiss(&world.gateway, open[1].id, "sue", "billed on paper").await.unwrap();
    let all = letters(&world, "acme", MailKind::Remit835).await;
    assert_eq!(all.len(), 2);
    let letter = &all[1];
    assert!(letter.contains("PLB*1234567893*20261231*WO:0042*25~") && !letter.contains("CLP*"), "{letter}");
    assert!(letter.contains("BPR*H*0*C*NON*") && letter.contains("*FB:T9*-25~"), "it adds up: {letter}");
    assert_eq!(lacks(&world.gateway, world.gateway.clock.now_ms(), letter.as_bytes()), [""; 0]);
    // Opened again and put aside again, they are handed on no second time.
    exceptions::undo(&world.gateway, open[1].id, "sue").await.unwrap();
    exceptions::dismiss(&world.gateway, open[1].id, "sue", "billed on paper").await.unwrap();
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 2);
    assert!(open_exceptions(&world).await.is_empty());
}

#[tokio::test]
async fn provider_adjustments_of_a_payee_that_nobody_knows_are_told_once() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    answer(&world, &of_others(&claims[0], "1245319599")).await;
    let waiting = open_exceptions(&world).await;
    for exception in &waiting {
        exceptions::dismiss(&world.gateway, exception.id, "sue", "not ours").await.unwrap();
    }
    exceptions::undo(&world.gateway, waiting[0].id, "sue").await.unwrap();
    exceptions::dismiss(&world.gateway, waiting[0].id, "sue", "not ours").await.unwrap();
    let open = open_exceptions(&world).await;
    assert_eq!(open.len(), 1);
    assert!(open[0].reason.contains("its payee is no submitter's"), "{}", open[0].reason);
    exceptions::dismiss(&world.gateway, open[0].id, "sue", "told the payer").await.unwrap();
    assert!(open_exceptions(&world).await.is_empty());
}

/// Puts aside what waits of such payments; why their adjustments are with nobody.
async fn put_aside(world: &World) -> String {
    for exception in open_exceptions(world).await {
        if exception.payment_id.is_some() {
            exceptions::dismiss(&world.gateway, exception.id, "sue", "not ours").await.unwrap();
        }
    }
    let told = open_exceptions(world).await;
    told.iter().find(|one| one.reason.contains("(PLB)")).map(|one| one.reason.clone()).unwrap_or_default()
}

/// Claim A1 of acme and B1 of bolt, of one provider.
async fn of_two_submitters() -> (World, Vec<SentClaim>) {
    let (acme, bolt) = (submitter("ACMEBILL", KEY, ""), submitter("BOLT", KEY, ""));
    let payer = hosted_payer("BLUESTAR", "BSTAR", KEY);
    let world = world_of("", &[("acme", &acme), ("bolt", &bolt), ("bluestar", &payer)]).await;
    send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
    let of_bolt = String::from_utf8(professional(1, &[&[sample("B1", 3)]])).unwrap();
    let of_bolt = of_bolt.replace("*ZZ*ACMEBILL       *", "*ZZ*BOLT           *").replace("BATCH", "BOLTS");
    let claims = send(&world, "bolt", of_bolt.as_bytes()).await;
    (world, claims)
}

#[tokio::test]
async fn provider_adjustments_of_a_payee_of_several_submitters_go_to_none_of_them() {
    let (world, claims) = of_two_submitters().await;
    for (n, claim) in claims.iter().enumerate() {
        let paid = [(claim.clone(), "1", "80", CUT, "")];
        answer(&world, &era835(910 + n as u32, &[remittance("0001", &format!("T{n}"), "80", &paid, &[])])).await;
    }
    answer(&world, &of_others(&claims[0], &claims[0].npi)).await;
    let told = put_aside(&world).await;
    assert!(told.contains("several submitters bill for its payee"), "{told}");
    for partner in ["acme", "bolt"] {
        assert_eq!(letters(&world, partner, MailKind::Remit835).await.len(), 1, "{partner}");
    }
}

#[tokio::test]
async fn a_payee_without_a_number_is_nobody_that_was_paid_before() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let bare = |file: String| {
        let payee = format!("N1*PE*LAKESIDE*XX*{}~\nREF*TJ*{}~\n", claims[0].npi, claims[0].tin);
        assert!(file.contains(&payee));
        file.replace(&payee, "N1*PE*LAKESIDE~\n").replace("SE*15*", "SE*14*").replace("SE*20*", "SE*19*")
    };
    let paid = [(claims[0].clone(), "1", "80", CUT, "")];
    answer(&world, &bare(era835(910, &[remittance("0001", "T1", "80", &paid, &[])]))).await;
    // By whatever it is found: it is acme's, and its payee has no number.
    for waits in open_exceptions(&world).await {
        let id = claim(&world, "A1").await.received.id;
        exceptions::resolve(&world.gateway, waits.id, id, "sue").await.unwrap();
    }
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 1);
    answer(&world, &bare(of_others(&claims[0], &claims[0].npi))).await;
    let told = put_aside(&world).await;
    assert!(told.contains("its payee is no submitter's"), "{told}");
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 1);
}

#[tokio::test]
async fn a_payment_that_is_held_tells_nothing_of_whose_the_payee_is() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let other = "1999999984";
    let paid = [(SentClaim { npi: other.into(), ..claims[0].clone() }, "1", "80", CUT, "ICN1")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "81", &paid, &[])])).await;
    let held = world.gateway.store.list_remittances(None, None, 10).await.unwrap();
    assert_eq!(held[0].state, RemittanceState::Held);
    answer(&world, &of_others(&claims[0], other)).await;
    let told = put_aside(&world).await;
    assert!(told.contains("its payee is no submitter's"), "{told}");
}

#[tokio::test]
async fn adjustments_count_as_handed_on_only_with_a_letter() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let handed = async |trace: &str| {
        let all = world.gateway.store.list_remittances(None, None, 10).await.unwrap();
        all.iter().find(|one| one.trace == trace).unwrap().adjustments_handed
    };
    let plb = &["PLB*1234567893*20261231*WO:0042*25"];
    let pays = |n: usize| [(claims[n].clone(), "1", "80", CUT, "")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "55", &pays(0), plb)])).await;
    assert!(handed("T1").await);
    let file = world.folder.path().join("partners/acme.toml");
    std::fs::remove_file(file).unwrap();
    world.gateway.partners.reload().unwrap();
    answer(&world, &era835(911, &[remittance("0001", "T2", "55", &pays(1), plb)])).await;
    assert!(!handed("T2").await);
    // Nor for money that came without any claim of ours: its payee is acme's, which is gone.
    answer(&world, &of_others(&claims[0], &claims[0].npi)).await;
    let told = put_aside(&world).await;
    assert!(told.contains("has no file in partners/ any more") && !told.contains("acme"), "{told}");
}
