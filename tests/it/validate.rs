//! `claimgate validate`: the exit status, the JSON lines and the acknowledgements that scripts rely on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::batches::{Dental, Institutional, Professional, clean, with_defects};
use super::world::World;
use super::world::run::said;
use super::x12::{File, verdicts};

/// The JSON lines of a run, the last of them the summary, and the exit status.
fn judged(world: &World, args: &[&str], input: &[u8]) -> (Vec<Value>, Value, i32) {
    let mut all = vec!["validate", "--format", "json"];
    all.extend(args);
    let output = world.claimgate_with(&all, input);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    let mut lines: Vec<Value> = lines.collect();
    let summary = lines.pop().unwrap_or_else(|| panic!("no summary: {}", said(&output)));
    assert_eq!(summary["kind"], "summary", "{summary}");
    assert!(lines.iter().all(|line| line["kind"] == "finding"));
    (lines, summary, output.status.code().unwrap())
}

fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "`{key}` is missing: {value}");
    }
}

#[test]
fn clean_files_of_all_kinds_are_accepted_and_end_with_0() {
    let world = World::without_keys();
    for (kind, guide) in [(Professional, "005010X222A1"), (Institutional, "005010X223A2"), (Dental, "005010X224A2")] {
        let made = clean(kind, 40, 951, "BSTAR");
        made.save(world.folder(), "clean.837");
        let (findings, summary, status) = judged(&world, &["clean.837"], b"");
        let errors: Vec<_> = findings.iter().filter(|finding| finding["severity"] == "error").collect();
        assert!(errors.is_empty() && status == 0, "{guide}: {errors:?}");
        has_keys(&summary, &["file", "guide", "interchanges", "groups", "transactions", "seconds", "warnings"]);
        assert_eq!(summary["guide"], guide);
        assert_eq!(summary["claims"], 40);
        assert_eq!(summary["accepted_claims"], 40);
        assert_eq!(summary["rejected_claims"], 0);
        assert_eq!(summary["errors"], 0);
        assert_eq!(summary["bytes"], made.bytes.len());
    }
}

#[test]
fn each_spoiled_claim_is_named_with_its_place_and_codes_and_the_run_ends_with_1() {
    let world = World::without_keys();
    for kind in [Professional, Institutional, Dental] {
        let made = with_defects(kind, 200, 952, "BSTAR", 80);
        made.save(world.folder(), "spoiled.837");
        let (findings, summary, status) = judged(&world, &["spoiled.837"], b"");
        assert_eq!(status, 1);
        let named: BTreeSet<_> = findings
            .iter()
            .filter(|finding| finding["severity"] == "error")
            .filter_map(|finding| finding["claim"].as_str().map(str::to_string))
            .collect();
        // A payer that nobody knows is no fault of the file by itself.
        assert!(named.is_subset(&made.spoiled), "good claims are found at fault: {named:?}");
        let unknown_payer = claimgate::simulator::claims::UNKNOWN_PAYER_ID;
        let judged_alone = made.claims.iter().filter(|claim| claim.payer != unknown_payer).map(|c| &c.number);
        let expected: BTreeSet<_> = judged_alone.filter(|number| made.spoiled.contains(*number)).cloned().collect();
        let missing: Vec<_> = expected.difference(&rejected(&findings, &named, &made.bytes)).cloned().collect();
        assert!(missing.is_empty(), "not found: {missing:?}");
        assert_eq!(summary["claims"], 200);
        assert_eq!(summary["rejected_claims"], expected.len());
        assert_eq!(summary["accepted_claims"], 200 - expected.len());
        for finding in &findings {
            check_finding(finding);
        }
    }
}

/// Claims at fault: those named, and those under a subscriber at fault, whose finding names no claim.
fn rejected(findings: &[Value], named: &BTreeSet<String>, bytes: &[u8]) -> BTreeSet<String> {
    let mut all = named.clone();
    let text = String::from_utf8_lossy(bytes);
    for finding in findings.iter().filter(|f| f["severity"] == "error" && f["claim"].is_null()) {
        let from = finding["segment"]["offset"].as_u64().expect("a finding has a place") as usize;
        let claim = text[from..].split("CLM*").nth(1).and_then(|rest| rest.split('*').next());
        all.extend(claim.map(str::to_string));
    }
    all
}

