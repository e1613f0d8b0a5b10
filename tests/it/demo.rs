//! `claimgate demo --once`: a round trip in one command, its summary for scripts on the last line.

use std::process::Command;

use serde_json::Value;

use super::batches::{Professional, clean};
use super::world::World;
use super::world::run::{CLAIMGATE, run, said};

fn demo(args: &[&str]) -> (Value, i32, String) {
    // Started where its schemas/ are, as a newcomer does.
    let mut command = Command::new(CLAIMGATE);
    command.arg("demo").arg("--once").args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = run(&mut command, b"");
    let printed = String::from_utf8(output.stdout.clone()).unwrap();
    let last = printed.lines().last().unwrap_or_else(|| panic!("nothing was printed: {}", said(&output)));
    let summary = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    (summary, output.status.code().unwrap_or(-1), said(&output))
}

#[test]
fn the_demo_comes_out_as_expected_and_says_so_in_json() {
    let (summary, status, text) = demo(&["--claims", "400"]);
    assert_eq!(status, 0, "{text}");
    let count = |name: &str| summary[name].as_i64().unwrap_or_else(|| panic!("`{name}` is missing: {summary}"));
    assert_eq!(count("submitted"), 400);
    assert_eq!(count("sent"), 400 - count("rejected_by_gateway"));
    assert_eq!(count("rejected_by_payer") + count("paid") + count("denied"), count("sent"));
    assert_eq!((count("open"), count("unmatched")), (0, 0));
    assert!(count("rejected_by_gateway") > 0 && count("paid") > 0);
    assert!(summary["seconds"].is_f64() || summary["seconds"].is_i64(), "{summary}");
}

#[test]
fn the_demo_takes_files_of_ones_own() {
    let world = World::without_keys();
    let file = clean(Professional, 30, 981, "ANYPAYER").save(world.folder(), "own.837");
    let (summary, status, text) = demo(&[file.to_str().unwrap()]);
    assert_eq!(status, 0, "{text}");
    assert_eq!(summary["submitted"], 30);
    assert_eq!(summary["rejected_by_gateway"], 0, "{text}");
}
