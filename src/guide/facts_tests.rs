//! The guides against the facts they were made from, property by property, where those stand beside the project.
//! What differs on purpose stands with its reason in a table of `docs/guides.md`, which is read here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

const GUIDES: [&str; 8] = ["837P", "837I", "837D", "835", "276", "277", "277CA", "999"];

/// `None` where there is nothing to compare with.
fn facts() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = [root.join("../shared/domain/facts"), root.join("../../shared/domain/facts")]
        .into_iter()
        .find(|folder| folder.join("837P.json").is_file());
    if found.is_none() {
        println!("skipped: ../shared/domain/facts is not there");
    }
    found
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// `place property` to its value, for every property of every loop, segment, element and component.
type Properties = BTreeMap<String, String>;

fn properties(guide: &Value) -> Properties {
    let mut all = Properties::new();
    kids("-", list(guide, "kids"), &mut all);
    for def in guide["defs"].as_object().into_iter().flat_map(|defs| defs.values()) {
        note(&format!("defs {}", text(def, "loop")), def, &mut all);
        kids(text(def, "loop"), list(def, "kids"), &mut all);
    }
    all
}

fn kids(inside: &str, of: &[Value], all: &mut Properties) {
    for (n, kid) in of.iter().enumerate() {
        if let Some(id) = kid["loop"].as_str() {
            note(&format!("{inside} loop {id}"), kid, all);
            if kid["ref"].is_null() {
                kids(id, list(kid, "kids"), all);
            }
            continue;
        }
        let place = format!("{inside} {}#{n}", text(kid, "seg"));
        note(&place, kid, all);
        for element in list(kid, "els") {
            note(&format!("{place} {}", text(element, "e")), element, all);
            for component in list(element, "sub") {
                note(&format!("{place} {}", text(component, "e")), component, all);
            }
        }
    }
}