fn check_finding(finding: &Value) {
    let keys = ["file", "interchange", "group", "transaction", "claim", "segment", "loop", "element", "component"];
    has_keys(finding, &keys);
    has_keys(finding, &["repetition", "value", "snip", "edit", "severity", "message", "ack", "status", "scope"]);
    has_keys(&finding["ack"], &["ik3", "ik4"]);
    has_keys(&finding["segment"], &["id", "position", "offset", "line"]);
    assert!((1..=7).contains(&finding["snip"].as_u64().unwrap()), "{finding}");
    assert!(["error", "warning"].contains(&finding["severity"].as_str().unwrap()), "{finding}");
    assert!(["interchange", "group", "transaction", "claim"].contains(&finding["scope"].as_str().unwrap()));
    assert!(finding["message"].as_str().unwrap().len() > 10, "{finding}");
    let claims_error = finding["severity"] == "error" && finding["scope"] == "claim";
    assert!(!claims_error || finding["status"].is_array() || finding["status"].is_object(), "no status: {finding}");
}

#[test]
fn a_file_that_cannot_be_read_ends_with_2_and_the_others_are_judged() {
    let world = World::without_keys();
    clean(Professional, 3, 953, "BSTAR").save(world.folder(), "good.837");
    let output = world.claimgate(&["validate", "--format", "json", "missing.837", "good.837"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("missing.837") && said(&output).contains("\"summary\""), "{}", said(&output));
    world.write("noise.bin", "%PDF-1.7 and so on");
    assert_eq!(world.claimgate(&["validate", "noise.bin"]).status.code(), Some(1));
}

#[test]
fn standard_input_is_judged_as_a_file_is() {
    let world = World::without_keys();
    let made = with_defects(Professional, 50, 954, "BSTAR", 100);
    made.save(world.folder(), "f.837");
    let (from_file, _, _) = judged(&world, &["f.837"], b"");
    let (from_input, summary, status) = judged(&world, &["-"], &made.bytes);
    assert_eq!(from_input.len(), from_file.len());
    assert_eq!((summary["claims"].as_u64(), status), (Some(50), 1));
}

#[test]
fn snip_levels_are_checked_up_to_the_one_asked_for() {
    let world = World::without_keys();
    let made = with_defects(Professional, 200, 955, "BSTAR", 120);
    made.save(world.folder(), "f.837");
    let mut before = 0;
    for level in ["1", "2", "3", "4", "5", "6", "7"] {
        let (findings, _, _) = judged(&world, &["--snip", level, "f.837"], b"");
        let limit: u64 = level.parse().unwrap();
        assert!(findings.iter().all(|finding| finding["snip"].as_u64().unwrap() <= limit), "--snip {level}");
        assert!(findings.len() >= before, "--snip {level} found less than the level below");
        before = findings.len();
    }
}

#[test]
fn the_day_of_the_check_can_be_chosen() {
    let world = World::without_keys();
    clean(Professional, 20, 956, "BSTAR").save(world.folder(), "f.837");
    let (findings, _, status) = judged(&world, &["--as-of", "2020-01-01", "f.837"], b"");
    assert_eq!(status, 1, "services of the future were taken");
    assert!(findings.iter().all(|finding| finding["edit"].is_string()));
}

#[test]
fn the_acknowledgement_that_the_sender_would_get_can_be_asked_for() {
    let world = World::without_keys();
    let made = with_defects(Professional, 100, 957, "BSTAR", 80);
    made.save(world.folder(), "f.837");
    let asked = |format: &str| {
        let output = world.claimgate(&["validate", "--format", format, "f.837"]);
        assert_eq!(output.status.code(), Some(1), "{format}: {}", said(&output));
        output.stdout
    };
    let ta1 = File::read(&asked("ta1"));
    assert_eq!(ta1.first("TA1")[4], "A");
    let ack = File::read(&asked("999"));
    assert_eq!(ack.first("AK1")[1], "HC");
    assert_eq!(ack.named("AK2").count(), ack.named("IK5").count());
    let said = verdicts(&asked("277ca"));
    assert_eq!(said.len(), 100);
    let refused = said.iter().filter(|(_, category)| !["A0", "A1", "A2"].contains(&category.as_str()));
    assert!(refused.clone().count() > 0);
    assert!(refused.clone().all(|(number, _)| made.spoiled.contains(number)));
}

#[test]
fn show_explains_each_segment() {
    let world = World::without_keys();
    let made = clean(Professional, 2, 958, "BSTAR");
    made.save(world.folder(), "f.837");
    let text = world.done(&["show", "f.837"]);
    for word in ["CLM", "2300", "2010AA", "NM1"] {
        assert!(text.contains(word), "{word} is not shown: {text}");
    }
    let lines = world.done(&["show", "--format", "json", "f.837"]);
    let segments = File::read(&made.bytes).segments.len();
    let shown: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(shown.len() >= segments, "{} lines for {segments} segments", shown.len());
}
