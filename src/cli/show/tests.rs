//! What a person and a program get to read, and how a command about a bad file ends.

use serde_json::Value;

use super::*;

const ISA: &str =
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261101*0730*^*00501*000000001*0*T*:~";
const STATUS: &str = "GS*FA*A*B*20261101*0730*1*X*005010X231A1~ST*999*0001*005010X231A1~AK1*HC*1*005010X222A1~\
    AK9*A*1*1*1~SE*4*0001~GE*1*1~IEA*1*000000001~";

fn text(file: &str) -> (String, End) {
    let (guides, labels) = (Guides::load(None).unwrap(), Labels::load(None).unwrap());
    let mut out = Vec::new();
    let end = show(file.as_bytes(), Annotator::new(&guides, &labels), &mut Text::new(&mut out, Paint::Plain));
    (String::from_utf8(out).unwrap(), end.unwrap_or_else(|_| panic!("memory does not fail")))
}

fn json(file: &str) -> Vec<Value> {
    let (guides, labels) = (Guides::load(None).unwrap(), Labels::load(None).unwrap());
    let mut out = Vec::new();
    let end = show(file.as_bytes(), Annotator::new(&guides, &labels), &mut JsonLines::new(&mut out));
    assert!(end.is_ok());
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn text_is_a_tree_with_aligned_elements() {
    let (shown, end) = text(&format!("{ISA}{STATUS}"));
    let expected = "     3        AK9  Functional Group Response Trailer\n";
    assert!(shown.contains(expected), "{shown}");
    let aligned = "AK901  Functional Group Acknowledge Code    A  = accepted\n";
    assert!(shown.contains(aligned), "{shown}");
    assert_eq!((end.shown, end.sentences().len()), (8, 0));
}

#[test]
fn json_has_one_segment_a_line_and_says_why_there_is_no_typed_view() {
    let lines = json(&format!("{ISA}{STATUS}"));
    assert_eq!(lines.len(), 9);
    let ak9 = lines.iter().find(|line| line["id"] == "AK9").unwrap();
    assert_eq!(ak9["kind"], "segment");
    assert_eq!((ak9["transaction"].as_str(), ak9["position"].as_u64()), (Some("0001"), Some(3)));
    assert_eq!(ak9["elements"][0]["ref"], "AK901");
    assert_eq!(ak9["elements"][0]["meaning"], "accepted");
    let typed = lines.iter().find(|line| line["kind"] == "typed").unwrap();
    assert_eq!(
        (&typed["view"], typed["note"].as_str()),
        (&Value::Null, Some("the typed view would lose something of AK1"))
    );
}

#[test]
fn a_sound_transaction_comes_with_its_typed_view() {
    let question = "GS*HR*A*B*20261101*0730*1*X*005010X212~ST*276*0001*005010X212~BHT*0010*13*1*20261101*0730~\
        HL*1**20*1~NM1*PR*2*PAYER*****PI*P1~HL*2*1*21*1~NM1*41*2*BILLING*****46*A1~\
        HL*3*2*19*1~NM1*1P*2*CLINIC*****XX*1999999984~HL*4*3*22*0~DMG*D8*19800229*F~NM1*IL*1*DOE*JANE****MI*M1~\
        TRN*1*T1~DTP*472*D8*20261101~SE*15*0001~GE*1*1~IEA*1*000000001~";
    let lines = json(&format!("{ISA}{question}"));
    let typed = lines.iter().find(|line| line["kind"] == "typed").unwrap();
    assert_eq!(typed["guide"], "005010X212");
    assert!(typed["view"]["bht"].is_object() && typed["note"].is_null(), "{typed}");
}

#[test]
fn what_is_no_x12_is_refused_with_a_reason() {
    for (file, expected) in [
        ("", "The file is empty"),
        ("hello", "holds no ISA segment"),
        ("%PDF-1.7", "The file is a PDF"),
        (&ISA[..50], "ends after 50 bytes"),
    ] {
        let (shown, end) = text(file);
        assert!(end.sentences()[0].contains(expected), "{file}: {end:?}");
        assert!(!shown.contains("ISA01"), "{shown}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_shown_as_far_as_it_goes() {
    let (shown, end) = text(&format!("{ISA}{}", &STATUS[..STATUS.len() - 38]));
    assert!(shown.contains("AK9  Functional Group Response Trailer"), "{shown}");
    assert!(shown.contains("the file ends inside the next segment"), "{shown}");
    assert!(end.open.is_some_and(|open| open.contains("transaction 0001")));
}

#[test]
fn an_unsupported_version_and_a_segment_without_place_are_said_to_be_so() {
    let (shown, end) = text(&format!("{ISA}{}", STATUS.replace("005010X231A1", "004010X999")));
    assert!(shown.contains("[999 with 004010X999 is no guide of this gateway"), "{shown}");
    assert_eq!(end.unplaced, 0);
    let (shown, end) = text(&format!("{ISA}{}", STATUS.replace("AK9*", "CLM*A*100~AK9*")));
    assert!(shown.contains("CLM  Claim  [no place in 999, 005010X231A1]"), "{shown}");
    assert!(shown.contains("CLM02  Monetary Amount"), "{shown}");
    assert_eq!(end.sentences(), ["1 segment has no place in its guide; `claimgate validate` says more"]);
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let (shown, _) = text(&format!("{ISA}{}", STATUS.replace("AK1*HC", "AK1*\u{1b}[2J")));
    assert!(!shown.contains('\u{1b}') && shown.contains("␛[2J"), "{shown}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure_of_the_file() {
    struct Closed;
    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (guides, labels) = (Guides::load(None).unwrap(), Labels::load(None).unwrap());
    let annotator = Annotator::new(&guides, &labels);
    let ended = show(format!("{ISA}{STATUS}").as_bytes(), annotator, &mut Text::new(Closed, Paint::Plain));
    assert!(matches!(ended, Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe));
}
