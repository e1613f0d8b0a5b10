//! `claimgate validate --config` beside a running gateway: what was sent before is found, and the file that was sent
//! itself is told from its copies.

use serde_json::Value;

use super::batches::{Made, Professional, clean};
use super::world::World;
use super::world::payers::hosted_payer_file;
use super::world::run::{said, ssh_key};

const ARGS: [&str; 5] = ["validate", "--config", "gateway.toml", "--format", "json"];

/// A gateway that has taken `sent`, and the submission's id.
fn gateway_with(sent: &Made) -> (World, String) {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let public = ssh_key(&world.path("bluestar_ed25519"));
    world.write("partners/bluestar.toml", &hosted_payer_file("BLUESTAR", "BSTAR", &public));
    world.watch_for(&sent.claims);
    let key = world.key("acme");
    world.start();
    let reply = world.call(&key, "POST", "/v1/submissions?wait=60", Some(&sent.bytes));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let id = reply.json()["id"].as_str().unwrap().to_string();
    (world, id)
}

/// Each error's edit with how often it was found, and the exit status.
fn errors(world: &World, name: &str, bytes: &[u8]) -> (Vec<(String, usize)>, Vec<Value>, i32) {
    std::fs::write(world.path(name), bytes).unwrap();
    judged(&world.claimgate(&[&ARGS[..], &[name]].concat()))
}

fn judged(output: &std::process::Output) -> (Vec<(String, usize)>, Vec<Value>, i32) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().map(|line| line["kind"].clone()), Some("summary".into()), "{}", said(output));
    let mut counts = std::collections::BTreeMap::new();
    for line in lines.iter().filter(|line| line["severity"] == "error") {
        *counts.entry(line["edit"].as_str().unwrap().to_string()).or_insert(0) += 1;
    }
    (counts.into_iter().collect(), lines, output.status.code().unwrap())
}

fn found(edits: &[(&str, usize)]) -> Vec<(String, usize)> {
    edits.iter().map(|(edit, count)| (edit.to_string(), *count)).collect()
}

/// The same interchange under another control number.
fn renumbered(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let control = text[90..99].to_string();
    text.replace(&control, "987654321").into_bytes()
}

#[test]
fn earlier_claims_and_control_numbers_are_found_while_the_gateway_runs() {
    let sent = clean(Professional, 6, 961, "BSTAR");
    let (world, id) = gateway_with(&sent);

    let (edits, lines, status) = errors(&world, "same.837", &sent.bytes);
    assert_eq!((edits, status), (found(&[("duplicate-file", 1)]), 1), "{lines:?}");
    let told = lines.iter().find(|line| line["edit"] == "duplicate-file").unwrap();
    assert!(told["message"].as_str().unwrap().contains(&id), "{told}");
    assert_eq!(told["status"][0]["code"], "746");
    assert_eq!(lines.last().unwrap()["accepted_claims"], 6);

    // From a pipe the digest comes last, when its claims and number were already found.
    let output = world.claimgate_with(&[&ARGS[..], &["-"]].concat(), &sent.bytes);
    let (edits, _, status) = judged(&output);
    assert_eq!(status, 1);
    assert!(edits.contains(&("duplicate-file".into(), 1)), "{edits:?}");

    let (edits, lines, status) = errors(&world, "again.837", &renumbered(&sent.bytes));
    assert_eq!((edits, status), (found(&[("duplicate-claim-earlier", 6)]), 1), "{lines:?}");
    assert_eq!(lines.last().unwrap()["rejected_claims"], 6);

    // Other claims under a number that was used: the interchange is refused.
    let others = clean(Professional, 3, 962, "BSTAR");
    let control = String::from_utf8(sent.bytes[90..99].to_vec()).unwrap();
    let own = String::from_utf8(others.bytes[90..99].to_vec()).unwrap();
    let reused = String::from_utf8(others.bytes.clone()).unwrap().replace(&own, &control);
    let (edits, lines, status) = errors(&world, "reused.837", reused.as_bytes());
    assert_eq!((edits, status), (found(&[("isa-control-number-repeated", 1)]), 1), "{lines:?}");
    let told = lines.iter().find(|line| line["edit"] == "isa-control-number-repeated").unwrap();
    assert_eq!((told["ack"]["ta1"].as_str(), told["scope"].as_str()), (Some("025"), Some("interchange")));

    // By itself a file knows nothing of earlier ones.
    assert_eq!(world.claimgate(&["validate", "same.837"]).status.code(), Some(0));
    // Nothing of this has left a trace, and the store can be read when the gateway is down.
    world.stop();
    let (edits, _, status) = errors(&world, "same.837", &sent.bytes);
    assert_eq!((edits, status), (found(&[("duplicate-file", 1)]), 1));
    world.check_log();
}

#[test]
fn a_window_that_has_passed_forgets() {
    let sent = clean(Professional, 2, 963, "BSTAR");
    let (world, _) = gateway_with(&sent);
    world.stop();
    let settings = world.settings() + "[duplicates]\nwindow = \"1s\"\ncontrol_numbers = \"1s\"\n";
    world.write("gateway.toml", &settings);
    super::world::run::wait_for("a second to pass", super::world::PATIENCE, || {
        errors(&world, "again.837", &renumbered(&sent.bytes)).0.is_empty().then_some(())
    });
}

#[test]
fn a_gateway_without_a_store_has_seen_nothing() {
    let world = World::without_keys();
    world.submitter("acme", "ACMEBILL");
    let public = ssh_key(&world.path("bluestar_ed25519"));
    world.write("partners/bluestar.toml", &hosted_payer_file("BLUESTAR", "BSTAR", &public));
    let made = clean(Professional, 2, 964, "BSTAR");
    made.save(world.folder(), "f.837");
    let output = world.claimgate(&["validate", "--config", "gateway.toml", "f.837"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("stored nothing yet"), "{}", said(&output));
    assert!(!world.path("var").exists(), "it made a store");
}
