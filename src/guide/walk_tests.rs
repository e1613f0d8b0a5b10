//! What the walk says of whole transactions: sound ones nothing, and of one mutated segment exactly one thing.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::domain::{Finding, Scope, Severity};
use crate::guide::Guides;
use crate::x12::{Envelopes, Event, Reader};

static GUIDES: LazyLock<Guides> = LazyLock::new(|| Guides::load(None).expect("the shipped guides are sound"));

/// Two claims, one of the subscriber and one of a dependent, with another payer, a drug and line providers.
const CLAIMS: &str = "\
ST*837*0021*005010X222A1~
BHT*0019*00*244579*20260115*1023*CH~
NM1*41*2*PREMIER BILLING*****46*TGJ23~
PER*IC*JERRY*TE*3055552222~
NM1*40*2*KEY INSURANCE*****46*66783JJT~
HL*1**20*1~
PRV*BI*PXC*203BF0100Y~
NM1*85*2*BEN KILDARE SERVICE*****XX*9876543213~
N3*234 SEAWAY ST~
N4*MIAMI*FL*331110000~
REF*EI*587654321~
HL*2*1*22*1~
SBR*P**2222-SJ******CI~
NM1*IL*1*SMITH*JANE****MI*JS00111223333~
DMG*D8*19430501*F~
NM1*PR*2*KEY INSURANCE*****PI*999996666~
REF*G2*KA6663~
CLM*A1*79.04***11:B:1*Y*A*Y*I~
HI*ABK:J0300~
NM1*82*1*KILDARE*BEN****XX*9999977777~
PRV*PE*PXC*203BF0100Y~
SBR*S*18*******CI~
OI***Y***Y~
NM1*IL*1*SMITH*JOHN****MI*JS1~
NM1*PR*2*OTHER*****PI*4711~
LX*1~
SV1*HC:99213*79.04*UN*1***1~
DTP*472*D8*20260103~
REF*6R*L1~
HL*3*2*23*0~
PAT*19~
NM1*QC*1*SMITH*TED~
N3*236 N MAIN ST~
N4*MIAMI*FL*33413~
DMG*D8*19730501*M~
CLM*26463774*100***11:B:1*Y*A*Y*I~
REF*D9*17312345600006351~
HI*ABK:J0301*ABF:Z1159~
NM1*DN*1*WELBY*MARCUS****XX*9999977777~
NM1*P3*1*GARCIA*ANA****XX*9999977777~
LX*1~
SV1*HC:99213*40*UN*1***1~
DTP*472*D8*20260103~
LIN**N4*01234567891~
CTP****2*UN~
LX*2~
SV1*HC:87070*60*UN*1***1~
DTP*472*RD8*20260103-20260104~
NM1*DQ*1*OVER*SEER****XX*9999977777~
SE*50*0021~
";

fn file(transaction: &str, gs: &str, version: &str) -> String {
    let isa =
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260115*1023*^*00501*000000905*0*T*:~";
    let count = transaction.lines().count();
    let body = transaction.replace("SE*50*", &format!("SE*{count}*"));
    format!("{isa}\nGS*{gs}*S*R*20260115*1023*1*X*{version}~\n{body}GE*1*1~\nIEA*1*000000905~\n")
}

