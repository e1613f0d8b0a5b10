//! What partners' severities make of whole files.

use super::*;
use crate::domain::ClaimKind;
use crate::edits::samples::{Told, as_of, change, file, good, guides};
use crate::edits::settings::{Context, Payer};
use crate::edits::sink::{SyntaxVerdict, Verdict};
use crate::edits::{CodeSets, Settings, check};
use crate::x12::envelope::Interchange;

const ERROR: Option<Severity> = Some(Severity::Error);
const WARNING: Option<Severity> = Some(Severity::Warning);
const OFF: Option<Severity> = None;

/// The payer 60000 of the samples, with its file.
struct Payers(Severities);

impl Lookups for Payers {
    fn control_number_used(&self, _: &Interchange) -> bool {
        false
    }
    fn payer(&self, _: &[u8], _: ClaimKind) -> Payer {
        Payer::Reached
    }
    fn claim_seen(&self, _: u128) -> bool {
        false
    }
    fn payer_severities(&self, id: &[u8]) -> Option<&Severities> {
        (id == b"60000").then_some(&self.0)
    }
}

type Said<'s> = &'s [(&'s str, Option<Severity>)];

fn severities(said: Said<'_>) -> Severities {
    said.iter().map(|(edit, severity)| (edit.to_string(), *severity)).collect()
}

/// The findings of a professional claim with this change, and what becomes of claim and transaction.
fn weighed(change_of: (&str, &str), submitter: Said<'_>, payer: Said<'_>) -> (Vec<String>, Verdict, SyntaxVerdict) {
    let kind = ClaimKind::Professional;
    let mut segments = good(kind);
    change(&mut segments, change_of.0, change_of.1);
    let (codes, payers) = (CodeSets::form_only(), Payers(severities(payer)));
    let context = Context {
        sender: ("ZZ", "ACMEBILL"),
        receiver: ("ZZ", "CLAIMGATE"),
        usage: "T",
        transactions: &[],
        etins: &[],
        npis: &[],
        lookups: &payers,
    };
    let alone = Settings::alone(as_of(), &codes);
    let settings = Settings { context: Some(context), severities: severities(submitter), ..alone };
    let mut told = Told::default();
    let text = file(kind, &segments);
    check(text.as_bytes(), guides(), &settings, &mut told).expect("memory does not fail");
    let findings = told.findings.iter().map(|finding| format!("{} {:?}", finding.edit, finding.severity)).collect();
    (findings, told.claims[0].1, told.transactions[0].0)
}

#[track_caller]
fn expect(change_of: (&str, &str), submitter: Said<'_>, payer: Said<'_>, finding: &str, verdict: Verdict) {
    let (findings, found, _) = weighed(change_of, submitter, payer);
    let expected: Vec<&str> = Some(finding).filter(|finding| !finding.is_empty()).into_iter().collect();
    assert_eq!((findings, found), (expected.into_iter().map(str::to_string).collect(), verdict), "{change_of:?}");
}

#[test]
fn a_claims_edit_weighs_what_its_submitter_and_its_payer_say() {
    let (sum, edit) = (("CLM*PCN1*300", "CLM*PCN1*301"), "charges-do-not-add-up");
    expect(sum, &[], &[], "charges-do-not-add-up Error", Verdict::Rejected);
    expect(sum, &[(edit, WARNING)], &[], "charges-do-not-add-up Warning", Verdict::Accepted);
    expect(sum, &[(edit, OFF)], &[], "", Verdict::Accepted);
    expect(sum, &[], &[(edit, OFF)], "", Verdict::Accepted);
    expect(sum, &[(edit, OFF)], &[(edit, ERROR)], "charges-do-not-add-up Error", Verdict::Rejected);
    expect(sum, &[(edit, WARNING)], &[(edit, OFF)], "charges-do-not-add-up Warning", Verdict::Accepted);
    let zero = ("DMG*D8*19800615*F", "DMG*D8*18000615*F");
    expect(zero, &[], &[("birth-date", WARNING)], "birth-date Warning", Verdict::Accepted);
}

#[test]
fn a_billing_providers_edit_weighs_what_the_submitter_says_alone() {
    let (zip, edit) = (("N4*SPRINGFIELD*IL*627011234", "N4*SPRINGFIELD*IL*62701"), "billing-zip-nine-digits");
    expect(zip, &[], &[(edit, OFF)], "billing-zip-nine-digits Error", Verdict::Rejected);
    expect(zip, &[(edit, OFF)], &[], "", Verdict::Accepted);
}

#[test]
fn syntax_within_a_claim_can_be_made_milder_and_the_999_hears_of_it() {
    let code = ("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*XX*1***1");
    let plain = weighed(code, &[], &[]);
    assert_eq!(plain, (vec!["element-code Error".to_string()], Verdict::Rejected, SyntaxVerdict::AcceptedWithErrors));
    let milder = weighed(code, &[("element-code", WARNING)], &[]);
    assert_eq!(milder, (vec!["element-code Warning".to_string()], Verdict::Accepted, SyntaxVerdict::Accepted));
    let off = weighed(code, &[], &[("element-code", OFF)]);
    assert_eq!(off, (vec![], Verdict::Accepted, SyntaxVerdict::Accepted));
}

#[test]
fn what_rejects_a_transaction_is_the_same_for_all() {
    let kind = ("BHT*0019*00", "BHT*0019*99");
    let (findings, _, verdict) = weighed(kind, &[("element-code", OFF)], &[]);
    assert_eq!((findings, verdict), (vec!["element-code Error".to_string()], SyntaxVerdict::Rejected));
}
