//! Code lists from outside: listed, loaded, and used by the next check.

use serde_json::Value;

use super::batches::{Professional, clean};
use super::world::World;
use super::world::run::said;

/// A world whose lists are its own.
fn world() -> World {
    let world = World::without_keys();
    let lines = world.settings();
    let own = |line: &str| if line.starts_with("schemas") { "schemas = \"schemas\"" } else { line }.to_string();
    world.write("gateway.toml", &lines.lines().map(own).collect::<Vec<_>>().join("\n"));
    world
}

/// The summary and the edits of a check.
fn judged(world: &World) -> (Value, Vec<String>) {
    let output = world.claimgate(&["validate", "--format", "json", "f.837"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().expect("a summary");
    (summary, lines.iter().map(|line| line["edit"].as_str().unwrap().to_string()).collect())
}

#[test]
fn a_list_that_an_operator_loads_is_used_by_the_next_check() {
    let world = world();
    clean(Professional, 40, 971, "BSTAR").save(world.folder(), "f.837");
    let form_only = |summary: &Value| summary["form_only"].as_array().unwrap().iter().any(|name| name == "CPT");
    let (summary, edits) = judged(&world);
    assert!(form_only(&summary), "{summary}");
    assert!(!edits.iter().any(|edit| edit == "cpt-not-in-list"), "{edits:?}");
    let text = world.claimgate(&["validate", "f.837"]);
    assert!(said(&text).contains("judged by their form only, as no list is loaded: CPT"), "{}", said(&text));

    world.write("cpt.csv", "Code,Effective Date,Termination Date,Words\n00100,2020-01-01,,never billed here\n");
    let listed = world.done(&["codes", "list"]);
    assert!(listed.lines().any(|line| line.starts_with("cpt ") && line.contains("form")), "{listed}");
    world.done(&["codes", "load", "cpt", "cpt.csv", "--release", "2026"]);
    let listed = world.done(&["codes", "list", "--format", "json"]);
    let rows: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = |list: &str| rows.iter().find(|row| row["list"] == list).unwrap_or_else(|| panic!("no {list}"));
    assert_eq!(
        (&row("cpt")["judges"], &row("cpt")["codes"], &row("cpt")["release"]),
        (&"full".into(), &1.into(), &"2026".into())
    );
    assert_eq!(row("icd-10-cm")["codes"], 75_909);

    let (summary, edits) = judged(&world);
    assert!(!form_only(&summary), "{summary}");
    assert!(edits.iter().any(|edit| edit == "cpt-not-in-list"), "{edits:?}");
}

#[test]
fn a_list_that_cannot_be_taken_ends_with_1_or_2_and_changes_nothing() {
    let world = world();
    world.write("words.txt", "J1885\nnot a code\n");
    let status = |args: &[&str]| world.claimgate(args).status.code();
    assert_eq!(status(&["codes", "load", "hcpcs", "words.txt"]), Some(1));
    assert_eq!(status(&["codes", "load", "hcpcs", "missing.txt"]), Some(2));
    assert_eq!(status(&["codes", "load", "snomed", "words.txt"]), Some(2));
    let listed = world.done(&["codes", "list"]);
    assert!(listed.lines().any(|line| line.starts_with("hcpcs ") && line.contains("form")), "{listed}");
}