/// All findings of a file and how many transactions had a guide.
fn walk(bytes: &[u8]) -> (Vec<Finding>, usize) {
    let mut envelopes = Envelopes::new(Reader::new(bytes));
    let (mut findings, mut found) = (Vec::new(), Vec::new());
    let (mut version, mut walker, mut walked) = (String::new(), None::<Walker<'_>>, 0);
    while let Some(event) = envelopes.next(&mut findings).unwrap() {
        match event {
            Event::GroupStart(group) => version = group.version.clone(),
            Event::TransactionStart(transaction, st) => {
                let named = if transaction.version.is_empty() { &version } else { &transaction.version };
                let guide = GUIDES.find(&transaction.code, named).or_else(|| GUIDES.find(&transaction.code, &version));
                walker = guide.map(|guide| Walker::start(guide));
                walked += usize::from(walker.is_some());
                if let Some(walker) = &mut walker {
                    walker.step(&st, 1, &mut found);
                }
            }
            Event::Segment(segment, position) => {
                if let Some(walker) = &mut walker {
                    walker.step(&segment, position, &mut found);
                }
            }
            Event::TransactionEnd(end, se) => {
                if let Some(mut walker) = walker.take() {
                    if let Some(se) = se {
                        walker.step(&se, end.segments, &mut found);
                    }
                    walker.finish(end.segments + 1, &mut found);
                }
            }
            Event::InterchangeStart(_) | Event::Ta1(_) | Event::GroupEnd(_) | Event::InterchangeEnd(_) => {}
            Event::Stray(_) | Event::Damage(_) => {}
        }
    }
    findings.extend(found.into_iter().map(|found| found.finding));
    (findings, walked)
}

/// `edit segment@position loop element-component code`, as far as each applies.
fn told(finding: &Finding) -> String {
    let place = &finding.place;
    let segment = place.segment.as_ref().map_or(String::new(), |s| format!(" {}@{}", s.id, s.position));
    let element = place.element.map_or(String::new(), |e| format!(" {e:02}"));
    let component = place.component.map_or(String::new(), |c| format!("-{c:02}"));
    let code = finding.ack.ik3.as_deref().or(finding.ack.ik4.as_deref()).unwrap_or("-");
    let of = place.loop_id.as_deref().map_or(String::new(), |l| format!(" {l}"));
    format!("{}{segment}{of}{element}{component} {code}", finding.edit)
}

#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(CLAIMS.contains(from), "{from}");
    let mutated = CLAIMS.replacen(from, to, 1);
    let (findings, _) = walk(file(&mutated, "HC", "005010X222A1").as_bytes());
    let found: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(found, expected, "{from} -> {to}\n{findings:#?}");
}

#[test]
fn a_sound_transaction_has_no_findings() {
    check("ST*", "ST*", &[]);
}

#[test]
fn segments_and_loops_that_are_missing_are_told_once_where_they_should_be() {
    check("BHT*0019*00*244579*20260115*1023*CH~\n", "", &["segment-missing BHT@2 3"]);
    check("PER*IC*JERRY*TE*3055552222~\n", "", &["segment-missing PER@4 1000A 3"]);
    check("NM1*40*2*KEY INSURANCE*****46*66783JJT~\n", "", &["loop-missing NM1@5 1000B 3"]);
    check("N3*234 SEAWAY ST~\n", "", &["segment-missing N3@9 2010AA 3"]);
    check("HI*ABK:J0300~\n", "", &["segment-missing HI@19 2300 3"]);
    check("OI***Y***Y~\n", "", &["segment-missing OI@23 2320 3"]);
    check("NM1*PR*2*OTHER*****PI*4711~\n", "", &["loop-missing NM1@25 2330B 3"]);
    check("DTP*472*D8*20260103~\nREF", "REF", &["segment-missing DTP@28 2400 3"]);
    check("PAT*19~\n", "", &["segment-missing PAT@31 2000C 3"]);
    check("NM1*IL*1*SMITH*JANE****MI*JS00111223333~\nDMG*D8*19430501*F~\n", "", &["loop-missing NM1@16 2010BA 3"]);
}

#[test]
fn segments_that_do_not_belong_are_told_by_how_far_they_are_known() {
    check("REF*6R*L1~\n", "REF*6R*L1~\nZZZ*1~\n", &["segment-unknown ZZZ@30 2400 1"]);
    check("REF*6R*L1~\n", "REF*6R*L1~\nBPR*1~\n", &["segment-not-in-transaction BPR@30 2400 6"]);
    check("REF*6R*L1~\n", "REF*6R*L1~\nSV2*0300~\n", &["segment-not-used SV2@30 2400 I4"]);
    check("REF*6R*L1~\n", "REF*ZZ*L1~\n", &["segment-not-used REF@29 2400 I4"]);
    check("PRV*BI", "LX*1~\nPRV*BI", &["segment-unexpected LX@7 2000A 2"]);
    check("N4*MIAMI*FL*33413~\n", "Nd4*MIAMI*FL*33413~\n", &["segment-unknown Nd4@34 2010CA 1"]);
    check("CLM*A1", "CLN*A1", &["segment-unknown CLN@18 2010BB 1"]);
}

