//! What the answers say, and that our own guides find nothing wrong with them.

use jiff::civil::date;

use super::{AckBuilder, AckFile, AckKind, Counter, Envelope, Ta1Policy};
use crate::domain::{ClaimKind, Finding, Severity};
use crate::edits::samples::{Told, as_of, change, file, good, guides, sentence};
use crate::edits::{CodeSets, Settings, Syntax, check};

fn envelope() -> Envelope {
    Envelope {
        id: "CLAIMGATE".into(),
        qualifier: "ZZ".into(),
        name: "CLAIMGATE".into(),
        usage: "T".into(),
        now: date(2026, 11, 1).at(12, 30, 0, 0),
        received: as_of(),
        ta1: Ta1Policy::OnError,
    }
}

fn answers_with(text: &[u8], syntax: Syntax) -> Vec<AckFile> {
    let codes = CodeSets::shipped();
    answers_as(text, &Settings { syntax, ..Settings::alone(as_of(), &codes) })
}

fn answers_as(text: &[u8], settings: &Settings<'_>) -> Vec<AckFile> {
    let (mut number, mut claim) = (0, 0);
    let numbers = move |_: Counter| {
        number += 1;
        number
    };
    let traces = move |_: &crate::edits::CheckedClaim<'_>| {
        claim += 1;
        format!("TRACE{claim}")
    };
    let mut builder = AckBuilder::new(envelope(), numbers, traces);
    check(text, guides(), settings, &mut builder).expect("memory does not fail");
    let files = builder.take();
    files.iter().for_each(|file| is_clean(&bytes(file)));
    files
}

fn bytes(file: &AckFile) -> Vec<u8> {
    file.to_bytes().expect("a small answer is in memory")
}

/// Our own guides find nothing in what we write.
#[track_caller]
fn is_clean(bytes: &[u8]) {
    let codes = CodeSets::shipped();
    let mut told = Told::default();
    let summary = check(bytes, guides(), &Settings::alone(as_of(), &codes), &mut told).expect("memory does not fail");
    let text = String::from_utf8_lossy(bytes);
    // AK1, AK2, TA1 and the receiver in ISA repeat what was received, also where that is no number, date or code.
    let repeats = |finding: &&Finding| {
        let element = finding.place.element;
        finding.place.segment.as_ref().is_some_and(|segment| match &*segment.id {
            "AK1" | "AK2" | "TA1" => true,
            "ISA" => matches!(element, Some(7 | 8)),
            _ => false,
        })
    };
    let said: Vec<String> = told.findings.iter().filter(|finding| !repeats(finding)).map(sentence).collect();
    assert_eq!((said, summary.refused), (vec![], None), "{text}");
}

fn answers(text: &[u8]) -> Vec<AckFile> {
    answers_with(text, Syntax::Claim)
}

fn segments(files: &[AckFile], kind: AckKind) -> Vec<String> {
    let Some(file) = files.iter().find(|file| file.kind == kind) else { return Vec::new() };
    String::from_utf8_lossy(&bytes(file)).split("~\n").map(str::to_string).collect()
}

#[track_caller]
fn has(segments: &[String], wanted: &[&str]) {
    for wanted in wanted {
        assert!(segments.iter().any(|segment| segment == wanted), "no {wanted} in {segments:#?}");
    }
}

fn spoiled(kind: ClaimKind, changes: &[(&str, &str)]) -> String {
    let mut segments = good(kind);
    changes.iter().for_each(|(from, to)| change(&mut segments, from, to));
    file(kind, &segments)
}

#[test]
fn a_good_file_gets_a_999_and_a_277ca_that_accept() {
    for kind in ClaimKind::ALL {
        let files = answers(file(kind, &good(kind)).as_bytes());
        assert_eq!(files.iter().map(|file| file.kind).collect::<Vec<_>>(), [AckKind::N999, AckKind::N277ca]);
        assert_eq!(files[0].interchange, "000000905");
        has(&segments(&files, AckKind::N999), &["IK5*A", "AK9*A*1*1*1"]);
        has(
            &segments(&files, AckKind::N277ca),
            &[
                "TRN*2*BATCH1",
                "STC*A1:19:AY*20261101*WQ*300",
                "QTY*90*1",
                "AMT*YU*300",
                "TRN*2*PCN1",
                "STC*A1:19:40*20261101*WQ*300",
                "REF*D9*TRACE1",
            ],
        );
    }
}

