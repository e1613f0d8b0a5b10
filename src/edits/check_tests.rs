//! What a check says of whole files.

use crate::domain::finding::Finding;
use crate::domain::{ClaimKind, Severity};
use crate::edits::samples::{Told, as_of, change, file, good, guides, told};
use crate::edits::settings::{Context, Lookups, Payer};
use crate::edits::sink::{SyntaxVerdict, Verdict};
use crate::edits::{CodeSets, Reading, Settings};
use crate::x12::Reader;
use crate::x12::envelope::Interchange;

#[test]
fn a_good_claim_of_each_kind_is_accepted_without_an_error() {
    for kind in ClaimKind::ALL {
        let (told, summary) = told(file(kind, &good(kind)).as_bytes());
        assert!(told.findings.is_empty(), "{kind}: {:#?}", told.findings);
        assert_eq!(told.claims.len(), 1, "{kind}");
        assert_eq!(told.claims[0].1, Verdict::Accepted, "{kind}");
        assert_eq!(told.transactions, [(SyntaxVerdict::Accepted, vec![])], "{kind}");
        assert_eq!((summary.claims.accepted, summary.claims.accepted_charge.0), (1, 30000), "{kind}");
    }
}

/// Changes a good claim and wants exactly this edit, from the claim's own findings or what it inherits.
#[track_caller]
fn check(kind: ClaimKind, changes: &[(&str, &str)], edit: &str, severity: Severity) {
    let mut segments = good(kind);
    for (from, to) in changes {
        change(&mut segments, from, to);
    }
    // A change can put segments after one another.
    let segments: Vec<String> = segments.iter().flat_map(|segment| segment.split("~\n")).map(str::to_string).collect();
    let (told, _) = told(file(kind, &segments).as_bytes());
    let edits: Vec<&str> = told.findings.iter().map(|finding| &*finding.edit).collect();
    assert_eq!(edits, [edit], "{changes:?} {:#?}", told.findings);
    let finding: &Finding = &told.findings[0];
    assert_eq!(finding.severity, severity, "{edit}");
    assert!(!finding.message.contains("{}") && !finding.message.contains("{who}"), "{}", finding.message);
    let verdict = if severity == Severity::Error { Verdict::Rejected } else { Verdict::Accepted };
    assert_eq!(told.claims[0].1, verdict, "{edit}");
    assert_eq!(told.claims[0].2, [edit]);
}

