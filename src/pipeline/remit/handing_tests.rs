//! To whom money goes that is on no claim: provider adjustments beside claims of several submitters, and payments of none.

use super::tests::{sums, two_submitters};
use crate::pipeline::answers::lacks::lacks;
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions::{self, ResolveError};
use crate::pipeline::testing::{World, sample};
use crate::store::mail::MailKind;
use crate::store::remittances::RemittanceRow;

const CUT: &[&str] = &["CAS*CO*45*20"];
const NPI: &str = "1234567893";

fn of<'a>(claims: &[SentClaim], control: &str, paid: &'a str, number: &'a str) -> Pay<'a> {
    let claim = claims.iter().find(|claim| claim.control_number == control).unwrap().clone();
    (claim, "1", paid, CUT, number)
}

/// The 835s of both submitters.
async fn parts(world: &World) -> [Vec<String>; 2] {
    [letters(world, "acme", MailKind::Remit835).await, letters(world, "bolt", MailKind::Remit835).await]
}

async fn newest(world: &World) -> RemittanceRow {
    world.gateway.store.list_remittances(None, None, 1).await.unwrap().remove(0)
}

#[tokio::test]
async fn adjustments_that_name_a_claim_go_with_it_and_every_part_adds_up() {
    let Sent { world, claims } = two_submitters().await;
    let pays = [of(&claims, "A1", "80", "ICN1"), of(&claims, "B1", "80", "ICN2"), of(&claims, "B2", "80", "ICN3")];
    let plb = [
        format!("PLB*{NPI}*20261231*WO:ICN1*10*L6:ICN2*-1.5*72:A1*5"),
        format!("PLB*{NPI}*20261231*WO:ICN3*20"),
        format!("PLB*{NPI}*20261231*CS:X*3"),
    ];
    let plb: Vec<&str> = plb.iter().map(String::as_str).collect();
    answer(&world, &era835(910, &[remittance("0001", "T1", "203.5", &pays, &plb)])).await;
    let [acme, bolt] = parts(&world).await;
    assert!(acme[0].contains(&format!("PLB*{NPI}*20261231*WO:ICN1*10*72:A1*5~")), "{}", acme[0]);
    assert!(!acme[0].contains("ICN2") && !acme[0].contains("CS:X"), "{}", acme[0]);
    assert!(acme[0].contains("BPR*I*65*"), "80 less 15: {}", acme[0]);
    for whole in ["L6:ICN2*-1.5~", "WO:ICN3*20~", "CS:X*3~"] {
        assert!(bolt[0].contains(&format!("PLB*{NPI}*20261231*{whole}")), "{whole}: {}", bolt[0]);
    }
    assert!(bolt[0].contains("BPR*I*138.5*"), "160 less 21.50: {}", bolt[0]);
    for letter in acme.iter().chain(&bolt) {
        assert_eq!(lacks(&world.gateway, world.gateway.clock.now_ms(), letter.as_bytes()), [""; 0]);
    }
    let row = newest(&world).await;
    assert!(row.adjustments_handed);
    assert_eq!((row.adjustments_of("acme"), row.adjustments_of("bolt")), (Some(vec![0, 2]), Some(vec![1, 3, 4])));
}

#[tokio::test]
async fn an_adjustment_of_an_earlier_claim_goes_with_its_submitter() {
    let Sent { world, claims } = two_submitters().await;
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &[of(&claims, "A1", "80", "ICN1")], &[])])).await;
    let pays = [of(&claims, "A1", "40", "ICN4"), of(&claims, "B1", "80", "ICN2"), of(&claims, "B2", "80", "ICN3")];
    let cut: &[&str] = &["CAS*CO*45*60"];
    let pays = [(pays[0].0.clone(), "1", "40", cut, "ICN4"), pays[1].clone(), pays[2].clone()];
    let plb = format!("PLB*{NPI}*20261231*WO:ICN1*30");
    answer(&world, &era835(911, &[remittance("0001", "T2", "170", &pays, &[&plb])])).await;
    let [acme, bolt] = parts(&world).await;
    assert_eq!(sums(&acme[1]), ("10".into(), 4000, 3000), "{}", acme[1]);
    assert_eq!(sums(&bolt[0]), ("160".into(), 16000, 0), "{}", bolt[0]);
    // The claim has another number now; the payer means it still.
    let pays = [(pays[0].0.clone(), "1", "30", &["CAS*CO*45*70"][..], "ICN5"), pays[1].clone(), pays[2].clone()];
    answer(&world, &era835(912, &[remittance("0001", "T3", "160", &pays, &[&plb])])).await;
    assert_eq!(sums(&parts(&world).await[0][2]), ("0".into(), 3000, 3000));
}

