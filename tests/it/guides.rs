//! A guide is added by adding a file: the example of `docs/guides.md`, which the project does not ship, judges and
//! explains a file; a defective one is refused with all its faults; and a new printing is taken.

use std::path::Path;

use serde_json::Value;

use super::batches::{Professional, clean};
use super::world::World;
use super::world::run::said;

const DOCS: &str = include_str!("../../docs/guides.md");

/// An eligibility request that the example describes.
const REQUEST: &str = "\
ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260115*1023*^*00501*000000905*0*T*:~
GS*HS*SENDER*RECEIVER*20260115*1023*1*X*005010X279A1~
ST*270*0001*005010X279A1~
BHT*0022*13*REQ1*20260115*1023~
HL*1**20*1~
NM1*PR*2*KEY INSURANCE*****PI*842610001~
HL*2*1*21*1~
NM1*1P*2*LAKESIDE FAMILY MEDICINE*****XX*1234567893~
HL*3*2*22*0~
TRN*1*TRACE1*9877281234~
NM1*IL*1*SMITH*ROBERT****MI*11122333301~
EQ*30^98**FAM~
DTP*291*D8*20260115~
EQ*33~
SE*13*0001~
GE*1*1~
IEA*1*000000905~
";

fn example() -> &'static str {
    let block = DOCS.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("docs/guides.md shows a whole guide")
}

/// A world whose schemas are a folder of its own with these guides.
fn world(guides: &[(&str, &str)]) -> World {
    let world = World::without_keys();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let own = world.path("schemas");
    world.write("gateway.toml", &world.settings().replace(&format!("{shipped:?}"), &format!("{own:?}")));
    for (name, text) in guides {
        world.write(&format!("schemas/{name}"), text);
    }
    world
}

/// Edit, segment and element of each finding, and the summary.
fn judged(world: &World, file: &str) -> (Vec<String>, Value) {
    let output = world.claimgate_with(&["validate", "--format", "json", "-"], file.as_bytes());
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap_or_else(|| panic!("nothing was said: {}", said(&output)));
    let short = |line: &Value| {
        format!("{} {} {} {}", line["edit"], line["segment"]["id"], line["loop"], line["element"]).replace('"', "")
    };
    (lines.iter().map(short).collect(), summary)
}

#[test]
fn a_guide_that_the_project_does_not_ship_judges_by_its_file_alone() {
    let without = world(&[]);
    let (found, _) = judged(&without, REQUEST);
    assert_eq!(found, ["group-not-supported GS null 1"]);
    let with = world(&[("270.json", example())]);
    let (found, summary) = judged(&with, REQUEST);
    assert_eq!((found.as_slice(), &summary["guide"]), (&[][..], &Value::from("005010X279A1")));
    for (from, to, expected) in [
        ("BHT*0022*13*REQ1*20260115*1023~\n", "", "segment-missing BHT null null"),
        ("BHT*0022", "BHT*0019", "element-code BHT null 1"),
        ("HL*2*1*21", "HL*2*7*21", "hierarchy-parent HL 2000B 2"),
        ("HL*3*2*22*0", "HL*9*2*22*0", "hierarchy-number HL 2000C 1"),
        ("XX*1234567893", "XX*3234567893", "element-form NM1 2100B 9"),
        ("MI*11122333301", "MI", "syntax-note NM1 2100C 9"),
        ("EQ*33~", "EQ~", "element-missing EQ 2110 1"),
        ("**FAM", "**CHD", "element-code EQ 2110 3"),
        ("EQ*33~", "EQ*33~\nVEH*1~", "segment-not-used VEH 2110 null"),
        ("EQ*33~", "EQ*33~\nCLM*1~", "segment-not-in-transaction CLM 2110 null"),
        ("EQ*33~", "EQ*33~\nDTP*472*D8*20260115~", "segment-not-used DTP 2110 null"),
        ("DTP*291*D8*20260115~\n", "DTP*291*D8*20260115~\nDTP*291*D8*20260116~\n", "segment-too-many DTP 2110 null"),
        ("D8*20260115~\nEQ", "D8*20261315~\nEQ", "element-date DTP 2110 3"),
    ] {
        assert!(REQUEST.contains(from), "{from}");
        let changed = REQUEST.replacen(from, to, 1);
        let counted = changed.lines().count() - 4;
        let (found, _) = judged(&with, &changed.replacen("SE*13", &format!("SE*{counted}"), 1));
        assert!(found.contains(&expected.to_string()), "{from} -> {to}: {found:?}");
    }
}

