//! Facts about invented batches.

use std::collections::HashSet;

use super::*;

fn batch(kind: ClaimKind, claims: usize) -> Batch {
    let mut batch = Batch::new(kind, claims, 11, jiff::civil::date(2026, 11, 20));
    batch.payer_ids = vec!["SIMPAY".into(), "OTHER".into()];
    batch
}

/// Segments as lists of elements; the generator writes the usual delimiters.
fn segments(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(bytes).unwrap();
    let whole = text.split('~').map(str::trim).filter(|s| !s.is_empty());
    whole.map(|s| s.split('*').map(str::to_string).collect()).collect()
}

/// CLM01, CLM02 and the sum of the lines, of every claim.
fn sums(bytes: &[u8]) -> Vec<(String, Cents, Cents)> {
    let money = |text: &str| Cents::from_x12(text.as_bytes()).unwrap();
    let mut all: Vec<(String, Cents, Cents)> = Vec::new();
    for s in segments(bytes) {
        match s[0].as_str() {
            "CLM" => all.push((s[1].clone(), money(&s[2]), Cents::ZERO)),
            "SV1" | "SV3" => all.last_mut().unwrap().2 += money(&s[2]),
            "SV2" => all.last_mut().unwrap().2 += money(&s[3]),
            _ => {}
        }
    }
    all
}

#[test]
fn claims_add_up_and_are_numbered_apart() {
    for kind in ClaimKind::ALL {
        let (bytes, summary) = batch(kind, 1000).to_bytes();
        let sums = sums(&bytes);
        assert_eq!(sums.len(), 1000);
        assert_eq!(summary.claims, 1000);
        assert!(sums.iter().all(|(_, charge, lines)| charge == lines));
        assert_eq!(summary.charge, sums.iter().map(|(_, charge, _)| *charge).sum());
        let numbers: HashSet<_> = sums.iter().map(|(number, _, _)| number).collect();
        assert_eq!(numbers.len(), 1000);
        assert!(numbers.iter().all(|number| number.len() <= 20));
        assert_eq!(summary.bytes, bytes.len() as u64);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    for kind in ClaimKind::ALL {
        let first = batch(kind, 200);
        assert_eq!(first.to_bytes(), first.to_bytes());
        let second = Batch { seed: 12, ..first.clone() };
        assert_ne!(first.to_bytes().0, second.to_bytes().0);
    }
}

#[test]
fn levels_count_up_and_name_their_parent_and_children() {
    for kind in ClaimKind::ALL {
        let (bytes, _) = batch(kind, 300).to_bytes();
        let levels: Vec<_> = segments(&bytes).into_iter().filter(|s| s[0] == "HL").collect();
        for (place, level) in levels.iter().enumerate() {
            assert_eq!(level[1], (place + 1).to_string());
            let children = levels.iter().filter(|other| other[2] == level[1]).count();
            assert_eq!(level[4], if children > 0 { "1" } else { "0" });
            let parent = levels.iter().find(|other| other[1] == level[2]).map_or("", |p| p[3].as_str());
            assert_eq!(
                parent,
                match level[3].as_str() {
                    "20" => "",
                    "22" => "20",
                    _ => "22",
                }
            );
        }
        assert!(levels.iter().filter(|l| l[3] == "20").count() >= 3, "several billing providers");
        assert!(levels.iter().any(|l| l[3] == "23"), "dependents");
    }
}

#[test]
fn a_batch_is_split_into_transactions_that_count_themselves() {
    let mut batch = batch(ClaimKind::Professional, 250);
    batch.claims_per_transaction = 100;
    let (bytes, summary) = batch.to_bytes();
    assert_eq!(summary.transactions, 3);
    assert_eq!(sums(&bytes).len(), 250);
    let mut since = 0;
    let mut ended = 0;
    for segment in segments(&bytes) {
        since = if segment[0] == "ST" { 1 } else { since + 1 };
        if segment[0] == "SE" {
            assert_eq!(segment[1], since.to_string());
            ended += 1;
        }
    }
    assert_eq!(ended, 3);
}

#[test]
fn each_defect_is_in_its_claim_and_nowhere_else() {
    for kind in ClaimKind::ALL {
        let (bytes, summary) = Batch { defects_per_mille: Some(100), ..batch(kind, 1000) }.to_bytes();
        let off: HashSet<_> =
            sums(&bytes).into_iter().filter(|(_, c, l)| c != l).map(|(number, _, _)| number).collect();
        let with = |defect| summary.spoiled.iter().filter(move |s| s.defect == defect);
        let meant: HashSet<_> = with(Defect::ChargesDoNotAddUp).map(|s| s.patient_control_number.clone()).collect();
        assert_eq!(off, meant);
        assert!((60..140).contains(&summary.spoiled.len()));
        assert!(Defect::ALL.iter().all(|&defect| with(defect).count() > 0));
        let count = |test: &dyn Fn(&Vec<String>) -> bool| segments(&bytes).iter().filter(|s| test(s)).count();
        let payer = count(&|s| s[0] == "NM1" && s[1] == "PR" && s[9] == UNKNOWN_PAYER_ID);
        assert_eq!(payer, with(Defect::UnknownPayer).count());
        let nameless = count(&|s| s[0] == "NM1" && s[1] == "IL" && s.len() < 9);
        assert_eq!(nameless, with(Defect::MissingMemberId).count());
        let points = count(&|s| s[0] == "HI" && s[1].starts_with("ABK:") && s[1].contains('.'));
        assert_eq!(points, with(Defect::DiagnosisForm).count());
    }
}

#[test]
fn patients_and_numbers_do_not_repeat_from_batch_to_batch() {
    let (one, _) = batch(ClaimKind::Professional, 100).to_bytes();
    let (other, _) = Batch { seed: 99, ..batch(ClaimKind::Professional, 100) }.to_bytes();
    let numbers: HashSet<_> = sums(&one).into_iter().map(|(number, _, _)| number).collect();
    assert!(sums(&other).iter().all(|(number, _, _)| !numbers.contains(number)));
    assert_ne!(one[90..99], other[90..99]);
}
