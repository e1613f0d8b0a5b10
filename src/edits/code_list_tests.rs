//! What edits say of codes by the lists in the binary and by lists an operator has loaded.

use super::codesets::{List, file};
use super::samples::{Told, as_of, change, file as in_envelope, good, guides};
use super::sink::Summary;
use super::{CodeSets, Settings, check};
use crate::domain::{ClaimKind, Severity};

fn judged(kind: ClaimKind, changes: &[(&str, &str)], codes: &CodeSets) -> (Told, Summary) {
    let mut segments = good(kind);
    for (from, to) in changes {
        change(&mut segments, from, to);
    }
    let mut told = Told::default();
    let settings = Settings::alone(as_of(), codes);
    let text = in_envelope(kind, &segments);
    let summary = check(text.as_bytes(), guides(), &settings, &mut told).expect("memory does not fail");
    (told, summary)
}

/// Wants exactly these edits of a changed claim, with their severity and the first status.
#[track_caller]
fn expect(kind: ClaimKind, changes: &[(&str, &str)], codes: &CodeSets, want: &[(&str, Severity, &str)]) {
    let (told, _) = judged(kind, changes, codes);
    let status = |finding: &crate::domain::Finding| {
        finding.statuses.first().map_or(String::new(), |status| format!("{}:{}", status.category, status.code))
    };
    let found: Vec<(String, Severity, String)> =
        told.findings.iter().map(|f| (f.edit.to_string(), f.severity, status(f))).collect();
    let want: Vec<(String, Severity, String)> =
        want.iter().map(|(edit, severity, status)| (edit.to_string(), *severity, status.to_string())).collect();
    assert_eq!(found, want, "{changes:?}");
    assert!(told.findings.iter().all(|finding| !finding.message.contains("{}")), "{:#?}", told.findings);
}

const ERROR: Severity = Severity::Error;
const WARNING: Severity = Severity::Warning;
/// A professional claim's diagnoses (HI) for services of a day.
#[track_caller]
fn diagnoses(day: &str, hi: &str, want: &[(&str, Severity, &str)]) {
    let to = format!("DTP*472*D8*{day}");
    let date = ("DTP*472*D8*20261001", &*to);
    let changes = [date, date, ("HI*ABK:E119*ABF:I10", hi)];
    expect(ClaimKind::Professional, &changes, &CodeSets::shipped(), want);
}

#[test]
fn diagnoses_are_judged_by_the_list_of_the_day_of_service() {
    diagnoses("20261001", "HI*ABK:E119*ABF:M5450", &[]);
    diagnoses("20261001", "HI*ABK:E11*ABF:I10", &[("diagnosis-not-specific", ERROR, "A7:772")]);
    diagnoses("20261001", "HI*ABK:E1199*ABF:I10", &[("principal-diagnosis-not-in-list", ERROR, "A7:254")]);
    diagnoses("20261001", "HI*ABK:E119*ABF:I109", &[("diagnosis-not-in-list", ERROR, "A7:255")]);
    diagnoses("20261001", "HI*ABK:M545*ABF:I10", &[("diagnosis-not-specific", ERROR, "A7:772")]);
    diagnoses("20210930", "HI*ABK:M545*ABF:I10", &[]);
    diagnoses("20210930", "HI*ABK:M5450*ABF:I10", &[("principal-diagnosis-not-in-force", ERROR, "A7:254")]);
    diagnoses("20210930", "HI*ABK:I10*ABF:M5450", &[("diagnosis-not-in-force", ERROR, "A7:255")]);
    // Before ICD-10, that it is sent is the one fault.
    diagnoses("20150930", "HI*ABK:E11*ABF:I10", &[("icd10-before-2015", ERROR, "A8:255")]);
}

#[test]
fn a_list_that_does_not_reach_to_the_service_only_warns() {
    let old = "list: icd-10-cm\ncovers: 2024-10-01 2026-09-30\n\nE119 I10\n";
    let codes = CodeSets::form_only().with(file::read(old).unwrap());
    let (kind, hi) = (ClaimKind::Professional, "HI*ABK:E119*ABF:I10");
    expect(kind, &[(hi, "HI*ABK:E119*ABF:I109")], &codes, &[("diagnosis-list-too-old", WARNING, "A7:255")]);
    let marked = old.replace("covers: 2024-10-01 2026-09-30", "unknown: warning");
    let codes = CodeSets::form_only().with(file::read(&marked).unwrap());
    expect(kind, &[(hi, "HI*ABK:E119*ABF:I109")], &codes, &[("diagnosis-list-too-old", WARNING, "A7:255")]);
}

