//! A submitter's data leave whole and alone: its files as they came, its claims, its mailbox; nothing of another's.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::batches::{Professional, batch, clean, make, with_defects};
use super::world::run::{program, run, said, wait_for};
use super::world::{PATIENCE, World};
use claimgate::simulator::pen::Party;

fn lines(world: &World, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(world.path(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_export_holds_all_of_a_submitter_and_nothing_of_another_and_goes_on_where_it_was() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    world.submitter("betty", "BETTYBIL");
    let (acme, betty) = (world.key("acme"), world.key("betty"));
    world.start();
    let ours = [with_defects(Professional, 40, 81, "BSTAR", 300), clean(Professional, 1_500, 82, "BSTAR")];
    let ids = ours.each_ref().map(|made| world.submit(&acme, &made.bytes));
    let mut others = batch(Professional, 5, 83, &["BSTAR"]);
    others.sender = Party::new("ZZ", "BETTYBIL");
    let others = make(others);
    let other = world.submit(&betty, &others.bytes);
    wait_for("all files to be checked", PATIENCE, || {
        let checked = |key: &str, id: &String| world.get(key, &format!("/v1/submissions/{id}"))["state"] != "received";
        (ids.iter().all(|id| checked(&acme, id)) && checked(&betty, &other)).then_some(())
    });
    let export = || world.done(&["export", "--partner", "acme", "--to", "out"]);
    export();

    for (id, made) in ids.iter().zip(&ours) {
        assert!(fs::read(world.path(&format!("out/submissions/{id}.837"))).unwrap() == made.bytes, "bytes of {id}");
    }
    let claims = lines(&world, "out/claims.jsonl");
    let numbers: BTreeSet<&str> =
        claims.iter().map(|claim| claim["patient_control_number"].as_str().unwrap()).collect();
    let sent: BTreeSet<&str> = ours.iter().flat_map(|made| &made.claims).map(|claim| claim.number.as_str()).collect();
    assert_eq!((claims.len(), numbers), (world.claims(&acme).len(), sent));
    for key in ["id", "status", "payer", "charge", "paid", "trace_number", "timeline", "payments"] {
        assert!(claims.iter().all(|claim| claim.get(key).is_some()), "no {key}");
    }
    assert!(!lines(&world, "out/findings.jsonl").is_empty());
    let listed = world.all(&acme, "/v1/mailbox", "after");
    for item in &listed {
        let (id, kind) = (item["id"].as_str().unwrap(), item["kind"].as_str().unwrap());
        let folder = fs::read_dir(world.path(&format!("out/mailbox/{kind}"))).unwrap();
        let mut names = folder.map(|entry| entry.unwrap().path());
        let file = names.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(id)).expect("exported");
        let reply = world.call(&acme, "GET", &format!("/v1/mailbox/{id}"), None);
        assert!(fs::read(file).unwrap() == reply.body, "mailbox file {id}");
    }
    assert!(!listed.is_empty());

    let manifest = fs::read(world.path("out/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    for (name, facts) in manifest["files"].as_object().unwrap() {
        let bytes = fs::read(world.path(&format!("out/{name}"))).unwrap();
        assert_eq!(facts["bytes"], bytes.len(), "{name}");
        let text = String::from_utf8_lossy(&bytes);
        let strange = others.claims.iter().find(|claim| text.contains(&claim.number) || text.contains(&claim.member));
        assert!(strange.is_none() && !text.contains("BETTYBIL"), "{name} tells of another submitter");
    }

    let (whole, cut) = (
        world.path(&format!("out/submissions/{}.837", ids[0])),
        world.path(&format!("out/submissions/{}.837", ids[1])),
    );
    let aged = run(Command::new(program("touch")).args(["-d", "2 days ago"]).arg(&whole), b"");
    assert!(aged.status.success(), "{}", said(&aged));
    let before = fs::metadata(&whole).unwrap().modified().unwrap();
    fs::write(&cut, b"ISA*cut").unwrap();
    // Named by the manifest, but of nothing that is kept now.
    let purged = world.path("out/submissions/PURGED.837");
    fs::write(&purged, b"ISA*old").unwrap();
    let mut named = manifest.clone();
    named["files"]["submissions/PURGED.837"] = named["files"]["claims.jsonl"].clone();
    named["files"]["../outside"] = named["files"]["claims.jsonl"].clone();
    fs::write(world.path("outside"), b"not of the export").unwrap();
    fs::write(world.path("out/manifest.json"), named.to_string()).unwrap();
    export();
    assert!(!purged.exists(), "what was purged is still handed over");
    assert!(world.path("outside").exists());
    assert_eq!(fs::metadata(&whole).unwrap().modified().unwrap(), before, "it was there and whole");
    assert!(fs::read(&cut).unwrap() == ours[1].bytes);
    for wrong in ["nobody", "bluestar"] {
        assert_eq!(world.claimgate(&["export", "--partner", wrong, "--to", "none"]).status.code(), Some(2));
    }
    assert!(!world.path("none").exists());
    // What was cut short goes on; another's folder, and one with anything else in it, are left alone.
    fs::rename(world.path("out/manifest.json"), world.path("out/unfinished.json")).unwrap();
    export();
    assert!(!world.path("out/unfinished.json").exists());
    fs::create_dir(world.path("mixed")).unwrap();
    fs::write(world.path("mixed/notes.txt"), b"x").unwrap();
    for folder in ["out", "mixed"] {
        let before = fs::read_dir(world.path(folder)).unwrap().count();
        let refused = world.claimgate(&["export", "--partner", "betty", "--to", folder]);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("name another folder"), "{}", said(&refused));
        assert_eq!(fs::read_dir(world.path(folder)).unwrap().count(), before);
    }
    assert!(fs::read(world.path(&format!("out/submissions/{}.837", ids[0]))).unwrap() == ours[0].bytes);
    world.finish();
}