#[test]
fn a_claim_with_an_edit_is_rejected_with_its_status() {
    let files = answers(spoiled(ClaimKind::Professional, &[("CLM*PCN1*300", "CLM*PCN1*301")]).as_bytes());
    has(&segments(&files, AckKind::N999), &["IK5*A", "AK9*A*1*1*1"]);
    let n277ca = segments(&files, AckKind::N277ca);
    has(&n277ca, &["QTY*AA*1", "AMT*YY*301", "DTP*472*D8*20261001"]);
    assert!(
        n277ca.iter().any(|segment| segment.starts_with("STC*A7:400*20261101*U*301******A7:178**The claim's total")),
        "{n277ca:#?}"
    );
}

#[test]
fn a_line_that_made_the_claim_be_rejected_is_named() {
    let changes = [("SV1*HC:J1885:GP", "SV1*HC:J1885:gp")];
    let files = answers(spoiled(ClaimKind::Professional, &changes).as_bytes());
    let n277ca = segments(&files, AckKind::N277ca);
    has(&n277ca, &["SVC*HC:J1885:gp*200*****2", "REF*FJ*L2"]);
    assert!(n277ca.iter().any(|segment| segment.starts_with("STC*A7:453**U")), "{n277ca:#?}");
}

#[test]
fn an_institutional_claim_is_named_by_its_bill_type_and_revenue_code() {
    let files = answers(spoiled(ClaimKind::Institutional, &[("SV2*0120**200", "SV2*120**200")]).as_bytes());
    has(&segments(&files, AckKind::N277ca), &["REF*BLT*111", "SVC*NU:120*200*****2", "DTP*472*RD8*20261001-20261003"]);
}

#[test]
fn an_error_of_syntax_in_a_claim_is_noted_in_the_999_and_rejects_the_claim() {
    let text = spoiled(ClaimKind::Professional, &[("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*1O0*UN*1***1")]);
    let files = answers(text.as_bytes());
    let n999 = segments(&files, AckKind::N999);
    has(&n999, &["IK3*SV1*25*2400*8", "CTX*CLM01:PCN1", "IK4*2*782*6*1O0", "IK5*E*5", "AK9*E*1*1*1"]);
    let n277ca = segments(&files, AckKind::N277ca);
    assert!(n277ca.iter().any(|segment| segment.starts_with("STC*A3:684*20261101*U*300")), "{n277ca:#?}");
}

#[test]
fn the_strict_reading_rejects_the_transaction_and_sends_no_277ca() {
    let text = spoiled(ClaimKind::Professional, &[("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*1O0*UN*1***1")]);
    let files = answers_with(text.as_bytes(), Syntax::Transaction);
    has(&segments(&files, AckKind::N999), &["IK5*R*5", "AK9*R*1*1*0"]);
    assert!(segments(&files, AckKind::N277ca).is_empty());
}

#[test]
fn a_wrong_segment_count_rejects_the_transaction() {
    let good = file(ClaimKind::Professional, &good(ClaimKind::Professional));
    let at = good.find("SE*").unwrap();
    let text = format!("{}{}", &good[..at], good[at..].replacen("SE*34", "SE*35", 1));
    assert_ne!(text, good);
    let files = answers(text.as_bytes());
    has(&segments(&files, AckKind::N999), &["IK5*R*4", "AK9*R*1*1*0"]);
    assert!(segments(&files, AckKind::N277ca).is_empty());
}

#[test]
fn an_unsupported_version_rejects_the_group_without_naming_its_transactions() {
    let text = file(ClaimKind::Professional, &good(ClaimKind::Professional)).replace("005010X222A1", "005010X999");
    let files = answers(text.as_bytes());
    assert_eq!(files.len(), 1);
    let n999 = String::from_utf8_lossy(&bytes(&files[0])).into_owned();
    assert!(n999.contains("AK9*R*1*1*0*2~") && !n999.contains("AK2*"), "{n999}");
}

#[test]
fn a_wrong_interchange_gets_only_a_ta1() {
    let text =
        file(ClaimKind::Professional, &good(ClaimKind::Professional)).replace("IEA*1*000000905", "IEA*1*000000906");
    let files = answers(text.as_bytes());
    assert_eq!(files.len(), 1);
    has(&segments(&files, AckKind::Ta1), &["TA1*000000905*261101*1200*R*001", "IEA*0*000000002"]);
}

