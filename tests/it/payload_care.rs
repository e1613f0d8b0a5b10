//! Payloads in a folder: what is missing, spoilt, swapped or nobody's is found and named, and the master key can be
//! changed under a gateway that runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::batches::{Professional, clean};
use super::world::World;
use super::world::run::{program, run, said, wait_for};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    found.sort();
    found
}

/// A gateway that has checked a small file and two large ones; their submissions.
fn checked_files(world: &World, key: &str) -> [String; 3] {
    let made = [(2, 41), (2_000, 42), (2_000, 43)];
    let ids = made.map(|(claims, seed)| world.submit(key, &clean(Professional, claims, seed, "BSTAR").bytes));
    wait_for("the files to be checked", super::world::PATIENCE, || {
        ids.iter().all(|id| world.get(key, &format!("/v1/submissions/{id}"))["state"] != "received").then_some(())
    });
    ids
}

#[test]
fn the_check_names_what_is_lost_spoilt_swapped_and_nobodys() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let key = world.key("acme");
    world.start();
    let ids = checked_files(&world, &key);
    world.stop();
    let check = |expected: i32, wanted: &[&str]| {
        let output = world.claimgate(&["store", "check"]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(expected), "{said}");
        wanted.iter().for_each(|wanted| assert!(said.contains(wanted), "no {wanted:?} in {said}"));
    };
    check(0, &[" 0 faults, 0 that nothing names"]);
    let all = files(&world.path("var/payloads"));
    assert!(all.len() >= 2, "{all:?}");
    let clean: Vec<Vec<u8>> = all.iter().map(|path| fs::read(path).unwrap()).collect();

    fs::write(&all[0], &clean[0][..clean[0].len() / 2]).unwrap();
    check(1, &["is damaged at byte", " of acme"]);
    fs::write(&all[0], &clean[1]).unwrap();
    check(1, &["is damaged at byte 0"]);
    fs::remove_file(&all[0]).unwrap();
    check(1, &["is missing: restore "]);
    fs::write(&all[0], &clean[0]).unwrap();
    let whose = |said: &str| ids.iter().filter(|id| said.contains(&format!("submission {id} of acme"))).count();
    all.iter().for_each(|path| fs::remove_file(path).unwrap());
    assert_eq!(whose(&said(&world.claimgate(&["store", "check"]))), 2, "the two large ones");
    all.iter().zip(&clean).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());

    let orphan = world.path("var/payloads/AB/0123456789AB");
    fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    fs::write(&orphan, b"left by a crash").unwrap();
    check(0, &[" 0 that nothing names"]);
    let aged = run(Command::new(program("touch")).args(["-d", "2 days ago"]).arg(&orphan), b"");
    assert!(aged.status.success(), "{}", said(&aged));
    check(0, &["0123456789AB: nothing names it", " 1 that nothing names"]);
    world.done(&["store", "check", "--remove-orphans"]);
    assert!(!orphan.exists());
    // The lock stays that kept a backup away meanwhile.
    fs::remove_file(world.path("var/payloads/care.lock")).unwrap();
    assert_eq!(files(&world.path("var/payloads")), all);
}

#[test]
fn the_master_key_changes_under_a_gateway_that_runs() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let key = world.key("acme");
    world.start();
    let before = checked_files(&world, &key);
    let kept = world.path(world.done(&["certs", "rotate"]).trim());
    let after = world.submit(&key, &clean(Professional, 2, 44, "BSTAR").bytes);
    let read = |id: &str| {
        let path = format!("/v1/submissions/{id}/999");
        wait_for("a 999", super::world::PATIENCE, || {
            Some(world.call(&key, "GET", &path, None)).filter(|reply| reply.status == 200)
        })
    };
    before.iter().for_each(|id| drop(read(id)));
    read(&after);
    // As a backup does while it copies.
    let backup = File::create(world.path("var/payloads/care.lock")).unwrap();
    backup.lock_shared().unwrap();
    for args in [&["store", "rekey"][..], &["store", "check", "--remove-orphans"]] {
        let refused = world.claimgate(args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {}", said(&refused));
        assert!(said(&refused).contains("a backup of the payloads is under way"), "{}", said(&refused));
    }
    drop(backup);
    let rekeyed = world.done(&["store", "rekey"]);
    assert!(rekeyed.contains(" 0 faults") && !rekeyed.starts_with("0 "), "{rekeyed}");
    assert!(world.done(&["store", "rekey"]).starts_with("0 "), "the second finds nothing to do");
    fs::remove_file(kept).unwrap();
    before.iter().for_each(|id| drop(read(id)));
    world.stop();
    assert!(world.done(&["store", "check"]).contains(" 0 faults"));
    world.start();
    before.iter().for_each(|id| drop(read(id)));
    world.stop();
}
