//! Every version that is taken is taken, and each sort of file that is not gets its own name and code.

use super::super::samples::{self, as_of, guides};
use super::super::sink::{Summary, SyntaxVerdict};
use super::super::{CodeSets, Settings, check};
use crate::domain::{Finding, Severity};

const BODY: &str = "BHT*0019*00*1*20260115*1023*CH~\n";

fn file(isa12: &str, gs: (&str, &str), st: &str, body: &str) -> String {
    let isa = format!(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260115*1023*^*{isa12}*000000905*0*T*:~"
    );
    let count = body.matches('~').count() + 2;
    let (code, version) = gs;
    format!(
        "{isa}\nGS*{code}*S*R*20260115*1023*1*X*{version}~\nST*{st}~\n{body}SE*{count}*0001~\nGE*1*1~\nIEA*1*000000905~\n"
    )
}

fn judged(text: &str) -> (samples::Told, Summary) {
    let codes = CodeSets::form_only();
    let settings = Settings { snip_max: 2, ..Settings::alone(as_of(), &codes) };
    let mut told = samples::Told::default();
    let summary = check(text.as_bytes(), guides(), &settings, &mut told).expect("memory does not fail");
    (told, summary)
}

/// Edit, AK905 or IK502, and the sentence of the first finding of a header that is not for TA1.
fn named(findings: &[Finding]) -> Option<(&str, &str, &str)> {
    let of_header = |finding: &&Finding| finding.ack.ak9.is_some() || finding.ack.ik5.is_some();
    let found = findings.iter().find(of_header)?;
    let code = found.ack.ak9.as_deref().or(found.ack.ik5.as_deref())?;
    Some((found.edit.as_ref(), code, found.message.as_str()))
}

#[test]
fn every_printing_of_a_claim_guide_is_taken_in_both_headers() {
    for (kind, versions) in [
        ("837P", &["005010X222", "005010X222A1", "005010X222A2"][..]),
        ("837I", &["005010X223", "005010X223A1", "005010X223A2", "005010X223A3"]),
        ("837D", &["005010X224", "005010X224A1", "005010X224A2", "005010X224A3"]),
    ] {
        for version in versions {
            let (told, _) = judged(&file("00501", ("HC", version), &format!("837*0001*{version}"), BODY));
            assert_eq!(named(&told.findings), None, "{version}");
            assert_eq!(guides().find("837", version).map(|guide| guide.id.as_str()), Some(kind), "{version}");
        }
    }
    let taken: usize = guides().all().iter().filter(|guide| guide.st01 == "837").map(|guide| guide.accept.len()).sum();
    assert_eq!(taken, 11, "a version is taken that is not tested here");
}

#[test]
fn other_groups_and_versions_are_refused_by_name() {
    for (gs01, gs08, st01, edit, code, name) in [
        (
            "HS",
            "005010X279A1",
            "270",
            "group-not-supported",
            "1",
            "a group of 270 (eligibility request, version 005010X279A1)",
        ),
        ("HB", "005010X279A1", "271", "group-not-supported", "1", "271 (eligibility response"),
        ("HS", "004010X092A1", "270", "group-not-supported", "1", "270 (eligibility request, version 004010X092A1)"),
        ("HI", "005010X217", "278", "group-not-supported", "1", "278 (prior authorization or referral"),
        ("HI", "005010X215", "278", "group-not-supported", "1", "278 (prior authorization inquiry"),
        ("RA", "005010X218", "820", "group-not-supported", "1", "820 (premium payment"),
        ("BE", "005010X220A1", "834", "group-not-supported", "1", "834 (enrollment"),
        ("AG", "005010X186A1", "824", "group-not-supported", "1", "824 (application error report"),
        ("PI", "006020X314", "275", "group-not-supported", "1", "275 (claim attachment"),
        ("PO", "004010", "850", "group-not-supported", "1", "a group of type PO (GS01), version 004010"),
        ("HC", "004010X098A1", "837", "version-not-supported", "2", "837 (professional claim, version 004010X098A1)"),
        ("HC", "004010X096A1", "837", "version-not-supported", "2", "837 (institutional claim"),
        ("HC", "004010X097A1", "837", "version-not-supported", "2", "837 (dental claim"),
        ("HC", "005010X291", "837", "version-not-supported", "2", "837 (predetermination request, professional"),
        ("HC", "005010X292", "837", "version-not-supported", "2", "837 (predetermination request, institutional"),
        ("HC", "005010X298", "837", "version-not-supported", "2", "837 (report of paid claims, professional"),
        ("HC", "006020X323", "837", "version-not-supported", "2", "837 (claim, version 006020X323)"),
        ("HC", "005010X222A", "837", "version-not-supported", "2", "837 (claim, version 005010X222A)"),
        ("HC", "005010", "837", "version-not-supported", "2", "837 (claim, version 005010)"),
        ("HP", "004010X091A1", "835", "version-not-supported", "2", "835 (remittance"),
        ("HP", "005010X222A1", "837", "version-not-supported", "2", "of groups HP that version"),
        ("HN", "005010X213", "277", "version-not-supported", "2", "277 (request for additional information"),
        ("HN", "004010X093A1", "277", "version-not-supported", "2", "277 (claim status response"),
        ("FA", "005010X230", "997", "version-not-supported", "2", "997 (functional acknowledgment"),
        ("FA", "004010", "997", "version-not-supported", "2", "997 (functional acknowledgment"),
    ] {
        let (told, summary) = judged(&file("00501", (gs01, gs08), &format!("{st01}*0001"), BODY));
        let (found, ak905, message) = named(&told.findings).unwrap_or_else(|| panic!("{gs01} {gs08} was taken"));
        assert_eq!((found, ak905), (edit, code), "{gs01} {gs08}: {message}");
        assert!(message.contains(name), "{gs01} {gs08}: {message}");
        assert!(message.contains("837P 005010X222A1"), "{message}");
        // Nothing inside was looked at, and nothing was taken for a claim.
        assert_eq!(
            (told.findings.len(), summary.claims.accepted + summary.claims.rejected),
            (1, 0),
            "{:?}",
            told.findings
        );
    }
}

