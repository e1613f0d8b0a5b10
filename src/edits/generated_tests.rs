//! Generated batches with known defects: each is found on its claim, and no other claim is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use super::samples::told;
use super::sink::Verdict;

const GENERATOR: &str = "../shared/bench/gen837.py";

/// Makes a batch and returns it with the defects by the claim's place in the file, from 0. `None` where the
/// generator is not at hand.
pub fn batch(kind: char) -> Option<(Vec<u8>, BTreeMap<usize, String>)> {
    made(kind, "0.2")
}

fn made(kind: char, bad_rate: &str) -> Option<(Vec<u8>, BTreeMap<usize, String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let generator = [root.join(GENERATOR), root.join("..").join(GENERATOR)].into_iter().find(|path| path.exists())?;
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("batch.837");
    let args = ["--claims", "500", "--bad-rate", bad_rate, "--kind"];
    let done =
        Command::new("python3").arg(generator).args(args).arg(kind.to_string()).arg("--out").arg(&out).output().ok()?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // The generator tells of defects only where there can be any.
    if bad_rate == "0" {
        return Some((std::fs::read(out).unwrap(), BTreeMap::new()));
    }
    let sidecar = std::fs::read(format!("{}.defects.json", out.display())).unwrap();
    let sidecar: serde_json::Value = serde_json::from_slice(&sidecar).unwrap();
    let defects = sidecar["defects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|defect| (defect["index"].as_u64().unwrap() as usize, defect["defect"].as_str().unwrap().to_string()));
    Some((std::fs::read(out).unwrap(), defects.collect()))
}

/// The edits that say what is wrong with a defect.
fn edits_of(defect: &str) -> &'static [&'static str] {
    match defect {
        "bad_npi" => &["npi-check-digit"],
        "sum_mismatch" => {
            &["charges-do-not-add-up", "charges-do-not-add-up-institutional", "charges-do-not-add-up-dental"]
        }
        "missing_subscriber_id" => &["member-id-missing"],
        "bad_icd" => &["principal-diagnosis-form", "diagnosis-form"],
        "future_dos" => &["service-date-in-future"],
        "duplicate" => &["duplicate-claim-in-file"],
        other => panic!("unknown defect {other}"),
    }
}

#[test]
fn every_defect_of_a_generated_batch_is_found_and_no_clean_claim_is_refused() {
    for kind in ['P', 'I', 'D'] {
        let Some((bytes, defects)) = batch(kind) else { return };
        let (told, summary) = told(&bytes);
        assert_eq!(told.claims.len(), 500, "{kind}");
        for (index, (name, verdict, edits, _)) in told.claims.iter().enumerate() {
            let Some(defect) = defects.get(&index) else {
                assert_eq!(*verdict, Verdict::Accepted, "{kind} {index} {name}: clean, but {edits:?}");
                continue;
            };
            assert_eq!(*verdict, Verdict::Rejected, "{kind} {index} {name}: {defect} is not found, only {edits:?}");
            let found: BTreeSet<&str> = edits.iter().map(String::as_str).collect();
            assert!(edits_of(defect).iter().any(|edit| found.contains(edit)), "{kind} {index} {defect}: {edits:?}");
        }
        assert_eq!(summary.claims.rejected as usize, defects.len(), "{kind}");
    }
}

/// The generator draws procedures, diagnoses, places, modifiers and patients each for itself, so its claims are odd
/// in these ways; no claim is odd in another.
#[test]
fn a_clean_batch_is_warned_of_nothing_but_what_the_generator_mixes_up() {
    let professional: &[&str] = &[
        "clia-missing",
        "diagnosis-and-gender",
        "ordering-provider-missing",
        "other-payer-is-destination",
        "patient-paid-over-charge",
        "procedure-and-age",
        "procedure-and-gender",
        "telehealth-place-and-modifier",
        "vaccination-without-vaccine",
        "vaccine-without-vaccination",
    ];
    let institutional: &[&str] = &[
        "covered-days",
        "diagnosis-and-gender",
        "line-duplicate",
        "newborn-diagnosis-and-age",
        "operating-provider-missing",
        "operating-room-without-procedure",
        "visit-reason-missing",
    ];
    let dental: &[&str] = &["line-duplicate"];
    let mut strange = BTreeMap::new();
    for (kind, odd) in [('P', professional), ('I', institutional), ('D', dental)] {
        let Some((bytes, _)) = made(kind, "0") else { return };
        let (told, _) = told(&bytes);
        for finding in told.findings.iter().filter(|finding| !odd.contains(&&*finding.edit)) {
            *strange.entry((kind, finding.edit.to_string())).or_insert(0) += 1;
        }
    }
    assert!(strange.is_empty(), "{strange:#?}");
}