#[test]
fn order_and_repeats_follow_the_guide() {
    check(
        "N3*234 SEAWAY ST~\nN4*MIAMI*FL*331110000~\n",
        "N4*MIAMI*FL*331110000~\nN3*234 SEAWAY ST~\n",
        &["segment-out-of-order N3@10 2010AA 7"],
    );
    check("SBR*S*18", "HI*ABK:J0300~\nSBR*S*18", &["segment-too-many HI@22 2300 5"]);
    check("REF*D9*1", "REF*D9*2~\nREF*D9*1", &["segment-too-many REF@38 2300 5"]);
    check("NM1*82*", "NM1*82*1*TWO*TWO****XX*9999977777~\nNM1*82*", &["loop-too-many NM1@21 2310B 4"]);
    check("NM1*P3*", "NM1*P3*1*TWO*TWO****XX*9999977777~\nNM1*P3*", &["loop-too-many NM1@41 2310A 4"]);
}

#[test]
fn elements_are_judged_each_by_its_own_rule() {
    for (from, to, expected) in [
        ("CLM*A1*79.04", "CLM*A1*79.O4", "element-type CLM@18 2300 02 6"),
        ("CLM*A1*79.04", "CLM**79.04", "element-missing CLM@18 2300 01 1"),
        ("CLM*A1*79.04***", "CLM*A1*79.04*X**", "element-not-used CLM@18 2300 03 I10"),
        ("11:B:1*Y*A*Y*I~\nHI*ABK:J0300", "11::1*Y*A*Y*I~\nHI*ABK:J0300", "element-missing CLM@18 2300 05-02 1"),
        ("11:B:1*Y*A*Y*I~\nHI*ABK:J0300", "11:B:1:9*Y*A*Y*I~\nHI*ABK:J0300", "element-components CLM@18 2300 05 13"),
        ("11:B:1*Y*A*Y*I~\nHI*ABK:J0300", "11:B:1:*Y*A*Y*I~\nHI*ABK:J0300", "trailing-separators CLM@18 2300 05 -"),
        ("*Y*A*Y*I~\nHI*ABK:J0300", "*Y*Q*Y*I~\nHI*ABK:J0300", "element-code CLM@18 2300 07 7"),
        (
            "*Y*A*Y*I~\nHI*ABK:J0300",
            "*Y*A*Y*I*******************Q*1*1~\nHI*ABK:J0300",
            "element-too-many CLM@18 2300 21 3",
        ),
        ("N4*MIAMI*FL*33413", "N4*M*FL*33413", "element-too-short N4@34 2010CA 01 4"),
        ("N4*MIAMI*FL*33413", "N4*MIAMI*FL*3341355555555555", "element-too-long N4@34 2010CA 03 5"),
        ("N4*MIAMI*FL*33413", "N4*MI\u{c4}MI*FL*33413", "element-characters N4@34 2010CA 01 6"),
        ("N4*MIAMI*FL*33413", "N4*MI\tMI*FL*33413", "element-characters N4@34 2010CA 01 6"),
        ("N4*MIAMI*FL*33413", "N4*MI:MI*FL*33413", "element-components N4@34 2010CA 01 13"),
        ("N4*MIAMI*FL*33413", "N4*MI^MI*FL*33413", "element-repeats N4@34 2010CA 01 12"),
        ("N4*MIAMI*FL*33413", "N4*MIAMI*FL*33413**", "trailing-separators N4@34 2010CA -"),
        ("N4*MIAMI*FL*33413", "N4*MIAMI *FL*33413", "trailing-spaces N4@34 2010CA 01 -"),
        ("20260115*1023*CH", "20260230*1023*CH", "element-date BHT@2 04 8"),
        ("20260115*1023*CH", "20260115*2523*CH", "element-time BHT@2 05 9"),
        ("DTP*472*D8*20260103~\nREF", "DTP*472*D8*20260133~\nREF", "element-date DTP@28 2400 03 8"),
        ("20260103-20260104", "20260104-20260103", "element-date DTP@48 2400 03 8"),
        ("DMG*D8*19430501*F", "DMG*D8*1943-05-01*F", "element-date DMG@15 2010BA 02 8"),
        ("DMG*D8*19430501*F", "DMG**19430501*F", "element-missing DMG@15 2010BA 01 1"),
        ("NM1*QC*1*SMITH*TED", "NM1*QC*3*SMITH*TED", "element-code NM1@32 2010CA 02 7"),
        ("NM1*QC*1*SMITH*TED", "NM1*QC*2*SMITH*TED", "element-code NM1@32 2010CA 02 I6"),
        ("NM1*QC*1*SMITH*TED", "NM1*XX*1*SMITH*TED", "element-code NM1@32 2010CA 01 7"),
        ("DTP*472*D8*20260103~\nREF", "DTP*999*D8*20260103~\nREF", "element-code DTP@28 2400 01 7"),
        ("HI*ABK:J0300", "HI*XBK:J0300", "element-code HI@19 2300 01-01 7"),
        ("PER*IC*JERRY*TE*3055552222", "PER*IC*JERRY*TE*3055552222*EM", "syntax-note PER@4 1000A 06 2"),
        ("CLM*A1*", "CLM*A1234567890123456789012345*", "element-over-guide-length CLM@18 2300 01 5"),
        ("CTP****2*UN", "CTP****2", "element-missing CTP@45 2410 05 1"),
    ] {
        check(from, to, &[expected]);
    }
}

