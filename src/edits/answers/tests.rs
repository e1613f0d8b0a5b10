//! One change to a good answer, and exactly the edit that it fires, at the segment where it breaks.

use crate::edits::samples::{Told, as_of, change, guides};
use crate::edits::{CodeSets, Settings, Summary, check};

/// What is exchanged for what.
type Changes<'c> = &'c [(&'c str, &'c str)];

const REMITTANCE: &[&str] = &[
    "BPR*I*140*C*CHK************20261103",
    "TRN*1*T1*1512345678",
    "DTM*405*20261102",
    "N1*PR*BLUE RIVER HEALTH",
    "N3*1 RIVER RD",
    "N4*SPRINGFIELD*IL*62701",
    "PER*BL*SUPPORT*TE*8005550100",
    "N1*PE*LAKESIDE CLINIC*XX*1234567893",
    "REF*TJ*123456789",
    "LX*1",
    "TS3*1234567893*11*20261231*3*120",
    "TS2*75",
    "CLP*A*1*100*80*20*12*ICN1*11*1",
    "CAS*PR*2*20",
    "NM1*QC*1*DOE*JANE****MI*W1",
    "MOA***MA01",
    "AMT*I*10",
    "CLP*B*1*100*70**12*ICN2*11*1",
    "NM1*QC*1*ROE*JANE****MI*W2",
    "MIA*0***75",
    "SVC*HC:99213:25*60*40**1**2",
    "DTM*472*20261002",
    "CAS*CO*45*10*1*253*10",
    "LQ*HE*N130",
    "SVC*HC:99214*40*30",
    "DTM*472*20261002",
    "CAS*CO*45*10",
    "CLP*C*22*-80*-30**12*ICN3*11*1",
    "CAS*CO*45*-50",
    "NM1*QC*1*POE*JANE****MI*W3",
    "PLB*1234567893*20261231*WO:ICN9*30*L6*-10*72*-40",
];

const ASKED: &[&str] = &[
    "BHT*0010*13*B1*20261101*1200",
    "HL*1**20*1",
    "NM1*PR*2*BLUE RIVER HEALTH*****PI*60000",
    "HL*2*1*21*1",
    "NM1*41*2*ACME BILLING*****46*ACME01",
    "HL*3*2*19*1",
    "NM1*1P*2*LAKESIDE CLINIC*****XX*1234567893",
    "HL*4*3*22*0",
    "DMG*D8*19800615*F",
    "NM1*IL*1*DOE*JANE****MI*W1",
    "TRN*1*T1",
    "REF*EJ*A",
    "AMT*T3*100",
    "DTP*472*D8*20261001",
];

fn file(group: &str, code: &str, guide: &str, segments: &[String]) -> String {
    let mut text = format!(
        "ISA*00*          *00*          *ZZ*{:15}*ZZ*{:15}*261101*1200*^*00501*000000905*0*T*:~\n",
        "BLUESTAR", "CLAIMGATE"
    );
    let version = if code == "835" { String::new() } else { format!("*{guide}") };
    text += &format!("GS*{group}*BLUESTAR*CLAIMGATE*20261101*1200*1*X*{guide}~\nST*{code}*0001{version}~\n");
    segments.iter().for_each(|segment| text += &format!("{segment}~\n"));
    // A change may have put two segments in the place of one.
    let count = segments.iter().map(|segment| 1 + segment.matches('~').count()).sum::<usize>() + 2;
    text + &format!("SE*{count}*0001~\nGE*1*1~\nIEA*1*000000905~\n")
}

fn told(text: &str) -> (Told, Summary) {
    let codes = CodeSets::shipped();
    let mut told = Told::default();
    let settings = Settings::alone(as_of(), &codes);
    let summary = check(text.as_bytes(), guides(), &settings, &mut told).expect("memory does not fail");
    (told, summary)
}