#[test]
fn transactions_that_do_not_fit_their_group_are_refused_by_name() {
    for (gs, st, edit, code, name) in [
        (
            ("HC", "005010X222A1"),
            "270*0001*005010X279A1",
            "transaction-not-supported",
            "1",
            "a 270 (eligibility request)",
        ),
        (("HC", "005010X222A1"), "850*0001", "transaction-not-supported", "1", "type 850 (ST01)"),
        (("HC", "005010X222A1"), "*0001*005010X222A1", "transaction-code", "6", "ST01"),
        (("HC", "005010X222A1"), "835*0001", "transaction-in-wrong-group", "18", "a 835 (remittance)"),
        (("HP", "005010X221A1"), "837*0001*005010X222A1", "transaction-in-wrong-group", "18", "group of type HP"),
        (("HC", "005010X222A1"), "837*0001*005010X223A2", "transaction-version-differs", "19", "different guides"),
        (("HC", "005010X222A1"), "837*0001*005010X291", "transaction-version-not-supported", "I6", "predetermination"),
        (
            ("HC", "005010X222A1"),
            "837*0001*004010X098A1",
            "transaction-version-not-supported",
            "I6",
            "professional claim",
        ),
        (("HC", "005010X222A1"), "837*0001*9", "transaction-version-not-supported", "I6", "in version 9"),
    ] {
        let (told, _) = judged(&file("00501", gs, st, BODY));
        let (found, ik502, message) = named(&told.findings).unwrap_or_else(|| panic!("{st} in {gs:?} was taken"));
        assert_eq!((found, ik502), (edit, code), "{st} in {gs:?}: {message}");
        assert!(message.contains(name), "{st}: {message}");
        assert_eq!(told.transactions, [(SyntaxVerdict::Rejected, vec![code.to_string()])], "{st}");
    }
}

#[test]
fn two_printings_of_one_guide_in_the_headers_are_only_warned_about() {
    let (told, _) = judged(&file("00501", ("HC", "005010X222"), "837*0001*005010X222A1", BODY));
    let found: Vec<_> = told.findings.iter().filter(|f| f.edit == "transaction-printing-differs").collect();
    assert_eq!(found.iter().map(|f| f.severity).collect::<Vec<_>>(), [Severity::Warning]);
    assert_eq!(named(&told.findings), None);
}

#[test]
fn another_version_of_the_envelope_rejects_the_interchange() {
    for (isa12, gs08) in
        [("00401", "004010X098A1"), ("00401", "005010X222A1"), ("00402", "005010X222"), ("00602", "006020X323")]
    {
        let (told, summary) = judged(&file(isa12, ("HC", gs08), "837*0001", BODY));
        let codes: Vec<_> = told.findings.iter().filter_map(|finding| finding.ack.ta1.as_deref()).collect();
        assert_eq!((codes, summary.interchanges_rejected), (vec!["017"], 1), "{isa12} {gs08}");
    }
}