#[test]
fn the_hierarchy_and_the_lines_must_tell_the_truth() {
    check("HL*2*1*22*1", "HL*5*1*22*1", &["hierarchy-number HL@12 2000B 01 I12"]);
    check("HL*3*2*23*0", "HL*3*1*23*0", &["hierarchy-parent HL@30 2000C 02 I12"]);
    check("HL*1**20*1", "HL*1**20*0", &["element-code HL@6 2000A 04 I6", "hierarchy-children HL@6 2000A 04 I12"]);
    check("HL*2*1*22*1", "HL*2*1*22*0", &["hierarchy-children HL@12 2000B 04 I12"]);
    check("LX*2~", "LX*4~", &["line-number LX@46 2400 01 I12"]);
    let dependent = &CLAIMS[CLAIMS.find("HL*3").unwrap()..CLAIMS.find("SE*").unwrap()];
    check(dependent, "", &["hierarchy-children HL@12 2000B 04 I12"]);
    let childless = format!("HL*3*1*22*0~\nSBR*P*18*******CI~\n{}", "NM1*IL*1*A*B****MI*12~\nNM1*PR*2*K*****PI*97~\n");
    check(dependent, &childless, &["hierarchy-children HL@12 2000B 04 I12", "loop-missing CLM@34 2300 3"]);
}

/// The first claim of the subscriber, from CLM to the last segment of its line.
fn first_claim() -> &'static str {
    &CLAIMS[CLAIMS.find("CLM*A1").unwrap()..CLAIMS.find("HL*3").unwrap()]
}

#[test]
fn what_shares_a_position_comes_in_any_order() {
    let (rendering, referring) = ("NM1*82*1*A*B****XX*9999977777~\n", "NM1*DN*1*C*D****XX*9999977777~\n");
    check(
        "NM1*DN*1*WELBY*MARCUS****XX*9999977777~\nNM1*P3*1*GARCIA*ANA****XX*9999977777~\n",
        &format!("{rendering}{referring}"),
        &[],
    );
    check(
        "NM1*DN*1*WELBY*MARCUS****XX*9999977777~\nNM1*P3*1*GARCIA*ANA****XX*9999977777~\n",
        &format!("{referring}{rendering}"),
        &[],
    );
    check("REF*D9*17312345600006351~\n", "REF*EA*1~\nREF*D9*2~\nREF*G1*3~\n", &[]);
    let (insured, payer) = ("NM1*IL*1*SMITH*JOHN****MI*JS1~\n", "NM1*PR*2*OTHER*****PI*4711~\n");
    check(&format!("{insured}{payer}"), &format!("{payer}{insured}"), &[]);
    // What has a position of its own does not.
    check("PRV*PE*PXC*203BF0100Y~\nSBR*S", "SBR*S", &[]);
    check(
        "SBR*S*18*******CI~\nOI***Y***Y~\n",
        "OI***Y***Y~\nSBR*S*18*******CI~\n",
        &["segment-unexpected OI@22 2310B 2", "segment-missing OI@24 2320 3"],
    );
}

#[test]
fn a_loop_may_come_again_with_nothing_between() {
    for (loop_id, first) in [("2330C", "NM1*DN*1~\nREF*G2*A~\n"), ("2330D", "NM1*82*1~\nREF*G2*A~\n")] {
        let payer = "NM1*PR*2*OTHER*****PI*4711~\n";
        check(payer, &format!("{payer}{first}"), &[]);
        assert!(!loop_id.is_empty());
    }
    let payer = "NM1*PR*2*OTHER*****PI*4711~\n";
    check(payer, &format!("{payer}NM1*DN*1~\nREF*G2*A~\nNM1*P3*1~\nREF*G2*B~\n"), &[]);
    check("NM1*DQ*", "NM1*DN*1*C*D****XX*9999977777~\nNM1*P3*1*C*D****XX*9999977777~\nNM1*DQ*", &[]);
    let other = &CLAIMS[CLAIMS.find("SBR*S").unwrap()..CLAIMS.find("LX*1").unwrap()];
    check("SBR*S", &format!("{}SBR*S", other.replace("SBR*S", "SBR*T")), &[]);
}

