//! Which claim an answer finds.

use super::*;
use crate::domain::ids::{BatchId, SubmissionId, TransactionId};

fn claim(id: i64, control: &str) -> ClaimFacts {
    ClaimFacts {
        id: ClaimId(id),
        submission_id: SubmissionId(1),
        transaction_id: TransactionId(1),
        partner: "acme".into(),
        payer: Some("bluestar".into()),
        batch_id: Some(BatchId(1)),
        status: ClaimStatus::Sent,
        patient_control_number: Phi::new(control.into()),
        charge: Cents(10000),
        payer_claim_control_number: None,
        other_payer_numbers: Vec::new(),
        provider_npi: "1999999984".into(),
        provider_tin: "999999999".into(),
        provider_name: "CLINIC".into(),
        member_id: Phi::new("M1".into()),
        patient_last_name: Phi::new("DOE".into()),
        patient_first_name: Phi::new("JANE".into()),
        service_from: "2026-11-01".into(),
        service_to: "2026-11-01".into(),
        frequency: "1".into(),
        passed_on_to: None,
        upstream_trace: None,
    }
}

fn sought(control: &str) -> Sought {
    Sought {
        control_number: Phi::new(control.into()),
        npi: "1999999984".into(),
        charge: Some(Cents(10000)),
        service_from: "2026-11-01".into(),
        ..Sought::default()
    }
}

fn check(sought: &Sought, candidates: &[ClaimFacts], expected: Option<(i64, Rule)>) {
    let all: Vec<&ClaimFacts> = candidates.iter().collect();
    let got = match choose(sought, "bluestar", &all) {
        Matched::One(found) => Some((found.claim.id.0, found.rule)),
        Matched::Unclear { .. } => None,
    };
    assert_eq!(got, expected);
}

#[test]
fn our_trace_number_wins_over_everything() {
    let mut wanted = sought("B");
    wanted.trace = ClaimId(7).trace_number();
    check(&wanted, &[claim(7, "A"), claim(8, "B")], Some((7, Rule::Trace)));
}

#[test]
fn another_payers_claim_and_one_never_sent_are_no_candidates() {
    let mut wanted = sought("A");
    wanted.trace = ClaimId(7).trace_number();
    let (mut foreign, mut unsent) = (claim(7, "A"), claim(8, "A"));
    foreign.payer = Some("other".into());
    unsent.batch_id = None;
    check(&wanted, &[foreign, unsent], None);
}

#[test]
fn a_known_payer_number_finds_a_claim_whose_control_number_was_lost() {
    let mut wanted = sought("0");
    wanted.payer_claim_control_number = Phi::new("ICN9".into());
    let mut known = claim(3, "A");
    known.payer_claim_control_number = Some(Phi::new("ICN9".into()));
    check(&wanted, &[claim(2, "B"), known.clone()], Some((3, Rule::PayerNumber)));
    // Under a number that was told before.
    wanted.payer_claim_control_number = Phi::new("OLD9".into());
    known.other_payer_numbers = vec![Phi::new("OLD8".into()), Phi::new("OLD9".into())];
    check(&wanted, &[known], Some((3, Rule::PayerNumber)));
}

#[test]
fn a_control_number_used_by_two_providers_is_told_apart() {
    let mut other = claim(2, "A");
    other.provider_npi = "1888888889".into();
    check(&sought("A"), &[claim(1, "A"), other], Some((1, Rule::ControlNumber)));
}

#[test]
fn equally_good_candidates_match_nothing_and_are_both_shown() {
    let (first, second) = (claim(1, "A"), claim(2, "A"));
    match choose(&sought("A"), "bluestar", &[&first, &second]) {
        Matched::Unclear { candidates, .. } => assert_eq!(candidates.len(), 2),
        Matched::One(found) => panic!("chose {}", found.claim.id),
    }
}

#[test]
fn a_claim_sent_again_after_a_refusal_is_preferred_to_the_refused_one() {
    let mut refused = claim(1, "A");
    refused.status = ClaimStatus::PayerRejected;
    check(&sought("A"), &[refused, claim(2, "A")], Some((2, Rule::ControlNumber)));
}

#[test]
fn shortened_and_recased_control_numbers_need_the_provider_and_the_charge() {
    let long = claim(1, "abc-0123456789xyzABCDEFGH");
    let cut = "ABC-0123456789XYZABCDEFGH"[..20].to_string();
    check(&sought(&cut), std::slice::from_ref(&long), Some((1, Rule::AlteredControlNumber)));
    check(&sought("000ABC0123456789XYZABCDEFGH"), std::slice::from_ref(&long), Some((1, Rule::AlteredControlNumber)));
    let mut dearer = sought(&cut);
    dearer.charge = Some(Cents(1));
    check(&dearer, &[long], None);
}

