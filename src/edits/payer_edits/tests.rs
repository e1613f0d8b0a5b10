//! What payers' own conditions catch, and what slips in them are told.

use super::*;
use crate::domain::Finding;
use crate::edits::samples::{Told, as_of, change, file, good, guides};
use crate::edits::settings::{Lookups, Payer};
use crate::edits::weights::Severities;
use crate::edits::{CodeSets, Settings, Verdict, check};
use crate::x12::envelope::Interchange;

fn status() -> StatusCode {
    StatusCode { category: "A7".into(), code: "48".into(), entity: None }
}

fn written(when: &str, require: &str) -> Written {
    Written {
        edit: PayersOwn {
            id: "payers-own".to_string(),
            message: "This payer wants it otherwise".to_string(),
            status: Some(status()),
            severity: Severity::Error,
        },
        when: when.to_string(),
        require: require.to_string(),
        applies: ClaimKind::ALL.to_vec(),
    }
}

fn inpatient_authorization() -> Written {
    written("claim.place_of_service == '21'", "claim.prior_authorization != ''")
}

/// Payers by their id.
struct Known(Vec<(&'static str, PayerEdits)>);

impl Lookups for Known {
    fn control_number_used(&self, _: &Interchange) -> bool {
        false
    }
    fn payer(&self, _: &[u8], _: ClaimKind) -> Payer {
        Payer::Reached
    }
    fn claim_seen(&self, _: u128) -> bool {
        false
    }
    fn payer_edits(&self, id: &[u8]) -> Option<&PayerEdits> {
        self.0.iter().find(|(known, _)| known.as_bytes() == id).map(|(_, edits)| edits)
    }
}

fn told_with(known: &Known, text: &str, snip_max: u8, severities: Severities) -> Told {
    let codes = CodeSets::shipped();
    let (sender, receiver) = (("ZZ", "ACMEBILL"), ("ZZ", "CLAIMGATE"));
    let transactions = ["837".to_string()];
    let (transactions, etins, npis) = (&transactions[..], &[][..], &[][..]);
    let context =
        super::super::settings::Context { sender, receiver, usage: "T", transactions, etins, npis, lookups: known };
    let settings = Settings { context: Some(context), snip_max, severities, ..Settings::alone(as_of(), &codes) };
    let mut told = Told::default();
    check(text.as_bytes(), guides(), &settings, &mut told).expect("memory does not fail");
    told
}

/// What the edits of the samples' payer find in a sample with changes.
fn found(kind: ClaimKind, changes: &[(&str, &str)], edits: &[Written]) -> (Vec<Finding>, Verdict) {
    let mut segments = good(kind);
    changes.iter().for_each(|(from, to)| change(&mut segments, from, to));
    // A change can put a segment before another.
    let segments: Vec<String> = segments.iter().flat_map(|segment| segment.split("~\n")).map(str::to_string).collect();
    let known = Known(vec![("60000", PayerEdits::compile(edits).unwrap())]);
    let told = told_with(&known, &file(kind, &segments), 7, Severities::new());
    (told.findings, told.claims[0].1)
}

/// True when the condition holds for the good sample of this kind.
#[track_caller]
fn holds_for(kind: ClaimKind, condition: &str) -> bool {
    let (findings, _) = found(kind, &[], &[written("true", condition)]);
    assert!(findings.iter().all(|finding| finding.edit == "payers-own"), "{findings:#?}");
    findings.is_empty()
}

const INPATIENT: (&str, &str) = ("CLM*PCN1*300***11:B:1", "CLM*PCN1*300***21:B:1");
/// Where the stay was.
const HOSPITAL: (&str, &str) = (
    "PRV*PE*PXC*207Q00000X",
    "PRV*PE*PXC*207Q00000X~\nNM1*77*2*HOSPITAL*****XX*1234567893~\nN3*1 ELM ST~\nN4*SPRINGFIELD*IL*627011234",
);
const PROFESSIONAL: ClaimKind = ClaimKind::Professional;
const INSTITUTIONAL: ClaimKind = ClaimKind::Institutional;

#[test]
fn an_inpatient_claim_without_an_authorization_is_rejected_and_one_with_it_goes_on() {
    let (edits, admitted) = ([inpatient_authorization()], ("REF*D9*UP1", "DTP*435*D8*20261001~\nREF*D9*UP1"));
    let (findings, verdict) = found(PROFESSIONAL, &[INPATIENT, HOSPITAL, admitted], &edits);
    assert_eq!((findings.len(), verdict), (1, Verdict::Rejected), "{findings:#?}");
    let finding = &findings[0];
    assert_eq!((&*finding.edit, finding.snip, finding.severity), ("payers-own", 7, Severity::Error));
    assert_eq!((&*finding.message, &finding.statuses[..]), ("This payer wants it otherwise", &[status()][..]));
    assert_eq!(finding.place.claim.as_deref(), Some("PCN1"));
    assert_eq!(finding.place.segment.as_ref().unwrap().id, "CLM");
    let authorized = ("REF*D9*UP1", "DTP*435*D8*20261001~\nREF*G1*AUTH1");
    let (findings, verdict) = found(PROFESSIONAL, &[INPATIENT, HOSPITAL, authorized], &edits);
    assert_eq!((findings.len(), verdict), (0, Verdict::Accepted), "{findings:#?}");
    assert_eq!(found(PROFESSIONAL, &[], &edits).1, Verdict::Accepted);
}

#[test]
fn a_warning_is_told_and_rejects_nothing() {
    let mut edit = written("true", "claim.referral != ''");
    (edit.edit.severity, edit.edit.status) = (Severity::Warning, None);
    let (findings, verdict) = found(PROFESSIONAL, &[], &[edit]);
    assert_eq!((findings.len(), findings[0].severity, verdict), (1, Severity::Warning, Verdict::Accepted));
}

#[test]
fn each_payer_has_its_own_edits() {
    let strict = PayerEdits::compile(&[written("true", "false")]).unwrap();
    let mild = PayerEdits::compile(&[]).unwrap();
    let text = file(PROFESSIONAL, &good(PROFESSIONAL));
    let told = |known: Known, text: &str| told_with(&known, text, 7, Severities::new()).findings.len();
    let known = Known(vec![("60000", mild), ("70000", strict)]);
    assert_eq!(told_with(&known, &text, 7, Severities::new()).findings.len(), 0);
    assert_eq!(told(known, &text.replace("PI*60000", "PI*70000")), 1);
}

#[test]
fn an_edit_runs_for_its_kinds_at_level_7_and_with_the_submitters_severity() {
    let known = || Known(vec![("60000", PayerEdits::compile(&[written("true", "false")]).unwrap())]);
    let text = file(PROFESSIONAL, &good(PROFESSIONAL));
    assert!(told_with(&known(), &text, 6, Severities::new()).findings.is_empty());
    let milder = Severities::from([("payers-own".to_string(), Some(Severity::Warning))]);
    assert_eq!(told_with(&known(), &text, 7, milder).findings[0].severity, Severity::Warning);
    let dental_only = Written { applies: vec![ClaimKind::Dental], ..written("true", "false") };
    assert!(found(PROFESSIONAL, &[], &[dental_only]).0.is_empty());
}

#[test]
fn conditions_see_the_claim_as_it_was_sent() {
    for condition in [
        "claim.kind == '837P' && claim.patient_control_number == 'PCN1' && claim.frequency == '1'",
        "claim.charge == 300.00 && claim.charge > 299 && claim.charge < 300.01",
        "claim.place_of_service == '11' && claim.type_of_bill == ''",
        "claim.diagnoses == ['E119', 'I10'] && !claim.has_attachment",
        "claim.payer_id == '60000' && claim.payer_responsibility == 'P' && claim.filing_indicator == 'CI'",
        "claim.member_id == 'W123456789' && claim.group_number == 'GRP1' && claim.relationship == '18'",
        "claim.patient_gender == 'F' && claim.patient_birth_date == '1980-06-15' && claim.patient_age == 46",
        "claim.billing_npi == '1234567893' && claim.billing_tax_id == '123456789'",
        "claim.billing_taxonomy == '207Q00000X' && claim.billing_state == 'IL' && claim.billing_zip.startsWith('62701')",
        "claim.rendering_npi == '1245319599' && claim.rendering_taxonomy.matches('^207[QR]')",
        "claim.service_from == '2026-10-01' && claim.service_to >= claim.service_from",
        "claim.referring_npi == '' && claim.other_payers == 0 && claim.referral + claim.original_reference == ''",
        "size(claim.lines) == 2 && claim.lines[0].procedure == '99213' && claim.lines[1].modifiers == ['GP']",
        "claim.lines.exists(line, line.procedure.startsWith('J') && line.ndc == '12345678901')",
        "claim.lines.all(line, line.units >= 1 && line.charge <= claim.charge && line.service_from != '')",
        "claim.lines.filter(line, line.units > 1.0).map(line, line.procedure) == ['J1885']",
        "claim.lines.exists_one(line, 'GP' in line.modifiers) && claim.place_of_service in ['11', '12']",
    ] {
        assert!(holds_for(PROFESSIONAL, condition), "{condition}");
    }
    for condition in [
        "claim.type_of_bill == '111' && claim.place_of_service == ''",
        "claim.admission_date == '2026-10-01' && claim.admission_type == '1' && claim.discharge_status == '01'",
        "claim.service_to == '2026-10-03' && claim.diagnoses == ['A419', 'I10'] && claim.admitting_diagnosis == 'R509'",
        "claim.attending_npi == '1245319599' && claim.operating_npi == '1234567893' && claim.rendering_npi == ''",
        "claim.lines[0].revenue_code == '0120' && claim.lines[1].procedure == '80053'",
    ] {
        assert!(holds_for(INSTITUTIONAL, condition), "{condition}");
    }
    assert!(holds_for(ClaimKind::Dental, "claim.lines[1].teeth == ['14'] && claim.service_from == '2026-10-01'"));
}

#[test]
fn slips_in_a_condition_are_told_when_it_is_read() {
    for (condition, told) in [
        (
            "claim.prior_authorisation != ''",
            "claim has no field prior_authorisation; did you mean prior_authorization?",
        ),
        ("claim.colour != ''", "claim has no field colour; it has kind, "),
        ("place_of_service == '21'", "did you mean claim.place_of_service?"),
        ("clam.charge > 1", "there is no clam; did you mean claim?"),
        ("claim.place_of_service == 21", "claim.place_of_service is text and 21 is a whole number, which do not"),
        ("claim.charge > '100'", "claim.charge is a decimal number and '100' is text"),
        ("claim.kind == '837D' && claim.charge > '100'", "claim.charge is a decimal number"),
        ("claim.charge * 2 > 100", "claim.charge and 2 are a whole and a decimal number"),
        ("claim.place_of_service", "must be true or false, as claim.referral != ''; it is text"),
        ("claim.place_of_service && true", "claim.place_of_service is text; what stands with"),
        ("claim.lines.procedure == 'X'", "claim.lines is a list; say which line"),
        ("claim.lines.all(line, line.proceedure != '')", "a line has no field proceedure; did you mean procedure?"),
        ("claim.diagnoses.exists(code, code > 5)", "code is text and 5 is a whole number"),
        ("claim.lines.exists(line.procedure == 'X')", "exists takes a name and a condition"),
        ("claim.place_of_service.startWith('2')", "there is no function startWith; did you mean startsWith?"),
        ("claim.place_of_service in '21'", "after `in` stands a list"),
        ("claim.charge in ['21']", "claim.charge is a decimal number, and the list after `in` has other values"),
        ("has(claim.referral)", "instead of has() write .referral != ''"),
        ("claim != claim", "claim must be followed by a field"),
        ("claim.referral.matches('[')", "cannot be computed: "),
        ("claim.referral = ''", "cannot be read as a condition: "),
        ("(claim.referral", "cannot be read as a condition: "),
    ] {
        for (key, edit) in [("when", written(condition, "true")), ("require", written("true", condition))] {
            let problems = PayerEdits::compile(&[inpatient_authorization(), edit]).err().unwrap_or_default();
            assert_eq!(problems.len(), 1, "{condition}: {problems:#?}");
            assert_eq!((problems[0].edit, problems[0].key), (1, key));
            assert!(problems[0].text.contains(told), "{condition}: {}", problems[0].text);
        }
    }
}

#[test]
fn an_id_of_the_gateways_own_edits_is_refused() {
    let mut edit = inpatient_authorization();
    edit.edit.id = "npi-check-digit".to_string();
    let problems = PayerEdits::compile(&[edit]).err().unwrap();
    assert_eq!(problems[0].key, "id");
}

#[test]
fn an_edit_that_cannot_judge_a_claim_lets_it_pass_and_the_others_run() {
    let edits = [written("true", "claim.lines[2].procedure == 'X'"), written("true", "claim.referral != ''")];
    let (findings, _) = found(PROFESSIONAL, &[], &edits);
    assert_eq!(findings.len(), 1, "{findings:#?}");
}

#[test]
fn the_description_names_every_field_with_its_type() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/payer-edits.md")).unwrap();
    let claims = view::CLAIM.iter().map(|field| format!("| `claim.{}` | {} |", field.name, word(&field.kind())));
    let lines = view::LINE.iter().map(|field| format!("| `line.{}` | {} |", field.name, word(&field.kind())));
    let missing: Vec<String> = claims.chain(lines).filter(|row| !page.contains(row)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    let rows = page.lines().filter(|line| line.starts_with("| `claim.") || line.starts_with("| `line.")).count();
    assert_eq!(rows, view::CLAIM.len() + view::LINE.len());
}

/// A type as the page writes it.
fn word(kind: &Type) -> &'static str {
    match kind {
        Type::Text => "text",
        Type::Whole => "int",
        Type::Decimal => "double",
        Type::Truth => "bool",
        Type::List(of) if **of == Type::Line => "list of lines",
        Type::List(_) => "list of text",
        Type::Claim | Type::Line | Type::Any => unreachable!("no field is of this type"),
    }
}