#[test]
fn a_stay_is_judged_on_the_day_it_ended() {
    let kind = ClaimKind::Institutional;
    let codes = CodeSets::shipped();
    let moved = |hi: &'static str| {
        [
            ("DTP*434*RD8*20261001-20261003", "DTP*434*RD8*20250929-20251001"),
            ("DTP*435*DT*202610011530", "DTP*435*DT*202509291530"),
            ("DTP*472*D8*20261001", "DTP*472*D8*20250930"),
            ("HI*BBR:0FT44ZZ:D8:20261002", "HI*BBR:0FT44ZZ:D8:20250930"),
            ("HI*BH:11:D8:20261001", "HI*BH:11:D8:20250929"),
            ("HI*ABF:I10", hi),
        ]
    };
    // Multiple sclerosis was split on 1 October 2025.
    expect(kind, &moved("HI*ABF:G35A"), &codes, &[]);
    expect(kind, &moved("HI*ABF:G35"), &codes, &[("diagnosis-not-specific", ERROR, "A7:772")]);
    expect(kind, &[("HI*ABJ:R509", "HI*ABJ:R5099")], &codes, &[("admitting-diagnosis-not-in-list", ERROR, "A7:232")]);
    expect(
        kind,
        &[("HI*BBR:0FT44ZZ", "HI*BBR:0FT44ZY")],
        &codes,
        &[("principal-procedure-not-in-list", ERROR, "A7:465")],
    );
}

#[test]
fn a_list_that_was_loaded_judges_procedures_on_their_day() {
    let cpt = file::read("list: cpt\n\n99213\n@ 2020-01-01 2025-12-31\n99214\n").unwrap();
    let hcpcs = file::read("list: hcpcs\n\nJ1885\n").unwrap();
    let codes = CodeSets::shipped().with(cpt).with(hcpcs);
    let kind = ClaimKind::Professional;
    expect(kind, &[], &codes, &[]);
    expect(kind, &[("SV1*HC:99213", "SV1*HC:99215")], &codes, &[("cpt-not-in-list", ERROR, "A7:454")]);
    expect(kind, &[("SV1*HC:99213", "SV1*HC:99214")], &codes, &[("procedure-not-in-force", ERROR, "A7:796")]);
    expect(kind, &[("SV1*HC:J1885", "SV1*HC:J1886")], &codes, &[("hcpcs-not-in-list", ERROR, "A7:507")]);
    let modifiers = file::read("list: modifier\n\nGP\n").unwrap();
    let codes = codes.with(modifiers);
    expect(kind, &[("SV1*HC:J1885:GP", "SV1*HC:J1885:GO")], &codes, &[("modifier-not-in-list", ERROR, "A7:453")]);
    let cdt = CodeSets::shipped().with(file::read("list: cdt\n\nD0120\n").unwrap());
    expect(ClaimKind::Dental, &[], &cdt, &[("dental-procedure-not-in-list", ERROR, "A7:737")]);
}

#[test]
fn institutional_lists_judge_what_they_are_loaded_for() {
    let kind = ClaimKind::Institutional;
    for (text, edit, status) in [
        ("list: revenue\n\n0120\n", "revenue-code-not-in-list", "A7:455"),
        ("list: occurrence\n\n12\n", "occurrence-code-not-in-list", "A7:719"),
        ("list: value\n\n81\n", "value-code-not-in-list", "A7:725"),
        ("list: patient-status\n\n02\n", "patient-status-not-in-list", "A7:234"),
    ] {
        let codes = CodeSets::shipped().with(file::read(text).unwrap());
        expect(kind, &[], &codes, &[(edit, ERROR, status)]);
    }
}