#[test]
fn a_guide_that_the_project_does_not_ship_is_acknowledged_and_explained() {
    let world = world(&[("270.json", example())]);
    world.write("request.270", REQUEST);
    world.write("wrong.270", &REQUEST.replace("EQ*33~", "EQ*33~\nVEH*1~").replace("SE*13", "SE*14"));
    let shown = world.done(&["show", "request.270"]);
    for words in ["Subscriber Level", "Service Asked About", "Coverage Level", "2110", "Question"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let ack = String::from_utf8(world.claimgate(&["validate", "--format", "999", "wrong.270"]).stdout).unwrap();
    for part in ["AK1*HS*1*005010X279A1", "AK2*270*0001*005010X279A1", "IK3*VEH*13*2110*I4", "IK5*R"] {
        assert!(ack.contains(part), "{part}: {ack}");
    }
}

#[test]
fn a_defective_guide_is_refused_with_every_fault_at_its_place() {
    let defective = example()
        .replacen("\"codes\":[\"FAM\",\"IND\"]", "\"codes\":[\"FAMILY\"]", 1)
        .replacen("\"d\":\"1207\",\"u\":\"S\",\"n\"", "\"d\":\"9207\",\"u\":\"S\",\"n\"", 1)
        .replacen("\"re\":\"[12][0-9]{9}\"", "\"re\":\"[12][0-9]{9\"", 1)
        .replacen("\"ref\":\"2110\"", "\"ref\":\"2119\"", 1)
        .replacen("\"parent\":\"21\"", "\"parent\":\"99\"", 1)
        .replacen("\"ext\":\"service_type\"", "\"ext\":\"services\"", 1);
    let misspelt = example().replacen("\"title\"", "\"titel\"", 1);
    let world = world(&[("270.json", &defective), ("other.json", &misspelt)]);
    world.write("request.270", REQUEST);
    for command in [&["validate", "request.270"][..], &["show", "request.270"]] {
        let output = world.claimgate(command);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        for fault in [
            "270.json: defs 2110, EQ Service Asked About, EQ03: codes are missing, or longer or shorter than the element",
            "270.json: defs 2110, EQ Service Asked About, EQ03: 9207 is not among the data elements",
            "270.json: defs 2110, EQ Service Asked About, EQ01: there is no code list services",
            "270.json: loop 2100B, NM1 Provider Name, NM109: re must be",
            "270.json: loop 2110: ref 2119 is not among the defs",
            "270.json: levels: the parent of 22 is no level",
            "other.json: line 1: unknown field `titel`",
        ] {
            assert!(text.contains(fault), "{fault}\n{text}");
        }
    }
}

#[test]
fn a_new_printing_is_taken_when_the_guides_own_file_says_so() {
    let made = clean(Professional, 3, 961, "BSTAR");
    let text = String::from_utf8(made.bytes.clone()).unwrap().replace("005010X222A1", "005010X222A9");
    let (found, _) = judged(&world(&[]), &text);
    assert_eq!(found, ["version-not-supported GS null 8"]);
    let shipped = include_str!("../../schemas/837P.json");
    let printing = shipped.replace("\"accept\":[\"005010X222A1\",", "\"accept\":[\"005010X222A9\",\"005010X222A1\",");
    let printing = printing.replace("\"codes\":[\"005010X222A1\",", "\"codes\":[\"005010X222A9\",\"005010X222A1\",");
    let world = world(&[("837P.json", &printing)]);
    let (found, summary) = judged(&world, &text);
    assert!(!found.iter().any(|finding| finding.starts_with("version")), "{found:?}");
    assert_eq!((&summary["accepted_claims"], &summary["guide"]), (&Value::from(3), &Value::from("005010X222A9")));
    let (_, summary) = judged(&world, &String::from_utf8(made.bytes).unwrap());
    assert_eq!(summary["accepted_claims"], 3, "the printings before are taken as well");
}