/// A change of one segment's begin (empty: the segment goes), and the edit that it must fire.
type Case = (&'static str, &'static str, &'static str);

#[test]
fn each_error_of_a_professional_claim_is_found() {
    let cases: &[Case] = &[
        ("CLM*PCN1*300", "CLM*PCN1*301", "charges-do-not-add-up"),
        (
            "NM1*85*2*LAKESIDE FAMILY MEDICINE*****XX*1234567893",
            "NM1*85*2*LAKESIDE FAMILY MEDICINE*****XX*1234567890",
            "npi-check-digit",
        ),
        (
            "NM1*85*2*LAKESIDE FAMILY MEDICINE*****XX*1234567893",
            "NM1*85*2*LAKESIDE FAMILY MEDICINE",
            "billing-npi-missing",
        ),
        ("NM1*82*1*WELBY*MARCUS****XX*1245319599", "NM1*82*1*WELBY*MARCUS****XX*1245319598", "npi-check-digit"),
        ("N3*100 MAIN ST", "N3*PO BOX 100", "billing-address-po-box"),
        ("N4*SPRINGFIELD*IL*627011234", "N4*SPRINGFIELD*IL*62701", "billing-zip-nine-digits"),
        ("N4*SPRINGFIELD*IL*627011234", "N4*SPRINGFIELD*XX*627011234", "state"),
        ("N4*SPRINGFIELD*IL*62702", "N4*SPRINGFIELD**62702", "state-missing"),
        ("N4*SPRINGFIELD*IL*62702", "N4*SPRINGFIELD*IL", "zip-missing"),
        ("N4*SPRINGFIELD*IL*62702", "N4*SPRINGFIELD*IL*6270", "zip-form"),
        ("N4*SPRINGFIELD*IL*62702", "N4*SPRINGFIELD***QQ", "country"),
        ("REF*EI*123456789", "REF*EI*12-345678", "billing-ein"),
        ("REF*EI*123456789", "REF*SY*000456789", "billing-ssn"),
        ("PRV*BI*PXC*207Q00000X", "PRV*BI*PXC*207Q00000Y", "taxonomy-form"),
        ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1", "claim-filing-indicator-missing"),
        ("SBR*P*18*", "SBR*P**", "patient-relationship-to-subscriber"),
        ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1**12****CI", "medicare-secondary-type-unexpected"),
        ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******MB", "medicare-id-form"),
        ("NM1*IL*1*DOE*JANE****MI*W123456789", "NM1*IL*1*DOE*JANE", "member-id-missing"),
        ("DMG*D8*19800615*F", "", "subscriber-birth-date-missing"),
        ("DMG*D8*19800615", "DMG*D8*20270615", "birth-date"),
        ("DMG*D8*19800615", "DMG*D8*20261030", "service-before-birth"),
        ("CLM*PCN1*300***11:B:1", "CLM*PCN1*300***11:B:5", "claim-frequency"),
        ("CLM*PCN1*300***11:B:1", "CLM*PCN1*300***11:B:7", "original-reference-missing"),
        ("CLM*PCN1*300***11:B:1", "CLM*PCN1*300***00:B:1", "place-of-service"),
        ("REF*D9*UP1", "AMT*F5*3.001", "patient-paid-decimals"),
        ("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y**OA", "accident-date-missing"),
        ("HI*ABK:E119*ABF:I10", "HI*ABK:E119*ABF:I10~\nHCP*00*50*1.005", "amount-decimals"),
        ("REF*6R*L1", "REF*6R*L1~\nAMT*T*0.125", "amount-decimals"),
        ("HI*ABK:E119*ABF:I10", "HI*ABK:E119**ABF:I10", "diagnosis-pointer"),
        ("HI*ABK:E119", "HI*ABK:E11.9", "principal-diagnosis-form"),
        ("HI*ABK:E119*ABF:I10", "HI*ABK:E119*ABF:i10", "diagnosis-form"),
        ("HI*ABK:E119*ABF:I10", "HI*BK:25000*BF:4019", "icd9-after-2015"),
        ("HI*ABK:E119*ABF:I10", "HI*ABK:E119*BF:4019", "diagnosis-versions-mixed"),
        ("HI*ABK:E119", "HI*ABK:W010XXA", "principal-external-cause"),
        ("SV1*HC:99213*100*UN*1***1", "SV1*HC:9921*100*UN*1***1", "procedure-form"),
        ("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*UN*0***1", "line-units"),
        ("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*MJ*1***1", "minutes-without-anesthesia"),
        ("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*UN*1***3", "diagnosis-pointer"),
        ("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*UN*1***1:1", "diagnosis-pointer-repeated"),
        ("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*UN*1.2345***1", "units-decimals"),
        ("SV1*HC:J1885:GP", "SV1*HC:J1885:gp", "modifier-form"),
        ("SV1*HC:J1885:GP", "SV1*HC:J1885:GP:GP", "modifier-repeated"),
        ("SV1*HC:J1885:GP", "SV1*HC:J3490:GP", "unlisted-procedure-description"),
        ("DTP*472*D8*20261001", "DTP*472*D8*20261102", "service-date-in-future"),
        ("LIN**N4*12345678901", "LIN**N4*1234567890", "drug-code-form"),
        ("CTP****2*ML", "CTP****0*ML", "drug-quantity-missing"),
    ];
    for (from, to, edit) in cases {
        check(ClaimKind::Professional, &[(from, to)], edit, Severity::Error);
    }
    // A stay is in a facility, which is named.
    let facility =
        "PRV*PE*PXC*207Q00000X~\nNM1*77*2*HOSPITAL*****XX*1234567893~\nN3*1 ELM ST~\nN4*SPRINGFIELD*IL*627011234";
    let stay = [("CLM*PCN1*300***11:B:1", "CLM*PCN1*300***21:B:1"), ("PRV*PE*PXC*207Q00000X", facility)];
    check(ClaimKind::Professional, &stay, "admission-date-missing", Severity::Error);
}

#[test]
fn each_error_of_an_institutional_claim_is_found() {
    let cases: &[Case] = &[
        ("CLM*PCN1*300", "CLM*PCN1*299", "charges-do-not-add-up-institutional"),
        ("DTP*435*DT*202610011530", "", "inpatient-admission-missing"),
        ("DTP*435*DT*202610011530", "DTP*435*D8*20261001", "inpatient-admission-hour-missing"),
        ("HI*ABJ:R509", "", "admitting-diagnosis-missing"),
        ("HI*ABJ:R509", "HI*ABJ:R50.9", "admitting-diagnosis-form"),
        ("CL1*1*1*01", "CL1*7*1*01", "admission-type"),
        ("CL1*1*1*01", "CL1*4*1*01", "newborn-admission-source"),
        ("CL1*1*1*01", "CL1*1*1*A1", "patient-status-form"),
        ("HI*BBR:0FT44ZZ", "HI*BBR:0FT44Z", "principal-procedure-form"),
        ("HI*BH:11", "HI*BH:1", "occurrence-code-form"),
        ("HI*BE:80", "HI*BE:8", "value-code-form"),
        ("NM1*71*1*WELBY*MARCUS****XX*1245319599", "NM1*71*1*WELBY*MARCUS****XX*2245319599", "npi-check-digit"),
        ("SV2*0120", "SV2*120", "revenue-code-form"),
        ("SV2*0300*HC:80053*100*UN*1", "SV2*0300*HC:80053*100*UN*1**101", "noncovered-over-charge"),
        ("SV2*0300*HC:80053*100*UN*1", "SV2*0300*HC:80053*100*UN*1**10.123", "noncovered-charge-decimals"),
        ("CL1*1*1*01", "CL1*1*1*01~\nAMT*F3*20.005", "amount-decimals"),
        ("CL1*1*1*01", "CL1*1*1*01~\nREF*LU*QQ", "auto-accident-state"),
        ("DTP*472*D8*20261001", "DTP*472*D8*20260930", "line-outside-statement"),
    ];
    for (from, to, edit) in cases {
        check(ClaimKind::Institutional, &[(from, to)], edit, Severity::Error);
    }
    check(ClaimKind::Institutional, &[("NM1*71", ""), ("PRV*AT", "")], "attending-provider-missing", Severity::Error);
    let future =
        [("DTP*434*RD8*20261001-20261003", "DTP*434*RD8*20261001-20261103"), ("HI*BE:80:::2", "HI*BE:80:::33")];
    check(ClaimKind::Institutional, &future, "service-date-in-future", Severity::Error);
}

#[test]
fn each_error_of_a_dental_claim_is_found() {
    let cases: &[Case] = &[
        ("CLM*PCN1*300", "CLM*PCN1*300.5", "charges-do-not-add-up-dental"),
        ("SV3*AD:D0120", "SV3*AD:00120", "dental-procedure-form"),
        ("SV3*AD:D0120*100****1*****1", "SV3*AD:D0120*100****1*****2", "diagnosis-pointer-dental"),
        ("SV3*AD:D0120*100****1*****1", "SV3*AD:D0120*100***R*1*****1", "prior-placement-date-missing"),
        ("SV3*AD:D0120*100****1*****1", "SV3*AD:D0120*100**03**1*****1", "oral-cavity"),
        ("TOO*JP*14", "TOO*JP*34", "tooth"),
    ];
    for (from, to, edit) in cases {
        check(ClaimKind::Dental, &[(from, to)], edit, Severity::Error);
    }
}

#[test]
fn warnings_are_told_and_reject_nothing() {
    let cases: &[Case] = &[
        ("REF*D9*UP1", "REF*F8*ICN1", "original-reference-on-original"),
        ("REF*D9*UP1", "AMT*F5*400", "patient-paid-over-charge"),
        ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1*GROUP*****CI", "group-name-with-number"),
        ("SBR*P*18*GRP1******CI", "SBR*S*18*GRP1******CI", "secondary-without-other-payer"),
        ("NM1*IL*1*DOE*JANE****MI", "NM1*IL*1*DOE*****MI", "person-without-first-name"),
        ("HI*ABK:E119*ABF:I10", "HI*ABK:E119*ABF:E119", "diagnosis-repeated"),
        ("BHT*0019*00*BATCH1*20261101", "BHT*0019*00*BATCH1*20261102", "creation-date-in-future"),
    ];
    for (from, to, edit) in cases {
        check(ClaimKind::Professional, &[(from, to)], edit, Severity::Warning);
    }
}

/// What a partner's file and the store say, for tests.
struct Known;

impl Lookups for Known {
    fn control_number_used(&self, interchange: &Interchange) -> bool {
        interchange.control == "000000999"
    }
    fn payer(&self, id: &[u8], kind: ClaimKind) -> Payer {
        match (id, kind) {
            (b"60000", ClaimKind::Professional) => Payer::Reached,
            (b"60000", ClaimKind::Institutional | ClaimKind::Dental) => Payer::OtherKinds,
            _ => Payer::Unknown,
        }
    }
    fn claim_seen(&self, _: u128) -> bool {
        false
    }
}

/// Checks a file of the partner ACMEBILL and returns the edits found, and the TA1 code.
fn known(text: &str, etins: &[String], npis: &[String]) -> (Vec<String>, Option<String>) {
    let codes = CodeSets::shipped();
    let (sender, receiver) = (("ZZ", "ACMEBILL"), ("ZZ", "CLAIMGATE"));
    let context = Context { sender, receiver, usage: "T", transactions: &["837".into()], etins, npis, lookups: &Known };
    let settings = Settings { context: Some(context), ..Settings::alone(as_of(), &codes) };
    let mut told = Told::default();
    super::check(text.as_bytes(), guides(), &settings, &mut told).expect("memory does not fail");
    let ta1 = told.findings.iter().find_map(|finding| finding.ack.ta1.as_ref().map(|code| code.to_string()));
    (told.findings.iter().map(|finding| finding.edit.to_string()).collect(), ta1)
}

#[test]
fn a_file_of_a_known_partner_is_held_against_what_is_agreed() {
    let kind = ClaimKind::Professional;
    let text = file(kind, &good(kind));
    assert_eq!(known(&text, &[], &[]), (vec![], None));
    for (from, to, edit, code) in [
        ("ZZ*ACMEBILL ", "ZZ*SOMEBODY ", "isa-sender-not-yours", "006"),
        ("ZZ*ACMEBILL ", "30*ACMEBILL ", "isa-sender-qualifier-not-yours", "005"),
        ("ZZ*CLAIMGATE ", "ZZ*SOMEWHERE ", "isa-receiver-not-us", "009"),
        ("*0*T*:", "*0*P*:", "isa-usage-not-taken", "020"),
        ("000000905", "000000999", "isa-control-number-repeated", "025"),
    ] {
        let (edits, ta1) = known(&text.replace(from, to), &[], &[]);
        assert_eq!((edits.as_slice(), ta1.as_deref()), (&[edit.to_string()][..], Some(code)));
    }
    for (etin, npi, edit) in [("ACME01", "1234567893", None), ("OTHER", "1234567893", Some("submitter-id-not-yours"))] {
        let (edits, _) = known(&text, &[etin.to_string()], &[npi.to_string()]);
        assert_eq!(edits.first().map(String::as_str), edit);
    }
    let (edits, _) = known(&text, &[], &["1245319599".to_string()]);
    assert_eq!(edits, ["billing-provider-not-enrolled"]);
    assert_eq!(known(&text.replace("PI*60000", "PI*99999"), &[], &[]).0, ["payer-unknown"]);
    let dental = file(ClaimKind::Dental, &good(ClaimKind::Dental));
    assert_eq!(known(&dental, &[], &[]).0, ["payer-does-not-take-kind"]);
}

#[test]
fn a_bad_billing_provider_is_told_once_and_rejects_every_claim_under_it() {
    let kind = ClaimKind::Professional;
    let mut segments = good(kind);
    let claim: Vec<String> =
        segments[17..].iter().map(|segment| segment.replace("PCN1", "PCN2").replace("20261001", "20261002")).collect();
    segments.extend(claim);
    change(
        &mut segments,
        "NM1*85*2*LAKESIDE FAMILY MEDICINE*****XX*1234567893",
        "NM1*85*2*LAKESIDE FAMILY MEDICINE*****XX*1234567890",
    );
    let (told, summary) = told(file(kind, &segments).as_bytes());
    assert_eq!(told.findings.len(), 1, "{:#?}", told.findings);
    assert_eq!(told.findings[0].place.claim, None);
    assert_eq!(told.claims.iter().map(|claim| claim.1).collect::<Vec<_>>(), [Verdict::Rejected; 2]);
    assert_eq!((summary.errors, summary.claims.rejected), (1, 2));
}

#[test]
fn ranges_cut_the_file_between_its_parts() {
    let kind = ClaimKind::Professional;
    let text = file(kind, &good(kind));
    let (told, _) = told(text.as_bytes());
    let range = told.claims[0].3.clone();
    let claim = &text[range.start as usize..range.end as usize];
    assert!(claim.starts_with("CLM*PCN1") && claim.ends_with("CTP****2*ML~\n"), "{claim}");
}

#[test]
fn the_same_claim_twice_is_a_duplicate_and_the_first_goes_on() {
    let kind = ClaimKind::Professional;
    let mut segments = good(kind);
    segments.extend(segments[17..].to_vec());
    let (told, _) = told(file(kind, &segments).as_bytes());
    assert_eq!(told.claims.iter().map(|claim| claim.1).collect::<Vec<_>>(), [Verdict::Accepted, Verdict::Rejected]);
    assert_eq!(told.claims[1].2, ["duplicate-claim-in-file"]);
}

#[test]
fn an_interchange_under_a_number_that_this_file_used_before_is_refused() {
    let segments = good(ClaimKind::Professional);
    let one = file(ClaimKind::Professional, &segments);
    let repeated = |told: &Told| {
        let numbers = told.findings.iter().filter(|finding| finding.edit == "isa-control-number-repeated");
        numbers.map(|finding| finding.ack.ta1.as_deref() == Some("025")).collect::<Vec<_>>()
    };
    let (once, _) = told(one.as_bytes());
    assert!(repeated(&once).is_empty());
    let (twice, summary) = told(format!("{one}{one}").as_bytes());
    assert_eq!(repeated(&twice), [true]);
    assert_eq!((summary.interchanges, summary.interchanges_rejected), (2, 1));
    // The number of an interchange that was refused is free.
    let refused = one.replacen("*00501*", "*00401*", 1);
    let (after_refusal, _) = told(format!("{refused}{one}").as_bytes());
    assert!(repeated(&after_refusal).is_empty());
}

#[test]
fn a_file_that_is_no_x12_is_refused_with_a_reason() {
    let (_, summary) = told(b"%PDF-1.7 and so on");
    assert!(summary.refused.is_some_and(|why| why.starts_with("The file is a PDF, not X12.")));
    assert!(told(b"").1.refused.unwrap().contains("empty"));
}

/// A good professional claim that another payer has paid in part, line by line.
fn with_other_payer() -> Vec<String> {
    let mut segments = good(ClaimKind::Professional);
    change(&mut segments, "SBR*P*18", "SBR*S*18");
    let other = [
        "SBR*P*18*GRP9******CI",
        "AMT*D*240",
        "OI***Y***Y",
        "NM1*IL*1*DOE*JANE****MI*S1",
        "NM1*PR*2*UNITY MUTUAL*****PI*70000",
    ];
    let paid = |charge: &str, paid: &str, cut: &str| {
        let code = if charge == "100" { "HC:99213" } else { "HC:J1885" };
        [format!("SVD*70000*{paid}*{code}**1"), format!("CAS*CO*45*{cut}"), "DTP*573*D8*20261020".to_string()]
    };
    let first_line = segments.iter().position(|segment| segment == "LX*1").unwrap();
    let second_line = segments.iter().position(|segment| segment == "LX*2").unwrap();
    segments.extend(paid("200", "160", "40"));
    segments.splice(second_line..second_line, paid("100", "80", "20"));
    segments.splice(first_line..first_line, other.map(str::to_string));
    segments
}

#[test]
fn what_another_payer_paid_must_add_up_and_say_when_and_by_whom() {
    let kind = ClaimKind::Professional;
    let (clean, _) = told(file(kind, &with_other_payer()).as_bytes());
    assert!(clean.findings.is_empty(), "{:#?}", clean.findings);
    let cases: &[Case] = &[
        ("SVD*70000*80", "SVD*70000*81", "other-payer-line-balance"),
        ("SVD*70000", "SVD*70001", "line-payer-not-on-claim"),
        ("SBR*P*18*GRP9", "SBR*S*18*GRP9", "payer-responsibility-repeated"),
        ("NM1*PR*2*UNITY MUTUAL*****PI*70000", "NM1*PR*2*UNITY MUTUAL*****PI*60000", "other-payer-is-destination"),
        ("AMT*D*240", "AMT*D*241", "other-payer-claim-balance"),
        ("AMT*D*240", "AMT*D*240.123", "other-payer-amount-decimals"),
    ];
    for (from, to, edit) in cases {
        let mut segments = with_other_payer();
        change(&mut segments, from, to);
        let (told, _) = told(file(kind, &segments).as_bytes());
        assert!(told.findings.iter().any(|finding| finding.edit == *edit), "{edit}: {:#?}", told.findings);
    }
    let undated: Vec<String> = with_other_payer()
        .into_iter()
        .filter(|s| !["SVD", "CAS", "DTP*573"].iter().any(|id| s.starts_with(id)))
        .collect();
    let (told, _) = told(file(kind, &undated).as_bytes());
    assert!(
        told.findings.iter().any(|finding| finding.edit == "other-payer-remit-date-missing"),
        "{:#?}",
        told.findings
    );
}

/// Many claims in several transactions, with something wrong here and there: in claims, in trailers, between them.
fn large_and_spoiled() -> Vec<u8> {
    let mut text = String::new();
    for nth in 0..60 {
        let kind = ClaimKind::ALL[nth % 3];
        let mut segments = good(kind);
        match nth % 7 {
            1 => change(&mut segments, "CLM*PCN1*300", "CLM*PCN1*301"),
            2 => change(&mut segments, "N4*SPRINGFIELD*IL*627011234", "N4*SPRINGFIELD*XX*627011234"),
            3 => segments.insert(3, "ZZZ*1".into()),
            4 => change(&mut segments, "DMG*D8*19800615*F", ""),
            _ => {}
        }
        let claim = segments.iter().position(|segment| segment.starts_with("CLM")).unwrap();
        let own = segments[claim..].to_vec();
        (0..30).for_each(|_| segments.extend(own.clone()));
        let one = file(kind, &segments);
        text += &match nth % 11 {
            5 => one.replace("SE*", "SE*1"),
            6 => one.replace("005010X22", "004010X09"),
            7 => one.replace("~\n", "~\r\n"),
            8 => format!("{one}stray bytes between\n"),
            9 => one.replace("IEA*1*000000905~\n", ""),
            _ => one,
        };
    }
    text += "ISA*cut";
    text.into_bytes()
}

#[test]
fn two_cores_tell_what_one_tells_in_the_same_order() {
    let text = large_and_spoiled();
    assert!(text.len() > 2 * Reading::USUAL.two_cores_bytes_min, "{}", text.len());
    let codes = CodeSets::form_only();
    let settings = Settings::alone(as_of(), &codes);
    let (mut one, mut two) = (Told::default(), Told::default());
    let summary = super::check_on_one_core(&text[..], guides(), &settings, &mut one).unwrap();
    let mut checker = super::Checker::new(guides(), &settings, &mut two);
    let bytes = crate::edits::ahead::on_two_cores(Reader::new(&text[..]), guides(), &mut checker).unwrap();
    assert_eq!(checker.summary(&text, bytes), summary);
    assert!(one.findings.len() > 100 && one.claims.len() > 1000);
    assert_eq!(one.findings, two.findings);
    assert_eq!((one.claims, one.transactions), (two.claims, two.transactions));
}

#[test]
fn a_sink_that_fails_stops_the_core_that_reads() {
    struct Full;
    impl crate::edits::sink::Sink for Full {
        fn finding(&mut self, _: &Finding) -> std::io::Result<()> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
    }
    let (text, codes) = (large_and_spoiled().repeat(20), CodeSets::form_only());
    let error = crate::edits::check(&text[..], guides(), &Settings::alone(as_of(), &codes), &mut Full).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}

#[test]
fn a_hundred_warnings_hide_no_error_and_save_no_claim() {
    let mut segments = good(ClaimKind::Professional);
    let line: Vec<String> = segments[segments.iter().position(|s| s.starts_with("LX*1")).unwrap()..].to_vec();
    let service = line.iter().find(|s| s.starts_with("SV1")).unwrap().clone();
    for nth in 3..45 {
        segments.push(format!("LX*{nth}*"));
        segments.push(format!("{service}**"));
        segments.push("DTP*472*D8*20261001*".into());
    }
    segments.push("LX*45".into());
    segments.push(service);
    segments.push("DTP*472*D8*20261301".into());
    let (told, summary) = told(file(ClaimKind::Professional, &segments).as_bytes());
    assert!(told.findings.iter().filter(|finding| finding.severity == Severity::Warning).count() > 100);
    let errors: Vec<&str> = told.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| &*f.edit).collect();
    assert!(errors.contains(&"element-date") && errors.contains(&"charges-do-not-add-up"), "{errors:?}");
    assert_eq!((told.claims[0].1, summary.claims.rejected), (Verdict::Rejected, 1));
}