#[test]
fn the_last_rung_asks_for_member_date_and_charge_together() {
    let mut wanted = sought("0");
    wanted.member_ids = vec![Phi::new("m1".into())];
    check(&wanted, &[claim(1, "A")], Some((1, Rule::MemberDateCharge)));
    wanted.service_from.clear();
    check(&wanted, &[claim(1, "A")], None);
}

#[test]
fn a_control_number_of_no_claim_that_was_sent_or_of_another_is_not_outweighed_by_member_date_and_charge() {
    // A second visit of the day, that is yet to be sent.
    let mut wanted = sought("VISIT-PM-02");
    wanted.member_ids = vec![Phi::new("M1".into())];
    check(&wanted, &[claim(1, "VISIT-AM-01")], None);
    // Three visits: the number is the first's, rewritten, and the day the third's.
    let mut visits = [claim(1, "VISIT-0001-A"), claim(2, "VISIT-0001-B"), claim(3, "VISIT-0001-C")];
    for (n, visit) in visits.iter_mut().enumerate() {
        visit.service_from = format!("2026-11-0{}", n + 1);
    }
    for number in ["visit-0001-a", "VISIT0001A", "0000VISIT-0001-A", "VISIT-0001-A"] {
        wanted.control_number = Phi::new(number.into());
        wanted.service_from = "2026-11-03".into();
        let found = if number == "VISIT-0001-A" { Some((1, Rule::ControlNumber)) } else { None };
        check(&wanted, &visits, found);
    }
    // The number of another patient's claim.
    let mut other = claim(1, "OTHERPAT001");
    (other.member_id, other.patient_first_name) = (Phi::new("M2".into()), Phi::new("JOHN".into()));
    other.service_from = "2026-10-01".into();
    wanted.service_from = "2026-11-01".into();
    for number in ["OTHERPAT001", "otherpat001"] {
        wanted.control_number = Phi::new(number.into());
        check(&wanted, &[other.clone(), claim(2, "THISPAT0001")], None);
    }
}

#[test]
fn a_brother_or_sister_under_one_member_id_is_another_patient() {
    let said = |first: &str| PersonName { last: Phi::new("DOE".into()), first: Phi::new(first.into()) };
    for (number, rule) in [("0", Rule::MemberDateCharge), ("ACCT12345678", Rule::AlteredControlNumber)] {
        let mut wanted = sought(number);
        wanted.member_ids = vec![Phi::new("M1".into())];
        wanted.names = vec![said("BEN")];
        let sister = claim(1, "ACCT12345678JANE");
        check(&wanted, std::slice::from_ref(&sister), None);
        let mut brother = claim(2, "ACCT12345678BENN");
        brother.patient_first_name = Phi::new("BENJAMIN".into());
        check(&wanted, &[sister.clone(), brother], Some((2, rule)));
        wanted.names = vec![said("J")];
        check(&wanted, std::slice::from_ref(&sister), Some((1, rule)));
        wanted.names = vec![PersonName { last: Phi::new("JANE".into()), first: Phi::new("DOE".into()) }];
        check(&wanted, &[sister], Some((1, rule)));
    }
}

#[test]
fn claims_that_are_each_better_in_something_are_not_said_to_be_equally_good() {
    let (mut first, mut second) = (claim(1, "A"), claim(2, "A"));
    first.service_from = "2026-11-02".into();
    second.charge = Cents(500);
    let mut wanted = sought("A");
    wanted.member_ids = vec![Phi::new("M1".into())];
    let reason = |second: &ClaimFacts| match choose(&wanted, "bluestar", &[&first, second]) {
        Matched::Unclear { reason, .. } => reason,
        Matched::One(found) => panic!("chose {}", found.claim.id),
    };
    assert_eq!(reason(&second), EACH_BETTER);
    assert_eq!(reason(&ClaimFacts { id: ClaimId(3), ..first.clone() }), EQUALLY_GOOD);
}

#[test]
fn a_split_claim_is_found_by_its_control_number_and_provider_whatever_the_charge() {
    let mut part = sought("A");
    part.charge = Some(Cents(5000));
    check(&part, &[claim(1, "A")], Some((1, Rule::ControlNumber)));
    part.npi = String::new();
    check(&part, &[claim(1, "A")], None);
}

/// Denied as ICN-A, and the claim that replaces it, of the same patient, day and charge.
fn corrected() -> [ClaimFacts; 2] {
    let (mut first, mut second) = (claim(1, "A1"), claim(2, "A1R"));
    first.payer_claim_control_number = Some(Phi::new("ICN-A".into()));
    first.status = ClaimStatus::Denied;
    second.frequency = "7".into();
    [first, second]
}