fn note(place: &str, of: &Value, all: &mut Properties) {
    for (key, value) in of.as_object().unwrap() {
        let text = match value {
            Value::Array(_) if matches!(key.as_str(), "kids" | "els" | "sub") => continue,
            Value::Array(items) => {
                let mut items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
                items.sort_unstable();
                items.join(" ")
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if key != "src" && !text.is_empty() {
            let before = all.insert(format!("{place} {key}"), text);
            assert_eq!(before, None, "{place} {key} stands twice");
        }
    }
}

/// The rows of the table of intended differences: guide, place and property, ours, the facts'.
fn intended() -> BTreeSet<[String; 4]> {
    let docs = include_str!("../../docs/guides.md");
    let table = docs.split("<!-- differences -->").nth(1).expect("docs/guides.md has the table of differences");
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = |row: &str| row.trim_matches('|').split('|').map(|c| c.trim().trim_matches('`').to_string()).collect();
    rows.map(|row| {
        let cells: Vec<String> = cells(row);
        assert!(cells.len() == 5 && cells[4].len() > 20, "a row has four cells and a reason: {row}");
        [cells[0].clone(), cells[1].clone(), cells[2].clone(), cells[3].clone()]
    })
    .collect()
}

#[test]
fn every_property_of_the_facts_is_in_the_guides_or_differs_for_a_reason() {
    let Some(facts) = facts() else { return };
    let mut differences = BTreeSet::new();
    let mut compared = 0;
    for id in GUIDES {
        let theirs = properties(&json(&facts.join(format!("{id}.json"))));
        let ours = properties(&json(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{id}.json"))));
        compared += theirs.len();
        for place in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
            let of = |side: &Properties| side.get(place).cloned().unwrap_or_default();
            if of(&ours) != of(&theirs) {
                differences.insert([id.to_string(), place.clone(), of(&ours), of(&theirs)]);
            }
        }
    }
    assert!(compared > 25_000, "only {compared} properties were compared");
    let intended = intended();
    let unexplained: Vec<_> = differences.difference(&intended).map(|row| row.join(" | ")).collect();
    let outdated: Vec<_> = intended.difference(&differences).map(|row| row.join(" | ")).collect();
    assert!(unexplained.is_empty(), "not in docs/guides.md:\n{}", unexplained.join("\n"));
    assert!(outdated.is_empty(), "in docs/guides.md, but not so:\n{}", outdated.join("\n"));
}

#[test]
fn the_head_of_each_guide_is_that_of_the_facts() {
    let Some(facts) = facts() else { return };
    let guides = Guides::load(None).unwrap();
    for id in GUIDES {
        let (theirs, ours) = (json(&facts.join(format!("{id}.json"))), guides.get(id).unwrap());
        let head = (ours.st01.as_str(), ours.gs01.as_str(), ours.version.as_str());
        assert_eq!(head, (text(&theirs, "st01"), text(&theirs, "gs01"), text(&theirs, "guide")), "{id}");
        let accept: Vec<_> = list(&theirs, "accept").iter().filter_map(Value::as_str).collect();
        assert_eq!(ours.accept, accept, "{id}");
        let code = |level: &Option<u8>| level.map(|at| ours.levels[usize::from(at)].code.clone());
        let levels =
            ours.levels.iter().map(|level| (level.code.clone(), level.loop_id.to_string(), code(&level.parent)));
        let of = |row: &Value, at: usize| row[at].as_str().map(str::to_string);
        let expected = list(&theirs, "hl").iter().map(|row| (of(row, 0).unwrap(), of(row, 1).unwrap(), of(row, 2)));
        assert_eq!(levels.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{id}");
    }
}

/// A segment as the compiled guide tells it and as a file of the facts or of `schemas/` does, in one line each.
mod line {
    use super::*;

    pub fn compiled(guide: &Guide, id: NodeId) -> String {
        let node = guide.segment(id);
        let usage = if node.required { "R" } else { "S" };
        let mut line = format!("{} {} {} {usage} {}", node.loop_id, node.segment, node.name, node.max);
        for element in guide.elements(id) {
            line += &element_line(guide, element);
            guide.components(element).iter().for_each(|component| line += &element_line(guide, component));
        }
        line
    }

    fn element_line(guide: &Guide, element: &Element) -> String {
        let text = guide.text(element);
        let usage = match element.usage {
            Usage::Required => "R",
            Usage::Situational => "S",
            Usage::NotUsed => "N",
        };
        let kind = match element.kind {
            Type::Text if element.max == 0 => String::new(),
            Type::Text => "AN".into(),
            Type::Code => "ID".into(),
            Type::Date => "DT".into(),
            Type::Time => "TM".into(),
            Type::Number(places) => format!("N{places}"),
            Type::Decimal => "R".into(),
            Type::Composite => String::new(),
        };
        let mut codes: Vec<String> = guide.codes(element).map_or(Vec::new(), |codes| codes.iter().collect());
        codes.sort();
        let lengths = (element.min, element.max, element.guide_max, element.repeat_max);
        let (external, form) = (text.external.as_deref().unwrap_or(""), guide.form(element).unwrap_or(""));
        format!("\n  {} {} {usage} {kind} {lengths:?} {codes:?} {external} {form}", text.reference, text.number)
    }

    pub fn of_file(inside: &str, segment: &Value) -> String {
        let count = |key: &str| segment[key].as_u64().unwrap_or(0);
        let (id, name, usage) = (text(segment, "seg"), text(segment, "name"), text(segment, "use"));
        let mut line = format!("{inside} {id} {name} {usage} {}", count("max"));
        for element in list(segment, "els") {
            line += &element_of_file(element);
            list(element, "sub").iter().for_each(|component| line += &element_of_file(component));
        }
        line
    }

    fn element_of_file(element: &Value) -> String {
        let number = |key: &str, otherwise: u64| element[key].as_u64().unwrap_or(otherwise);
        let mut codes: Vec<String> =
            list(element, "codes").iter().filter_map(Value::as_str).map(str::to_string).collect();
        codes.sort();
        codes.dedup();
        let lengths = (number("min", 0), number("max", 0), number("imax", 0), number("rep", 1));
        let [e, d, u, t, ext, re] = ["e", "d", "u", "t", "ext", "re"].map(|key| text(element, key));
        format!("\n  {e} {d} {u} {t} {lengths:?} {codes:?} {ext} {re}")
    }
}

fn segments(inside: &str, of: &[Value], all: &mut Vec<String>) {
    for kid in of {
        match kid["loop"].as_str() {
            Some(id) => segments(id, list(kid, "kids"), all),
            None => all.push(line::of_file(inside, kid)),
        }
    }
}

#[test]
fn nothing_of_a_file_is_lost_when_it_is_compiled() {
    let guides = Guides::load(None).unwrap();
    for id in GUIDES {
        let file = json(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{id}.json")));
        let mut expected = Vec::new();
        segments("", list(&file, "kids"), &mut expected);
        for def in file["defs"].as_object().unwrap().values() {
            segments(text(def, "loop"), list(def, "kids"), &mut expected);
        }
        let guide = guides.get(id).unwrap();
        let mut compiled: Vec<String> = guide.nodes().map(|node| line::compiled(guide, node)).collect();
        expected.sort();
        compiled.sort();
        for (ours, file) in compiled.iter().zip(&expected) {
            assert_eq!(ours, file, "{id}");
        }
        assert_eq!(compiled.len(), expected.len(), "{id}");
    }
}

#[test]
fn the_standards_tables_are_those_of_the_facts() {
    let Some(facts) = facts() else { return };
    let guides = Guides::load(None).unwrap();
    let base = guides.base();
    let elements = json(&facts.join("data_elements.json"));
    for (number, row) in elements.as_object().unwrap() {
        let ours = base.element(number).unwrap_or_else(|| panic!("{number} is missing"));
        let theirs = (row[0].as_str().unwrap(), row[1].as_u64().unwrap(), row[2].as_u64().unwrap());
        assert_eq!((ours.t.as_str(), u64::from(ours.min), u64::from(ours.max)), theirs, "{number}");
    }
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let segments = json(&facts.join("base_segments.json"));
    for (id, theirs) in segments.as_object().unwrap() {
        let ours = base.segment(id).unwrap_or_else(|| panic!("{id} is missing"));
        let notes: Vec<_> = list(theirs, "syn").iter().filter_map(Value::as_str).collect();
        assert_eq!(ours.syn, notes, "{id}");
        same_uses(id, &ours.els, list(theirs, "els"), &mut codes);
    }
    for (number, theirs) in codes {
        let ours: BTreeSet<String> = base.element(&number).unwrap().codes.iter().cloned().collect();
        assert_eq!(ours, theirs, "codes of data element {number}");
    }
}

fn same_uses(place: &str, ours: &[source::BaseUse], theirs: &[Value], codes: &mut BTreeMap<String, BTreeSet<String>>) {
    assert_eq!(ours.len(), theirs.len(), "{place}");
    for (n, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let place = format!("{place} {}", n + 1);
        let expected = (text(theirs, "d"), text(theirs, "u"), theirs["rep"].as_u64().unwrap_or(1));
        assert_eq!((ours.d.as_str(), ours.u.as_str(), u64::from(ours.rep)), expected, "{place}");
        let listed = list(theirs, "codes").iter().filter_map(Value::as_str).map(str::to_string);
        if !list(theirs, "codes").is_empty() {
            codes.entry(ours.d.clone()).or_default().extend(listed);
        }
        same_uses(&place, &ours.sub, list(theirs, "sub"), codes);
    }
}

#[test]
fn the_outside_code_lists_and_the_envelope_are_those_of_the_facts() {
    let Some(facts) = facts() else { return };
    let guides = Guides::load(None).unwrap();
    for (name, theirs) in json(&facts.join("external_codes.json")).as_object().unwrap() {
        let ours = guides.external(name).unwrap_or_else(|| panic!("{name} is missing"));
        let theirs: BTreeSet<_> = list(theirs, "codes").iter().filter_map(Value::as_str).collect();
        assert!(theirs.iter().all(|code| ours.contains(code.as_bytes())), "{name}");
        assert_eq!(ours.len(), theirs.len(), "{name}");
    }
    let control = json(&facts.join("control.json"));
    let mut found = Vec::new();
    envelope(list(&control, "kids"), &mut found);
    assert_eq!(found.iter().map(|segment| text(segment, "seg")).collect::<Vec<_>>(), ["ISA", "GS", "GE", "TA1", "IEA"]);
    for theirs in found {
        let ours = guides.base().control(text(theirs, "seg")).unwrap();
        let shown = ours.els.iter().map(|e| (e.e.as_str(), e.d.as_str(), e.n.as_str(), e.u.as_str(), e.min, e.max));
        let number = |e: &Value, key: &str| e[key].as_u64().unwrap_or(0) as u16;
        let expected = list(theirs, "els")
            .iter()
            .map(|e| (text(e, "e"), text(e, "d"), text(e, "n"), text(e, "u"), number(e, "min"), number(e, "max")));
        assert_eq!(shown.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        for (ours, theirs) in ours.els.iter().zip(list(theirs, "els")) {
            let codes: Vec<_> = list(theirs, "codes").iter().filter_map(Value::as_str).collect();
            assert_eq!(ours.codes.clone().unwrap_or_default(), codes, "{}", ours.e);
        }
    }
}

fn envelope<'v>(of: &'v [Value], found: &mut Vec<&'v Value>) {
    for kid in of {
        match kid["seg"].as_str() {
            Some(_) => found.push(kid),
            None => envelope(list(kid, "kids"), found),
        }
    }
}