#[test]
fn a_claim_sent_again_after_its_group_was_rejected_is_no_duplicate() {
    let one = file(ClaimKind::Professional, &good(ClaimKind::Professional));
    let (isa, rest) = one.split_once("GS*").unwrap();
    let group = format!("GS*{}", rest.split_once("IEA*").unwrap().0);
    let again = group.replace("*20261101*1200*1*X", "*20261101*1200*2*X").replace("GE*1*1", "GE*1*2");
    let text = format!("{isa}{}{again}IEA*2*000000905~\n", group.replace("GE*1*1", "GE*7*1"));
    let (told, _) = told(text.as_bytes());
    let verdicts: Vec<_> = told.claims.iter().map(|claim| (claim.1, claim.2.clone())).collect();
    assert_eq!(verdicts[1], (Verdict::Accepted, vec![]), "{verdicts:?}");
}

#[test]
fn a_separator_inside_a_number_is_seen_with_or_without_another_fault() {
    let text = file(ClaimKind::Professional, &good(ClaimKind::Professional)).replace(':', ".");
    let spoiled = text.replace("CLM*PCN1*300*", "CLM*PCN1*300.00*");
    for text in [spoiled.clone(), spoiled.replace("*Y*A*Y*Y~", "*Y*A*Y*Y*~")] {
        let (told, _) = told(text.as_bytes());
        assert!(told.findings.iter().any(|finding| finding.edit == "element-components"), "{:#?}", told.findings);
    }
}