#[test]
fn a_payers_number_of_one_claim_with_the_control_number_of_another_matches_neither() {
    let mut wanted = sought("A1R");
    wanted.payer_claim_control_number = Phi::new("ICN-A".into());
    wanted.member_ids = vec![Phi::new("M1".into())];
    let [first, second] = corrected();
    match choose(&wanted, "bluestar", &[&first, &second]) {
        Matched::Unclear { candidates, reason } => {
            assert_eq!(candidates.len(), 2);
            assert!(reason.contains("another's"), "{reason}");
        }
        Matched::One(found) => panic!("chose {} by {:?}", found.claim.id, found.rule),
    }
    // Nobody has this control number: the payer's own number decides.
    wanted.control_number = Phi::new("A1X".into());
    check(&wanted, &[first.clone(), second.clone()], Some((1, Rule::PayerNumber)));
    wanted.payer_claim_control_number = Phi::new("icn-a".into());
    check(&wanted, &[first, second], Some((1, Rule::PayerNumber)));
}

#[test]
fn a_payers_number_of_one_claim_with_the_rewritten_control_number_of_another_matches_neither() {
    let [mut first, mut second] = corrected();
    first.patient_control_number = Phi::new("ORIG-1111222233".into());
    second.patient_control_number = Phi::new("CORR-1111222233".into());
    let mut wanted = sought("");
    wanted.payer_claim_control_number = Phi::new("ICN-A".into());
    for number in ["corr-1111222233", "00000CORR-1111222233", "CORR-1111222", "CORR1111222233"] {
        wanted.control_number = Phi::new(number.into());
        check(&wanted, &[first.clone(), second.clone()], None);
    }
    // The first claim's own, rewritten or cut, is no contradiction, also where another begins like it.
    wanted.control_number = Phi::new("orig-1111222233".into());
    check(&wanted, &[first.clone(), second.clone()], Some((1, Rule::PayerNumber)));
    second.patient_control_number = Phi::new("ORIG-1111222233R1".into());
    wanted.control_number = Phi::new("ORIG-1111222".into());
    check(&wanted, &[first.clone(), second.clone()], Some((1, Rule::PayerNumber)));
    // Unless the answer says that it is about the corrected one, by its frequency or its number.
    wanted.frequency = "7".into();
    check(&wanted, &[first.clone(), second.clone()], None);
    wanted.frequency.clear();
    second.patient_control_number = Phi::new("ORIG-1111222".into());
    check(&wanted, &[first, second], None);
}

#[test]
fn a_payers_number_with_another_control_number_and_another_provider_is_no_match() {
    let mut wanted = sought("ELSE");
    wanted.payer_claim_control_number = Phi::new("ICN-A".into());
    wanted.npi = "1888888889".into();
    check(&wanted, &corrected(), None);
}

#[test]
fn a_number_cut_off_before_what_tells_two_visits_apart_is_not_that_of_another_day() {
    let mut wanted = sought("ACCT12345678");
    wanted.member_ids = vec![Phi::new("M1".into())];
    wanted.service_from = "2026-11-08".into();
    check(&wanted, &[claim(1, "ACCT12345678-01")], None);
    wanted.service_from = "2026-11-01".into();
    check(&wanted, &[claim(1, "ACCT12345678-01")], Some((1, Rule::AlteredControlNumber)));
}

#[test]
fn a_control_number_with_something_before_or_behind_it_shows_its_claim_and_matches_nothing() {
    for number in ["ABC123-01", "X/ABC123", "abc123-01"] {
        let mut wanted = sought(number);
        wanted.member_ids = vec![Phi::new("M1".into())];
        match choose(&wanted, "bluestar", &[&claim(1, "ZZZ999"), &claim(2, "ABC123")]) {
            Matched::Unclear { candidates, .. } => {
                assert_eq!(candidates[0].claim_id, ClaimId(2), "{number}");
                assert!(candidates[0].reasons.contains(&"the patient control number begins or ends with this one's"));
            }
            Matched::One(found) => panic!("chose {} for {number}", found.claim.id),
        }
    }
    assert_eq!(parts("A-1"), Vec::<&str>::new(), "shared by many");
}

#[test]
fn a_payment_of_the_one_of_two_twins_says_nothing_of_the_other() {
    let wanted = Sought {
        member_ids: vec![Phi::new("M1".into())],
        payer_claim_control_number: Phi::new("ICN2".into()),
        ..sought("X")
    };
    let paid = |number: &str| {
        let one = PaidUnder {
            claim_id: ClaimId(1),
            patient_control_number: Phi::new("X".into()),
            payer_claim_control_number: Phi::new(number.into()),
            charge: Cents(10000),
        };
        HashMap::from([(ClaimId(1), vec![one])])
    };
    let (first, twin) = (claim(1, "X"), claim(2, "X"));
    let found = |candidates: &[&ClaimFacts], number: &str| {
        choose_paid(&wanted, "bluestar", candidates, &paid(number)).map(|found| found.claim.id.0)
    };
    assert_eq!(found(&[&first], "ICN1"), Some(1));
    assert_eq!(found(&[&first, &twin], "ICN1"), None, "the second may be meant");
    assert_eq!(found(&[&first, &twin], "ICN2"), Some(1), "the payer's number is that of the first's payment");
}