#[test]
fn an_equipment_certificate_is_told_from_other_supplements_by_how_it_is_sent() {
    let line = "SV1*HC:99213*79.04*UN*1***1~\n";
    let with = |pwk: &str| format!("{line}{pwk}");
    check(line, &with("PWK*CT*AD~\n"), &[]);
    check(line, &with("PWK*CT*EL***AC*N1~\n"), &[]);
    check(line, &with("PWK*OZ*EL***AC*N1~\nPWK*CT*NS~\nPWK*CT*BM***AC*N2~\n"), &[]);
    check(line, &with("PWK*OZ*AD~\n"), &["element-code PWK@28 2400 02 I6"]);
    check(line, &with("PWK*CT*ZZ~\n"), &["element-code PWK@28 2400 02 7"]);
}

#[test]
fn a_subscriber_without_claims_needs_a_dependent() {
    check(first_claim(), "", &[]);
    let dependent = &CLAIMS[CLAIMS.find("HL*3").unwrap()..CLAIMS.find("SE*").unwrap()];
    let without = CLAIMS.replacen(dependent, "", 1).replacen(first_claim(), "", 1).replacen("22*1~", "22*0~", 1);
    let (findings, _) = walk(file(&without, "HC", "005010X222A1").as_bytes());
    assert_eq!(findings.iter().map(told).collect::<Vec<_>>(), ["loop-missing CLM@18 2300 3"]);
    // A dependent is there to have claims.
    let claim = &CLAIMS[CLAIMS.find("CLM*26463774").unwrap()..CLAIMS.find("SE*").unwrap()];
    check(claim, "", &["loop-missing CLM@36 2300 3"]);
}

#[test]
fn levels_follow_one_another_as_the_guide_nests_them() {
    // A dependent needs its subscriber above it.
    let subscriber = &CLAIMS[CLAIMS.find("HL*2").unwrap()..CLAIMS.find("HL*3").unwrap()];
    let (findings, _) = walk(file(&CLAIMS.replacen(subscriber, "", 1), "HC", "005010X222A1").as_bytes());
    // What stands in its place is refused with all that hangs under it.
    let level = findings.iter().find(|f| told(f) == "element-code HL@12 2000B 03 I6");
    assert_eq!(level.map(|f| (f.severity, f.scope)), Some((Severity::Error, Scope::Claim)), "{findings:?}");
    // Two providers, each with a subscriber of its own; numbers go on.
    let provider = &CLAIMS[CLAIMS.find("HL*1").unwrap()..CLAIMS.find("HL*3").unwrap()];
    let second = provider.replace("HL*1**20", "HL*4**20").replace("HL*2*1*22*1", "HL*5*4*22*0");
    check("SE*50", &format!("{second}SE*50"), &[]);
    check("SE*50", &format!("{}SE*50", second.replace("HL*5*4", "HL*5*1")), &["hierarchy-parent HL@56 2000B 02 I12"]);
}

#[test]
fn values_with_a_form_must_have_it() {
    check("DMG*D8*19430501*F~\n", "DMG*D8*19430501*F~\nREF*SY*123456789~\n", &[]);
    let short = "DMG*D8*19430501*F~\nREF*SY*12345678~\n";
    check("DMG*D8*19430501*F~\n", short, &["element-form REF@16 2010BA 02 I12"]);
}

#[test]
fn a_claim_has_no_more_lines_than_the_guide_allows() {
    let lines: String =
        (3..=52).map(|n| format!("LX*{n}~\nSV1*HC:99213*1*UN*1***1~\nDTP*472*D8*20260103~\n")).collect();
    check("SE*50", &format!("{lines}SE*50"), &["service-lines-too-many LX@194 2400 4"]);
}