#[test]
fn people_and_places_are_compared_with_their_lists() {
    let kind = ClaimKind::Professional;
    let codes = CodeSets::shipped();
    let zip = ("N4*SPRINGFIELD*IL*62702", "N4*SPRINGFIELD*WI*62702");
    expect(kind, &[zip], &codes, &[("zip-of-other-state", WARNING, "A7:500")]);
    let member = ("NM1*IL*1*DOE*JANE****MI*W123456789", "NM1*IL*1*DOE*JANE****MI*1234567893");
    expect(kind, &[member], &codes, &[("member-id-is-billing-npi", WARNING, "A7:562")]);
    let abroad = ("N4*SPRINGFIELD*IL*62702", "N4*BERN**3000*CH***be");
    expect(kind, &[abroad], &codes, &[("country-subdivision-form", WARNING, "A7:695")]);
    let taxonomy = codes.clone().with(file::read("list: taxonomy\n\n208D00000X\n").unwrap());
    let edit = ("taxonomy-not-in-list", WARNING, "A7:145");
    expect(kind, &[], &taxonomy, &[edit, edit]);
    let withdrawn = codes.with(file::read("list: withdrawn-npi\n\n@ 2020-01-01 -\n1245319599\n").unwrap());
    expect(kind, &[], &withdrawn, &[("npi-withdrawn", WARNING, "A7:562")]);
    // A place of service is judged on the day too: 27 came in October 2023.
    let street = ("CLM*PCN1*300***11:B:1", "CLM*PCN1*300***27:B:1");
    expect(kind, &[street], &CodeSets::shipped(), &[]);
    let early = ("DTP*472*D8*20261001", "DTP*472*D8*20230930");
    let place = [("place-of-service", ERROR, "A7:249")];
    expect(kind, &[street, early, early], &CodeSets::shipped(), &place);
}

#[test]
fn reasons_of_other_payers_are_compared_with_what_is_known() {
    let codes = CodeSets::shipped();
    let with_other = |cas: &'static str| {
        let mut segments = good(ClaimKind::Professional);
        let at = segments.iter().position(|segment| segment.starts_with("LX")).unwrap();
        let other = [
            "SBR*S*18*GRP2******CI",
            cas,
            "AMT*D*100",
            "OI***Y***Y",
            "NM1*IL*1*DOE*JANE****MI*X1",
            "N3*1 OAK AVE",
            "N4*SPRINGFIELD*IL*62702",
            "NM1*PR*2*OTHER HEALTH*****PI*70000",
            "DTP*573*D8*20261015",
        ];
        segments.splice(at..at, other.map(str::to_string));
        let mut told = Told::default();
        let settings = Settings::alone(as_of(), &codes);
        let text = in_envelope(ClaimKind::Professional, &segments);
        check(text.as_bytes(), guides(), &settings, &mut told).unwrap();
        told.findings
            .into_iter()
            .map(|finding| finding.edit.to_string())
            .filter(|edit| edit.contains("unknown"))
            .collect::<Vec<String>>()
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(with_other("CAS*PR*1*200"), none);
    assert_eq!(with_other("CAS*PR*297*200"), none, "newer than the list");
    assert_eq!(with_other("CAS*PR*ZZ*200"), ["adjustment-reason-unknown"]);
}

#[test]
fn the_summary_names_the_lists_that_only_form_stood_for() {
    let names = |kind, codes: &CodeSets| judged(kind, &[], codes).1.form_only.names();
    let codes = CodeSets::shipped();
    assert_eq!(names(ClaimKind::Professional, &codes), ["CPT", "HCPCS", "modifiers", "NDC", "taxonomy", "NPI"]);
    assert_eq!(
        names(ClaimKind::Institutional, &codes),
        ["CPT", "revenue codes", "occurrence codes", "value codes", "patient status", "taxonomy", "NPI"]
    );
    assert_eq!(names(ClaimKind::Dental, &codes), ["CDT", "taxonomy", "NPI"]);
    let loaded = codes.with(file::read("list: cpt\n\n99213\n").unwrap());
    assert!(!names(ClaimKind::Professional, &loaded).contains(&List::Cpt.name()));
    assert!(names(ClaimKind::Professional, &CodeSets::form_only()).contains(&List::Icd10Cm.name()));
}