#[tokio::test]
async fn a_part_that_takes_more_than_it_pays_is_told_to_its_submitter_and_to_the_house() {
    let Sent { world, claims } = two_submitters().await;
    let pays = [of(&claims, "A1", "80", "ICN1"), of(&claims, "B1", "80", "ICN2")];
    let plb = format!("PLB*{NPI}*20261231*WO:ICN1*95");
    answer(&world, &era835(910, &[remittance("0001", "T1", "65", &pays, &[&plb])])).await;
    let [acme, bolt] = parts(&world).await;
    assert_eq!(sums(&acme[0]), ("0".into(), 8000, 9500 - 1500), "{}", acme[0]);
    assert_eq!(sums(&bolt[0]), ("80".into(), 8000, 0));
    let notes = letters(&world, "acme", MailKind::Note).await;
    assert_eq!(notes.len(), 1);
    for wanted in ["CARRIED FORWARD", "takes 15.00 more than it pays", "FB:T1 of -15.00, is not the payer's"] {
        assert!(notes[0].contains(wanted), "{wanted}: {}", notes[0]);
    }
    assert!(letters(&world, "bolt", MailKind::Note).await.is_empty());
    let inbound = world.gateway.store.inbound(newest(&world).await.inbound_id).await.unwrap().unwrap();
    assert!(inbound.house_notes.iter().any(|note| note.contains("the part of acme takes 15.00 more")), "{inbound:?}");
    assert!(inbound.notes.iter().all(|note| !note.contains("acme")), "the payer reads these: {inbound:?}");
}

/// Money to a payee for no claim.
fn of_no_claim(like: &SentClaim, control: u32, trace: &str, npi: &str) -> String {
    let pays = [(like.clone(), "1", "0", &[][..], "")];
    let plb = format!("PLB*{npi}*20261231*CT:Z*-9");
    let mut paid = remittance("0001", trace, "9", &pays, &[&plb]);
    let clp = paid.iter().position(|segment| segment.starts_with("LX")).unwrap();
    paid.drain(clp..clp + 4);
    let payee = paid.iter().position(|segment| segment.starts_with("N1*PE")).unwrap();
    paid[payee] = format!("N1*PE*LAKESIDE*XX*{npi}");
    // Without a tax id.
    paid.remove(payee + 1);
    era835(control, &[paid])
}

#[tokio::test]
async fn money_for_no_claim_goes_to_the_only_submitter_that_bills_for_the_payee() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    answer(&world, &of_no_claim(&claims[0], 910, "T1", &claims[0].npi)).await;
    let all = letters(&world, "acme", MailKind::Remit835).await;
    assert!(all.len() == 1 && all[0].contains("CT:Z*-9~") && all[0].contains("BPR*I*9*"), "{all:?}");
    assert!(open_exceptions(&world).await.is_empty());
    // A payee that is named by its tax id alone.
    let by_tax_id = |control, tin: &str| {
        let file = of_no_claim(&claims[0], control, &format!("T{control}"), &claims[0].npi);
        file.replace(&format!("*XX*{}~", claims[0].npi), &format!("*FI*{tin}~"))
    };
    let tin = &claims[0].tin;
    answer(&world, &by_tax_id(911, &format!("{}-{}", &tin[..2], &tin[2..]))).await;
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 2);
    answer(&world, &by_tax_id(912, "00-0000000")).await;
    assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 2);
    assert_eq!(open_exceptions(&world).await.len(), 1);
}

#[tokio::test]
async fn money_of_an_unknown_payee_is_handed_on_by_a_release_once_the_payee_is_named() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let unknown = "1245319599";
    answer(&world, &of_no_claim(&claims[0], 910, "T1", unknown)).await;
    let told = open_exceptions(&world).await.remove(0);
    assert!(told.reason.contains("then release the exception"), "{}", told.reason);
    let id = claim(&world, "A1").await.received.id;
    let refused = exceptions::resolve(&world.gateway, told.id, id, "sue").await.unwrap_err();
    assert!(matches!(refused, ResolveError::OfAPayee { .. }), "{refused}");
    let refused = exceptions::release(&world.gateway, told.id, "sue").await.unwrap_err().to_string();
    assert!(refused.contains("its payee is no submitter's. Name the payee's NPI"), "{refused}");
    let file = world.folder.path().join("partners/acme.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let named = format!("[identity]\nnpis = [\"{NPI}\", \"{unknown}\"]\n[acks]\n");
    assert!(text.contains("[acks]\n"));
    let text = text.replace("[acks]\n", &named);
    std::fs::write(&file, text).unwrap();
    world.gateway.partners.reload().unwrap();
    exceptions::release(&world.gateway, told.id, "sue").await.unwrap();
    let all = letters(&world, "acme", MailKind::Remit835).await;
    assert!(all.len() == 1 && all[0].contains("CT:Z*-9~"), "{all:?}");
    assert!(open_exceptions(&world).await.is_empty() && newest(&world).await.adjustments_handed);
    let again = exceptions::release(&world.gateway, told.id, "sue").await.unwrap_err();
    assert!(matches!(again, ResolveError::NotOpen { .. }), "{again}");
    let undone = exceptions::undo(&world.gateway, told.id, "sue").await.unwrap_err();
    assert!(matches!(undone, ResolveError::Final { .. }), "{undone}");
}

#[tokio::test]
async fn an_exception_that_holds_nothing_says_so_when_it_is_released() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let lost = SentClaim {
        control_number: "NOBODY".into(),
        trace: String::new(),
        date: "20200101".into(),
        member: "Q9".into(),
        ..claims[0].clone()
    };
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &[(lost, "1", "80", CUT, "")], &[])])).await;
    let open = open_exceptions(&world).await.remove(0);
    let refused = exceptions::release(&world.gateway, open.id, "sue").await.unwrap_err();
    assert!(matches!(refused, ResolveError::OfOneAnswer { .. }), "{refused}");
}