#[test]
fn what_stands_in_a_claim_rejects_claims_and_what_stands_outside_the_transaction() {
    for (from, to, scope) in [
        ("CLM*A1*79.04", "CLM*A1*79.O4", Scope::Claim),
        ("N3*234 SEAWAY ST~\n", "", Scope::Claim),
        ("DMG*D8*19430501*F", "DMG*D8*19430501*Q", Scope::Claim),
        ("*CH~", "*XX~", Scope::Transaction),
        ("PER*IC*JERRY", "PER*XX*JERRY", Scope::Transaction),
        ("HL*3*2*23*0", "HL*3*1*23*0", Scope::Transaction),
        ("PRV*BI", "LX*1~\nPRV*BI", Scope::Transaction),
        ("REF*6R*L1", "SV2*0300", Scope::Claim),
    ] {
        let (findings, _) = walk(file(&CLAIMS.replacen(from, to, 1), "HC", "005010X222A1").as_bytes());
        assert_eq!(findings.iter().map(|f| f.scope).collect::<Vec<_>>(), [scope], "{from} -> {to} {findings:?}");
    }
}

#[test]
fn each_segment_says_whose_it_is() {
    let guide = GUIDES.get("837P").unwrap();
    let (mut walker, mut found, mut seen) = (Walker::start(guide), Vec::new(), Vec::new());
    let text = file(CLAIMS, "HC", "005010X222A1");
    let mut envelopes = Envelopes::new(Reader::new(text.as_bytes()));
    while let Some(event) = envelopes.next(&mut Vec::new()).unwrap() {
        if let Event::Segment(segment, position) = event {
            let step = walker.step(&segment, position, &mut found);
            if step.opens_level || step.opens_claim || step.segment == Tag::new("SV1") {
                seen.push(format!("{} {} {:?} -{}", step.segment, step.loop_id, step.standing, step.closed));
            }
        }
    }
    assert_eq!(
        seen,
        [
            "HL 2000A Level { level: 0, hl: 1 } -1",
            "HL 2000B Level { level: 1, hl: 2 } -1",
            "CLM 2300 Claim { hl: 2, claim: 1 } -1",
            "SV1 2400 Claim { hl: 2, claim: 1 } -0",
            "HL 2000C Level { level: 2, hl: 3 } -2",
            "CLM 2300 Claim { hl: 3, claim: 2 } -1",
            "SV1 2400 Claim { hl: 3, claim: 2 } -0",
            "SV1 2400 Claim { hl: 3, claim: 2 } -0",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Segments left out, doubled and swapped, bytes replaced: findings, never a panic, and few for one fault.
    #[test]
    fn no_damage_breaks_the_walk(
        moves in proptest::collection::vec((0usize..51, 0usize..51, 0u8..3), 0..6),
        bytes in proptest::collection::vec((0usize..1500, any::<u8>()), 0..6),
    ) {
        let mut lines: Vec<&str> = CLAIMS.lines().collect();
        for (from, to, what) in moves {
            let (from, to) = (from % lines.len(), to % lines.len());
            match what {
                0 => lines.swap(from, to),
                1 => lines.insert(to, lines[from]),
                _ => drop(lines.remove(from)),
            }
        }
        let mut text = file(&format!("{}\n", lines.join("\n")), "HC", "005010X222A1").into_bytes();
        for (at, byte) in bytes {
            let at = 107 + at % (text.len() - 107);
            text[at] = byte;
        }
        let (findings, _) = walk(&text);
        prop_assert!(findings.len() < 200, "{} findings", findings.len());
    }
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, into),
            path => into.push(path),
        }
    }
}

/// The corpus stands beside the project where there is one: what its manifest accepts is accepted, what it rejects
/// for the envelope is not, and nothing panics.
#[test]
fn the_files_of_the_corpus_are_judged_as_its_manifest_suggests() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let manifest = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap_or_default();
    let suggested = |path: &Path| {
        let name = path.strip_prefix(&corpus).unwrap_or(path).to_string_lossy().into_owned();
        let line = manifest.lines().find(|line| line.split('\t').next() == Some(&name));
        line.and_then(|line| line.split('\t').nth(8)).unwrap_or("").to_string()
    };
    let mut all = Vec::new();
    files(&corpus.join("files"), &mut all);
    for path in all {
        let (findings, _) = walk(&std::fs::read(&path).unwrap());
        let errors: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Error).map(told).collect();
        match suggested(&path).as_str() {
            "accept" => assert_eq!(errors, [""; 0], "{}", path.display()),
            "reject-envelope" => assert!(!errors.is_empty(), "{}", path.display()),
            _ => {}
        }
    }
}