/// What an 835 with these changes is told: each as `edit SEGMENT@element`, with its claim.
fn remitted(changes: Changes<'_>) -> (Vec<String>, Summary) {
    let mut segments: Vec<String> = REMITTANCE.iter().map(|segment| segment.to_string()).collect();
    changes.iter().for_each(|(from, to)| change(&mut segments, from, to));
    let (told, summary) = told(&file("HP", "835", "005010X221A1", &segments));
    let shown = told.findings.iter().map(|finding| {
        assert!(!finding.message.contains(['{', '}']), "{}", finding.message);
        let place = &finding.place;
        let segment = place.segment.as_ref().map_or("-", |segment| &segment.id);
        let claim = place.claim.as_deref().map_or(String::new(), |claim| format!(" of {claim}"));
        format!("{} {segment}@{}{claim}", finding.edit, place.element.unwrap_or(0))
    });
    (shown.collect(), summary)
}

#[track_caller]
fn check_remittance(changes: Changes<'_>, expected: &[&str]) {
    let (shown, summary) = remitted(changes);
    assert_eq!(shown, expected, "{changes:?}");
    let held = shown.iter().any(|shown| shown.contains("-balance"));
    assert_eq!(summary.claims.accepted, if held { 0 } else { 3 }, "a payment out of balance is held whole");
    assert_eq!(summary.errors > 0, held);
}

#[test]
fn a_good_remittance_has_nothing_to_say() {
    check_remittance(&[], &[]);
}

#[test]
fn money_that_does_not_add_up_is_told_where_it_breaks() {
    check_remittance(&[("BPR*I*140*", "BPR*I*139.99*")], &["remittance-payment-balance BPR@2"]);
    check_remittance(&[("SVC*HC:99213:25*60*40", "SVC*HC:99213:25*60*41")], &["remittance-line-balance SVC@3 of B"]);
    check_remittance(
        &[("CAS*PR*2*20", "CAS*PR*2*19.99"), ("CLP*A*1*100*80*20", "CLP*A*1*100*80*19.99")],
        &["remittance-claim-balance CLP@4 of A"],
    );
    // An adjustment that is missing at a line is missing in its claim too, and is told once.
    check_remittance(&[("CAS*CO*45*10", "CAS*CO*45*9")], &["remittance-line-balance SVC@3 of B"]);
    check_remittance(
        &[("PLB*1234567893*20261231*WO:ICN9*30", "PLB*1234567893*20261231*WO:ICN9*31")],
        &["remittance-payment-balance BPR@2"],
    );
}