#[test]
fn a_ta1_is_sent_when_it_is_asked_for() {
    let text = file(ClaimKind::Professional, &good(ClaimKind::Professional)).replace("*0*T*:", "*1*T*:");
    has(&segments(&answers(text.as_bytes()), AckKind::Ta1), &["TA1*000000905*261101*1200*A*000"]);
}

#[test]
fn answers_are_written_with_the_delimiters_that_came() {
    let text = file(ClaimKind::Professional, &good(ClaimKind::Professional))
        .replace(':', ">")
        .replace('*', "|")
        .replace("PCN1", "P:C*N1");
    let files = answers(text.as_bytes());
    let n277ca = String::from_utf8_lossy(&bytes(&files[1])).into_owned();
    assert!(n277ca.contains("TRN|2|P:C*N1~") && n277ca.contains("STC|A1>19>40|"), "{n277ca}");
}

/// The number in the second element of the first segment that starts so.
fn amount(segments: &[String], start: &str) -> crate::domain::Cents {
    let found = segments.iter().find_map(|segment| segment.strip_prefix(start)).unwrap_or("0");
    crate::domain::Cents::from_x12(found.as_bytes()).expect("an amount")
}

#[test]
fn every_claim_of_a_generated_batch_is_answered_once_and_the_totals_add_up() {
    for kind in ['P', 'I', 'D'] {
        let Some((bytes, defects)) = crate::edits::generated_tests::batch(kind) else { return };
        let files = answers(&bytes);
        let sent = String::from_utf8_lossy(&bytes).into_owned();
        let charges: crate::domain::Cents = sent
            .lines()
            .filter(|line| line.starts_with("CLM*"))
            .map(|line| crate::domain::Cents::from_x12(line.split('*').nth(2).unwrap().as_bytes()).unwrap())
            .sum();
        let n277ca = segments(&files, AckKind::N277ca);
        let patients = n277ca.iter().filter(|segment| segment.starts_with("HL*") && segment.ends_with("*PT")).count();
        assert_eq!(patients, 500, "{kind}");
        assert_eq!(amount(&n277ca, "QTY*AA*").0 / 100, defects.len() as i64, "{kind}");
        assert_eq!(amount(&n277ca, "QTY*90*").0 / 100, 500 - defects.len() as i64, "{kind}");
        assert_eq!(amount(&n277ca, "AMT*YU*") + amount(&n277ca, "AMT*YY*"), charges, "{kind}");
        let missing = defects.values().filter(|defect| *defect == "missing_subscriber_id").count();
        let noted = segments(&files, AckKind::N999).iter().filter(|segment| segment.starts_with("IK3*")).count();
        assert_eq!(noted, missing, "{kind}");
    }
}

#[test]
fn a_billing_provider_at_fault_stands_for_all_its_claims() {
    let files = answers(spoiled(ClaimKind::Professional, &[("N3*100 MAIN ST", "N3*PO BOX 12")]).as_bytes());
    let n277ca = segments(&files, AckKind::N277ca);
    let at = n277ca.iter().position(|segment| segment == "HL*3*2*19*0").expect("the provider has no level below it");
    let level: Vec<&str> = n277ca[at + 1..].iter().map(String::as_str).take(6).collect();
    let wanted = [
        "NM1*85*2*LAKESIDE FAMILY MEDICINE*****XX*1234567893",
        "TRN*1*0",
        "STC*A7:503:85**U*300",
        "QTY*QC*1",
        "AMT*YY*300",
        "SE*20*0001",
    ];
    assert_eq!(level, wanted);
    has(&n277ca, &["HL*2*1*21*1", "STC*A1:19:AY*20261101*WQ*300", "QTY*AA*1", "AMT*YY*300"]);
}

#[test]
fn another_billing_provider_of_the_same_batch_is_not_touched() {
    let mut segments_in = good(ClaimKind::Professional);
    let provider = segments_in.iter().position(|segment| segment.starts_with("HL*1*")).unwrap();
    let mut second: Vec<String> = segments_in[provider..].to_vec();
    change(&mut segments_in, "N3*100 MAIN ST", "N3*PO BOX 12");
    change(&mut second, "HL*1**", "HL*3**");
    change(&mut second, "HL*2*1*", "HL*4*3*");
    change(&mut second, "CLM*PCN1", "CLM*PCN2");
    segments_in.extend(second);
    let files = answers(file(ClaimKind::Professional, &segments_in).as_bytes());
    let n277ca = segments(&files, AckKind::N277ca);
    has(
        &n277ca,
        &[
            "HL*3*2*19*0",
            "QTY*QC*1",
            "HL*4*2*19*1",
            "STC*A1:19:AY**WQ*300",
            "QTY*QA*1",
            "HL*5*4*PT",
            "TRN*2*PCN2",
            "QTY*90*1",
            "QTY*AA*1",
        ],
    );
    assert!(!n277ca.iter().any(|segment| segment.contains("PCN1")), "{n277ca:#?}");
}

