//! Facts about a payer's conduct, without a line.

use std::sync::Arc;

use super::mail_room::{Copies, MailRoom};
use super::*;
use crate::domain::{ClaimKind, Clock};
use crate::simulator::answers::Mix;
use crate::simulator::claims::Batch;
use crate::simulator::pen::Party;

fn payer(delays: Delays) -> Arc<Payer> {
    Arc::new(Payer::new(PayerSettings {
        identity: Identity {
            name: "HARBOR MUTUAL".into(),
            payer_id: "HARBOR".into(),
            party: Party::new("ZZ", "HARBOR"),
            tax_id: "450000011".into(),
        },
        terms: Terms { seed: 2, mix: Mix { corrected: 200, ..Mix::TYPICAL } },
        delays,
        provider_level: ProviderLevel::Nothing,
        first_control_number: 1,
    }))
}

fn noon() -> DateTime {
    jiff::civil::date(2026, 11, 20).at(12, 0, 0, 0)
}

fn claims() -> Vec<u8> {
    Batch::new(ClaimKind::Professional, 100, 4, noon().date()).to_bytes().0
}

/// The kinds of answers, in the order in which they come.
fn kinds(plans: &[Plan]) -> Vec<&str> {
    plans.iter().map(|plan| plan.name.rsplit(['_', '.']).nth(1).unwrap()).collect()
}

fn check(faults: &[Fault], expected: &[&str]) -> Vec<Plan> {
    let payer = payer(Delays::NONE);
    payer.set_faults(faults);
    let plans = payer.take("one.837", &claims(), noon());
    assert_eq!(kinds(&plans), expected, "{faults:?}");
    plans
}

#[test]
fn each_fault_shows_in_the_answers() {
    check(&[], &["TA1", "999", "277CA", "835", "835"]);
    check(&[Fault::Silence], &[]);
    check(&[Fault::RefuseInterchanges], &["TA1"]);
    check(&[Fault::RefuseGroups], &["TA1", "999"]);
    check(&[Fault::NoClaimAcknowledgment], &["TA1", "999", "835", "835"]);
    let twice = check(&[Fault::DuplicateRemittance], &["TA1", "999", "277CA", "835", "835", "835", "835"]);
    let trace = |plan: &Plan| {
        let text = String::from_utf8(plan.bytes.clone()).unwrap();
        text.split("TRN*1*").nth(1).unwrap()[..12].to_string()
    };
    assert_eq!(trace(&twice[3]), trace(&twice[4]), "the same payment");
    assert_ne!(twice[3].bytes[90..99], twice[4].bytes[90..99], "another interchange");
    let again =
        check(&[Fault::AnswerTwice], &["TA1", "999", "277CA", "835", "835", "TA1", "999", "277CA", "835", "835"]);
    assert!(again[0].bytes == again[5].bytes && again[0].name != again[5].name);
    let cut = check(&[Fault::TruncateAnswers], &["TA1", "999", "277CA", "835", "835"]);
    assert!(cut.iter().all(|plan| !plan.bytes.ends_with(b"~\n") || plan.bytes.len() < 100));
}

#[test]
fn a_gateways_own_acknowledgments_are_not_answered() {
    let payer = payer(Delays::NONE);
    let answers = payer.take("one.837", &claims(), noon());
    for answer in answers {
        assert_eq!(kinds(&payer.take("back", &answer.bytes, noon())), [""; 0]);
    }
    assert!(payer.take("noise", b"\x00hello ISA", noon()).is_empty());
}

#[test]
fn the_tally_counts_each_claim_once_and_tells_what_came_twice() {
    let payer = payer(Delays::NONE);
    payer.take("one.837", &claims(), noon());
    let first = payer.tally();
    assert_eq!(first.claims, 100);
    assert_eq!(first.rejected + first.paid + first.partly_paid + first.denied, 100);
    assert!(first.corrected > 0 && first.corrected <= first.paid);
    payer.take("one-again.837", &claims(), noon());
    assert_eq!(payer.tally(), Tally { files: 2, repeated: 100, ..first });
    payer.set_faults(&[Fault::RefuseGroups]);
    payer.take("two.837", &Batch::new(ClaimKind::Dental, 10, 5, noon().date()).to_bytes().0, noon());
    assert_eq!(payer.tally(), Tally { files: 3, repeated: 100, refused: 10, ..first });
}

#[test]
fn answers_lie_ready_when_their_time_has_come() {
    let clock = Clock::set("2026-11-20T12:00:00Z".parse().unwrap());
    let second = Duration::from_secs(1);
    let room = MailRoom::new(payer(Delays::steps(second)), clock.clone(), Copies::None);
    room.take("one.837", claims());
    for expected in 0..=5 {
        assert_eq!(room.ready().len(), expected);
        clock.advance(second);
    }
    let name = room.ready()[0].name.clone();
    assert!(room.remove(&name));
    assert!(!room.remove(&name));
    assert_eq!((room.ready().len(), room.planned()), (4, 4));
}

#[test]
fn a_file_that_is_written_slowly_grows_under_its_name() {
    let clock = Clock::set("2026-11-20T12:00:00Z".parse().unwrap());
    let payer = payer(Delays::NONE);
    payer.set_faults(&[Fault::WriteSlowly(Duration::from_secs(3))]);
    let room = MailRoom::new(payer, clock.clone(), Copies::None);
    room.take("one.837", claims());
    let sizes = || room.ready().iter().map(|file| file.bytes.len()).collect::<Vec<_>>();
    let halves = sizes();
    clock.advance(Duration::from_secs(3));
    let wholes = sizes();
    assert_eq!(halves, wholes.iter().map(|size| size / 2).collect::<Vec<_>>());
}

#[test]
fn two_files_are_answered_under_different_names_and_numbers() {
    let payer = payer(Delays::NONE);
    let first = payer.take("a.837", &claims(), noon());
    let second = payer.take("b.837", &claims(), noon());
    for one in &first {
        assert!(second.iter().all(|other| other.name != one.name && other.bytes[90..99] != one.bytes[90..99]));
    }
}