#[test]
fn what_only_looks_odd_is_a_warning() {
    let cases: &[(Changes<'_>, &[&str])] = &[
        (
            &[
                ("CLP*B*1*100*70", "CLP*B*1*101*70"),
                ("NM1*QC*1*ROE", "CAS*CO*45*1~NM1*QC*1*ROE"),
                ("TS3*1234567893*11*20261231*3*120", "TS3*1234567893*11*20261231*3*121"),
            ],
            &["remittance-line-charges CLP@3 of B"],
        ),
        (&[("CLP*A*1*100*80*20", "CLP*A*1*100*80*15")], &["remittance-patient-share CLP@5 of A"]),
        (&[("SVC*HC:99213:25*60*40**1**2", "SVC*HC:99213:25*60*40**1**3")], &["remittance-units SVC@5 of B"]),
        (&[("BPR*I*", "BPR*H*")], &[]),
        (&[("BPR*I*140*C*CHK", "BPR*P*140*C*CHK")], &["remittance-payment-method BPR@2"]),
        (
            &[("TS3*1234567893*11*20261231*3*120", "TS3*1234567893*11*20261231*2*120")],
            &["remittance-section-totals TS3@4"],
        ),
        (
            &[("TS3*1234567893*11*20261231*3*120", "TS3*1234567893*11*20261231*3*119.99")],
            &["remittance-section-totals TS3@5"],
        ),
        (&[("TS2*75", "TS2*76")], &["remittance-section-amounts TS2@0"]),
        (&[("TRN*1*T1*1512345678", "TRN*1*T1*9512345678")], &["remittance-trace TRN@3"]),
        (&[("CLP*A*1*", "CLP*A*19*")], &["remittance-crossover-payer-missing CLP@2 of A"]),
        (&[("CLP*A*1*", "CLP*A*19*"), ("MOA", "NM1*TT*2*OTHER PAYER*****PI*123~MOA")], &[]),
        (&[("CLP*A*1*", "CLP*A*4*")], &["remittance-denied-but-paid CLP@4 of A"]),
        (&[("CAS*CO*45*10*1*253*10", "CAS*CO*45*10*1*999*10")], &["remittance-reason-unknown CAS@5 of B"]),
        (&[("LQ*HE*N130", "LQ*HE*ZZ9")], &["remittance-remark-unknown LQ@2 of B"]),
        (&[("MOA***MA01", "MOA***XX1")], &["remittance-remark-unknown MOA@3 of A"]),
        (&[("AMT*I*10", "AMT*I*9")], &["remittance-interest PLB@4"]),
        (&[("PER*BL*SUPPORT*TE*8005550100", "PER*BL*SUPPORT*TE*5550100")], &["contact-number-form PER@4"]),
    ];
    for (changes, expected) in cases {
        check_remittance(changes, expected);
    }
}

#[test]
fn a_reversal_has_the_other_sign_and_owes_no_patient_share() {
    check_remittance(
        &[
            ("CLP*C*22*-80*-30", "CLP*C*22*80*30"),
            ("CAS*CO*45*-50", "CAS*CO*45*50"),
            ("BPR*I*140", "BPR*I*200"),
            ("TS3*1234567893*11*20261231*3*120", "TS3*1234567893*11*20261231*3*280"),
        ],
        &["remittance-reversal-signs CLP@3 of C"],
    );
}

#[test]
fn a_payment_of_nothing_is_h_with_non() {
    let nothing = [
        ("BPR*I*140*C*CHK", "BPR*H*0*C*NON"),
        ("PLB*1234567893*20261231*WO:ICN9*30*L6*-10*72*-40", "PLB*1234567893*20261231*FB:T1*130*L6*-10"),
    ];
    check_remittance(&nothing, &[]);
    check_remittance(&[("BPR*I*140", "BPR*I*0"), nothing[1]], &["remittance-payment-method BPR@2"]);
}

#[test]
fn a_sum_with_an_amount_nobody_can_read_is_not_judged() {
    let (shown, _) = remitted(&[("CAS*PR*2*20", "CAS*PR*2*2O")]);
    assert_eq!(shown, ["element-type CAS@3 of A"]);
}

#[test]
fn a_provider_adjustment_that_x12_does_not_know_is_told() {
    let (shown, _) = remitted(&[("PLB*1234567893*20261231*WO", "PLB*1234567893*20261231*QQ")]);
    assert_eq!(shown, ["element-code PLB@3", "remittance-provider-reason-unknown PLB@3"]);
}

#[test]
fn a_status_request_names_a_provider_that_can_exist() {
    let mut segments: Vec<String> = ASKED.iter().map(|segment| segment.to_string()).collect();
    let (good, _) = told(&file("HR", "276", "005010X212", &segments));
    assert!(good.findings.is_empty(), "{:#?}", good.findings);
    change(&mut segments, "NM1*1P*2*LAKESIDE CLINIC*****XX*1234567893", "NM1*1P*2*LAKESIDE CLINIC*****XX*1234567890");
    let (bad, _) = told(&file("HR", "276", "005010X212", &segments));
    let edits: Vec<&str> = bad.findings.iter().map(|finding| &*finding.edit).collect();
    assert_eq!(edits, ["status-npi-check-digit"]);
}