#[test]
fn an_error_without_a_status_of_its_own_is_told_in_words_and_not_as_syntax() {
    let codes = CodeSets::shipped();
    let raised = [("line-rendering-repeats-claim".to_string(), Some(Severity::Error))];
    let settings = Settings { severities: raised.into_iter().collect(), ..Settings::alone(as_of(), &codes) };
    let changes = [("REF*6R*L1", "REF*6R*L1~\nNM1*82*1*WELBY*MARCUS****XX*1245319599")];
    let text = spoiled(ClaimKind::Professional, &changes).replace("SE*34", "SE*35");
    let files = answers_as(text.as_bytes(), &settings);
    has(&segments(&files, AckKind::N999), &["IK5*A"]);
    let n277ca = segments(&files, AckKind::N277ca);
    assert!(
        n277ca.iter().any(|segment| segment.starts_with("STC*A3:0*20261101*U*300********A service line")),
        "{n277ca:#?}"
    );
}

/// A remittance without its payer's name and with an impossible date, both after its TRN.
const REMITTANCE: &str =
    "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *261101*1200*^*00501*000000007*0*T*:~
GS*HP*BLUESTAR*CLAIMGATE*20261101*1200*7*X*005010X221A1~
ST*835*0001~
BPR*I*100*C*ACH*CCP*01*021000021*DA*1*1512345678**01*021000021*DA*2*20261101~
TRN*1*TRACE9*1512345678~
DTM*405*20261399~
SE*5*0001~
GE*1*7~
IEA*1*000000007~
";

#[test]
fn an_error_in_a_remittance_is_named_by_its_trace_number() {
    let files = answers(REMITTANCE.as_bytes());
    let n999 = segments(&files, AckKind::N999);
    let at = n999.iter().position(|segment| segment.starts_with("IK3*DTM*4*")).expect("the date is told");
    assert_eq!(n999[at + 1..at + 3], ["CTX*TRN02:TRACE9", "IK4*2*373*8*20261399"]);
    assert!(!n999.iter().any(|segment| segment.contains("CLM01")), "{n999:#?}");
}

#[test]
fn acknowledgements_are_not_acknowledged_but_their_envelope_is_when_it_asks() {
    let good = file(ClaimKind::Professional, &good(ClaimKind::Professional));
    let n999 = answers(good.as_bytes()).swap_remove(0);
    assert_eq!(n999.kind, AckKind::N999);
    let n999 = String::from_utf8(bytes(&n999)).unwrap();
    assert!(answers(n999.as_bytes()).is_empty());
    let asking = n999.replacen("*0*T*:", "*1*T*:", 1);
    assert_eq!(answers(asking.as_bytes()).iter().map(|file| file.kind).collect::<Vec<_>>(), [AckKind::Ta1]);
}

/// Changes, removes or adds a byte here and there, the same each time.
fn damage(text: &[u8], from: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    let mut bytes = text.to_vec();
    const ODD: &[u8] = b"*:~^ \n0A9z-.|\xC3\xA9";
    for _ in 0..=draw(4) {
        let at = from + draw(bytes.len() - from);
        match draw(3) {
            0 => bytes[at] = ODD[draw(ODD.len())],
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, ODD[draw(ODD.len())]),
        }
    }
    bytes
}

#[test]
fn whatever_is_wrong_with_a_file_its_answers_are_sound() {
    for kind in ClaimKind::ALL {
        let text = file(kind, &good(kind));
        for seed in 0..400 {
            answers(&damage(text.as_bytes(), 106, seed));
        }
        // The header only: most of these get a TA1, or nothing.
        for seed in 0..200 {
            let header = damage(&text.as_bytes()[..106], 3, seed);
            answers(&[&header, &text.as_bytes()[106..]].concat());
        }
    }
}