#[test]
fn a_subscriber_and_its_dependent_may_both_have_claims() {
    let mut segments = good(ClaimKind::Professional);
    change(&mut segments, "HL*2*1*22*0", "HL*2*1*22*1");
    let claim = segments[segments.iter().position(|s| s.starts_with("CLM")).unwrap()..].to_vec();
    let dependent = ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*DOE*KID", "N3*1 ELM ST", "N4*SPRINGFIELD*IL*62702"];
    segments.extend(dependent.map(String::from));
    segments.push("DMG*D8*20150412*M".into());
    segments.extend(claim.iter().map(|segment| segment.replace("PCN1", "PCN2")));
    let (told, _) = told(file(ClaimKind::Professional, &segments).as_bytes());
    let verdicts: Vec<_> = told.claims.iter().map(|claim| (claim.1, claim.2.clone())).collect();
    assert!(verdicts.iter().all(|(verdict, _)| *verdict == Verdict::Accepted), "{verdicts:?}");
}

#[test]
fn a_level_that_promises_a_child_and_has_none_breaks_the_transaction() {
    let mut segments = good(ClaimKind::Professional);
    change(&mut segments, "HL*2*1*22*0", "HL*2*1*22*1");
    let claim = segments[segments.iter().position(|s| s.starts_with("CLM")).unwrap()..].to_vec();
    segments.extend(claim.iter().map(|segment| segment.replace("PCN1*300*", "PCN2*300*")));
    let (told, summary) = told(file(ClaimKind::Professional, &segments).as_bytes());
    let errors: Vec<&str> = told.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| &*f.edit).collect();
    assert!(errors.contains(&"hierarchy-children"), "{errors:?}");
    assert_eq!(told.transactions[0].0, SyntaxVerdict::Rejected);
    assert_eq!((summary.claims.accepted, summary.claims.rejected), (0, 2));
}

