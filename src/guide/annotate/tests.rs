//! What the annotations of small files say.

use super::*;
use crate::x12::{Reader, Token};

const ISA: &str =
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261101*0730*^*00501*000000001*0*T*:~";
const CLAIM: &str = "GS*HC*A*B*20261101*0730*1*X*005010X222A1~\
    ST*837*0021*005010X222A1~BHT*0019*00*1*20261101*0730*CH~\
    NM1*41*2*BILLING*****46*A1~PER*IC*HELP*TE*5550100199~NM1*40*2*GATEWAY*****46*B1~\
    HL*1**20*1~NM1*85*2*CLINIC*****XX*1999999984~N3*1 MAIN ST~N4*ALBANY*NY*122071234~REF*EI*123456789~\
    HL*2*1*22*0~SBR*P*18*******MC~NM1*IL*1*DOE*JANE****MI*M1~N3*2 ELM ST~N4*ALBANY*NY*12207~DMG*D8*19800229*F~\
    NM1*PR*2*PAYER*****PI*P1~\
    CLM*C1*1047***11:B:1*Y*A*Y*I~HI*ABK:J069*ABF:R05~LX*1~SV1*HC:99213*1047*UN*1***1~DTP*472*RD8*20261101-20261102~\
    SE*22*0021~GE*1*1~IEA*1*000000001~";

/// Of each segment of a file.
struct Line {
    text: String,
    place: String,
    elements: Vec<String>,
}

fn annotate(file: &str) -> (Vec<Line>, Open, u32) {
    let guides = Guides::load(None).unwrap();
    let labels = Labels::load(None).unwrap();
    let mut annotator = Annotator::new(&guides, &labels);
    let mut reader = Reader::new(file.as_bytes());
    let mut lines = Vec::new();
    while let Some(token) = reader.next().unwrap() {
        let annotated = match token {
            Token::Isa(isa) => annotator.isa(&isa),
            Token::Segment(segment) => annotator.segment(&segment),
            Token::Damage(_) => continue,
        };
        lines.push(line(&annotated));
    }
    (lines, annotator.open(), annotator.trailers_missing())
}

fn line(annotated: &Annotated<'_>) -> Line {
    let place = match annotated.place {
        Place::Placed(Some(stands)) => stands.id.to_string(),
        other => format!("{other:?}"),
    };
    let element = |shown: &Shown<'_>| {
        let words = shown.readable.as_deref().or(shown.meaning).unwrap_or("-");
        format!("{} {} {}", shown.reference, shown.value, words)
    };
    let text = format!("{} {} {}", annotated.position, annotated.id, annotated.name);
    Line { text, place, elements: annotated.elements.iter().map(element).collect() }
}

#[test]
fn every_segment_of_a_claim_stands_in_its_loop() {
    let (lines, open, missing) = annotate(&format!("{ISA}{CLAIM}"));
    let places: Vec<&str> = lines.iter().map(|line| line.place.as_str()).collect();
    assert_eq!(places[..3], ["Envelope", "Envelope", "Envelope"]);
    assert_eq!(places[3], "Placed(None)");
    assert_eq!(places[4..9], ["1000A", "1000A", "1000B", "2000A", "2010AA"]);
    assert_eq!(places[19..24], ["2300", "2300", "2400", "2400", "2400"]);
    assert!(lines.iter().any(|line| line.text == "18 CLM Claim Information"));
    assert_eq!((open, missing), (Open::Nothing, 0));
}

#[test]
fn codes_days_and_money_are_explained() {
    let (lines, _, _) = annotate(&format!("{ISA}{CLAIM}"));
    let all: Vec<&str> = lines.iter().flat_map(|line| line.elements.iter().map(String::as_str)).collect();
    for expected in [
        "ISA09 261101 2026-11-01",
        "GS08 005010X222A1 professional claims",
        "HL03 22 subscriber",
        "SBR09 MC Medicaid",
        "N402 NY New York",
        "DMG02 19800229 1980-02-29",
        "CLM02 1047 1,047.00",
        "CLM05-01 11 office",
        "CLM05-03 1 original",
        "DTP03 20261101-20261102 2026-11-01 to 2026-11-02",
        "HI01-01 ABK principal diagnosis, ICD-10-CM",
        "CLM01 C1 -",
    ] {
        assert!(all.contains(&expected), "{expected}: {all:#?}");
    }
}

#[test]
fn levels_name_their_parents() {
    let guides = Guides::load(None).unwrap();
    let labels = Labels::load(None).unwrap();
    let mut annotator = Annotator::new(&guides, &labels);
    let file = format!("{ISA}{CLAIM}");
    let mut reader = Reader::new(file.as_bytes());
    let mut levels = Vec::new();
    while let Some(token) = reader.next().unwrap() {
        match token {
            Token::Isa(isa) => drop(annotator.isa(&isa)),
            Token::Segment(segment) => {
                levels.extend(annotator.segment(&segment).opened.and_then(|opened| opened.level));
                if segment.id() == b"SE" {
                    assert!(annotator.transaction().is_some_and(|transaction| transaction.sound));
                }
            }
            Token::Damage(damage) => panic!("{damage:?}"),
        }
    }
    let level = |rank, number: &str, parent: Option<&str>| OpenedLevel {
        rank,
        number: number.into(),
        parent: parent.map(String::from),
    };
    assert_eq!(levels, [level(1, "1", None), level(2, "2", Some("1"))]);
}

#[test]
fn what_has_no_place_is_named_by_the_standard() {
    let file = format!("{ISA}{CLAIM}").replace("LX*1~", "LX*1~CLP*C1*1*20261101~QQQ*A~");
    let (lines, _, _) = annotate(&file);
    let unplaced: Vec<&Line> = lines.iter().filter(|line| line.place == "Unplaced").collect();
    assert_eq!(unplaced[0].text, "21 CLP Claim payment");
    assert_eq!(unplaced[0].elements[1], "CLP02 1 processed as primary");
    assert_eq!((unplaced[1].text.as_str(), unplaced[1].elements[0].as_str()), ("22 QQQ ", "QQQ01 A -"));
}

#[test]
fn a_version_without_a_guide_is_shown_by_the_standard() {
    let old = CLAIM.replace("005010X222A1", "004010X098A1").replace("*0021*004010X098A1", "*0021");
    let (lines, _, _) = annotate(&format!("{ISA}{old}"));
    assert!(lines[3..lines.len() - 3].iter().all(|line| line.place == "NoGuide"));
    let name = lines.iter().find(|line| line.text.ends_with("NM1 Name")).unwrap();
    assert_eq!(name.elements[0], "NM101 41 submitter");
    let claim = lines.iter().find(|line| line.text.ends_with("CLM Claim")).unwrap();
    assert_eq!(claim.elements[1], "CLM02 1047 1,047.00");
}

#[test]
fn missing_trailers_and_strays_are_seen() {
    let (lines, open, missing) = annotate(&format!("{ISA}NM1*41~{}", CLAIM.replace("SE*22*0021~GE*1*1~", "")));
    assert_eq!(lines[1].place, "Stray");
    assert_eq!((open, missing), (Open::Nothing, 2));
    let (_, open, missing) = annotate(&format!("{ISA}{}", &CLAIM[..CLAIM.len() - 60]));
    assert_eq!((open, missing), (Open::Transaction, 0));
}