#[test]
fn a_diagnosis_left_empty_between_two_keeps_its_number() {
    let mut segments = good(ClaimKind::Professional);
    change(&mut segments, "HI*ABK:E119*ABF:I10", "HI*ABK:E119**ABF:I10");
    change(&mut segments, "SV1*HC:J1885:GP*200*UN*2***1:2", "SV1*HC:J1885:GP*200*UN*2***1:3");
    let (third, _) = told(file(ClaimKind::Professional, &segments).as_bytes());
    assert!(third.findings.is_empty(), "{:#?}", third.findings);
    change(&mut segments, "SV1*HC:J1885:GP*200*UN*2***1:3", "SV1*HC:J1885:GP*200*UN*2***1:2");
    let (second, _) = told(file(ClaimKind::Professional, &segments).as_bytes());
    let [finding] = &second.findings[..] else { panic!("{:#?}", second.findings) };
    assert_eq!(finding.message, "A service line points to diagnosis `2`, but the claim has only 1, 3.");
}

#[test]
fn an_accident_is_placed_in_a_state_a_province_or_another_country() {
    let edits = |cause: &str| {
        let mut segments = good(ClaimKind::Professional);
        change(&mut segments, "CLM*PCN1*300***11:B:1*Y*A*Y*Y", &format!("CLM*PCN1*300***11:B:1*Y*A*Y*Y**{cause}"));
        let at = segments.iter().position(|s| s.starts_with("CLM")).unwrap() + 1;
        segments.insert(at, "DTP*439*D8*20260901".into());
        let (told, _) = told(file(ClaimKind::Professional, &segments).as_bytes());
        told.findings.iter().map(|finding| finding.edit.to_string()).collect::<Vec<_>>()
    };
    for cause in ["AA:::IL", "AA:::ON", "AA:::ON:CA", "AA::::MX", "AA:::JAL:MX", "OA"] {
        let edits = edits(cause);
        assert!(!edits.iter().any(|edit| edit == "auto-accident-state"), "{cause}: {edits:?}");
    }
    for cause in ["AA:::ZZ", "AA:::ZZ:US", "OA:AA::XX"] {
        assert_eq!(edits(cause), ["auto-accident-state"], "{cause}");
    }
}
