//! A backup taken while submissions come in, put back in another place: all that was acknowledged before is there and
//! can be read. A backup that is not whole, and a place that is not empty, are refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::batches::{Professional, clean};
use super::world::payers::hosted_payer_file;
use super::world::run::{program, run, said, ssh_key, wait_for};
use super::world::{PATIENCE, World};

/// A gateway with a submitter and a payer that fetches from it; the submitter's key.
fn place() -> (World, String) {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let login = ssh_key(&world.path("bluestar_ed25519"));
    world.write("partners/bluestar.toml", &hosted_payer_file("BLUESTAR", "BSTAR", &login));
    let key = world.key("acme");
    (world, key)
}

/// Another place with the same settings and partners, where nothing has run yet.
fn another_place(world: &World) -> World {
    let other = World::without_keys();
    for name in ["partners/acme.toml", "partners/bluestar.toml"] {
        other.write(name, &fs::read_to_string(world.path(name)).unwrap());
    }
    other
}

/// A gateway that takes small and large files until it is told to stop; what was acknowledged, by submission.
struct Busy<'a> {
    world: &'a World,
    key: &'a str,
    acknowledged: Mutex<BTreeMap<String, Vec<u8>>>,
    enough: AtomicBool,
}

/// Lets the submitter end, also when what is tested failed: else the test would wait for it for ever.
struct Enough<'a>(&'a AtomicBool);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Busy<'_> {
    fn submit_until_enough(&self) {
        for seed in 0.. {
            let claims = if seed % 8 == 3 { 600 } else { 2 };
            let made = clean(Professional, claims, 7_000 + seed, "BSTAR");
            let id = self.world.submit(self.key, &made.bytes);
            self.acknowledged.lock().unwrap().insert(id, made.bytes);
            if self.enough.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    fn wait_for(&self, count: usize) -> BTreeMap<String, Vec<u8>> {
        wait_for("submissions to come in", PATIENCE, || {
            let acknowledged = self.acknowledged.lock().unwrap().clone();
            (acknowledged.len() >= count).then_some(acknowledged)
        })
    }
}

/// Backs up as an operator does, with PostgreSQL's own tools where that is the database.
fn back_up(world: &World, more: &[&str]) {
    back_up_told(world, more);
}

/// The same, for what it says.
fn back_up_told(world: &World, more: &[&str]) -> String {
    let told = try_to_back_up(world, more);
    assert!(told.status.success(), "{}", said(&told));
    said(&told)
}

fn try_to_back_up(world: &World, more: &[&str]) -> Output {
    let mut args = vec!["store", "backup", "backup"];
    args.extend(more);
    if !world.stores_in_a_file() {
        let refused = world.claimgate(&args);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("pg_dump"), "{}", said(&refused));
        let mut dump = Command::new(program("pg_dump"));
        let dump = run(dump.args(["--no-owner", world.database_url()]), b"");
        assert!(dump.status.success(), "{}", said(&dump));
        fs::write(world.path("dump.sql"), dump.stdout).unwrap();
        args.push("--payloads-only");
    }
    world.claimgate(&args)
}

/// The same the other way; `from` is where the backup was taken.
fn put_back(world: &World, from: &World, backup: &Path) {
    let mut args = vec!["store", "restore", backup.to_str().unwrap()];
    if !world.stores_in_a_file() {
        let mut load = Command::new(program("psql"));
        load.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-f"]).arg(from.path("dump.sql")).arg(world.database_url());
        let loaded = run(&mut load, b"");
        assert!(loaded.status.success(), "{}", said(&loaded));
        args.push("--payloads-only");
    }
    world.done(&args);
}

fn manifest(world: &World) -> Value {
    serde_json::from_slice(&fs::read(world.path("backup/manifest.json")).unwrap()).unwrap()
}

#[test]
fn what_was_acknowledged_before_a_backup_is_there_after_a_restore() {
    let (world, key) = place();
    world.start();
    let busy = Busy { world: &world, key: &key, acknowledged: Mutex::default(), enough: AtomicBool::new(false) };
    let before = std::thread::scope(|scope| {
        scope.spawn(|| busy.submit_until_enough());
        let _however_it_ends = Enough(&busy.enough);
        busy.wait_for(6);
        back_up(&world, &["--with-keys"]);
        let first = manifest(&world);
        let before = busy.wait_for(20);
        back_up(&world, &["--with-keys"]);
        let second = manifest(&world);
        assert!(first["files"].as_object().unwrap().len() <= second["files"].as_object().unwrap().len());
        assert_eq!(second["missing"], serde_json::json!([]));
        before
    });
    let other = another_place(&world);
    put_back(&other, &world, &world.path("backup"));
    for check in [["store", "check"], ["audit", "verify"]] {
        other.done(&check);
    }
    other.done(&["reconcile"]);
    other.done(&["certs", "init"]);
    other.start();
    for (id, bytes) in &before {
        let read = |path: &str| {
            wait_for("an acknowledgement", PATIENCE, || {
                Some(other.call(&key, "GET", path, None)).filter(|reply| reply.status == 200)
            })
        };
        read(&format!("/v1/submissions/{id}/999"));
        let again = other.call(&key, "POST", "/v1/submissions", Some(bytes));
        assert_eq!(again.status, 409, "the same bytes are known: {}", again.text());
    }
    assert!(other.mail(&key, "999").len() >= before.len());
    let new = other.submit(&key, &clean(Professional, 3, 9_999, "BSTAR").bytes);
    assert!(!before.contains_key(&new));
    other.finish();
    world.finish();
}

#[test]
fn a_backup_without_keys_says_so_and_copies_only_what_is_new() {
    let (world, key) = place();
    world.start();
    let id = world.submit(&key, &clean(Professional, 2_000, 51, "BSTAR").bytes);
    wait_for("the file to be checked", PATIENCE, || {
        (world.get(&key, &format!("/v1/submissions/{id}"))["state"] != "received").then_some(())
    });
    // What it does next would change what there is to copy.
    world.stop();
    let key_ids = |told: &Value| -> Vec<String> {
        told["master_keys"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_string()).collect()
    };
    let told = back_up_told(&world, &[]);
    let first_key = key_ids(&manifest(&world)).remove(0);
    assert!(told.contains(&format!("The master keys {first_key} are NOT in the backup")), "{told}");
    assert!(!world.path("backup/keys").exists());
    let payload = payloads(&world.path("backup/payloads")).remove(0);
    let written = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let first = written(&payload);
    back_up(&world, &[]);
    assert_eq!(written(&payload), first, "it was copied although it was there");
    // A key that is wrapped anew changes the file, and so its copy, which takes the place of the earlier one.
    world.done(&["certs", "rotate"]);
    world.done(&["store", "rekey"]);
    let (before, copies) = (fs::read(&payload).unwrap(), payloads(&world.path("backup/payloads")).len());
    let told = back_up_told(&world, &[]);
    let keys = key_ids(&manifest(&world));
    assert_eq!((keys.len(), &keys[1]), (2, &first_key));
    assert!(told.contains(&keys.join(", ")), "{told}");
    let after = payloads(&world.path("backup/payloads"));
    assert_eq!(after.len(), copies);
    assert!(after.iter().all(|path| fs::read(path).unwrap() != before), "the earlier wrapping is still there");
    // A copy that is all there is of a payload may need a key that is not here any more.
    let certs = payloads(&world.path("certs")).into_iter();
    let mut away: Vec<PathBuf> = certs.filter(|path| path.to_string_lossy().contains("master.key.old")).collect();
    away.push(world.path("var/payloads").join(payload.strip_prefix(world.path("backup/payloads")).unwrap()));
    let apart = |at: usize| world.path(&format!("away-{at}"));
    away.iter().enumerate().for_each(|(at, path)| fs::rename(path, apart(at)).unwrap());
    assert_eq!(try_to_back_up(&world, &[]).status.code(), Some(1));
    assert_eq!(key_ids(&manifest(&world)), keys);
    away.iter().enumerate().for_each(|(at, path)| fs::rename(apart(at), path).unwrap());
    world.start();
    world.finish();
}

fn payloads(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { payloads(&path) } else { vec![path] }).collect()
}

#[test]
fn a_spoilt_backup_and_a_place_in_use_are_refused() {
    let (world, key) = place();
    world.start();
    world.submit(&key, &clean(Professional, 2_000, 52, "BSTAR").bytes);
    back_up(&world, &["--with-keys"]);
    world.stop();
    let backup = world.path("backup");
    let other = another_place(&world);
    let only: &[&str] = if world.stores_in_a_file() { &[] } else { &["--payloads-only"] };
    let refused = |wanted: &[&str]| {
        let output = other.claimgate(&[&["store", "restore", backup.to_str().unwrap()], only].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        wanted.iter().for_each(|wanted| assert!(said(&output).contains(wanted), "no {wanted}: {}", said(&output)));
        assert!(!other.path("var/payloads").exists() || payloads(&other.path("var/payloads")).is_empty());
        assert!(!other.path("var/claimgate.db").exists());
        assert!(!other.path("certs/master.key").exists());
    };
    let mut spoil = payloads(&backup.join("payloads"));
    spoil.push(backup.join("keys/master.key"));
    let database = |name: &str| name.starts_with("claimgate-") && name.ends_with(".db");
    let names = fs::read_dir(&backup).unwrap().map(|entry| entry.unwrap().path());
    let databases: Vec<PathBuf> = names.filter(|path| database(path.file_name().unwrap().to_str().unwrap())).collect();
    assert_eq!(databases.len(), usize::from(world.stores_in_a_file()));
    spoil.extend(databases);
    for path in &spoil {
        let name = path.file_name().unwrap().to_str().unwrap();
        let whole = fs::read(path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        fs::write(path, &changed).unwrap();
        refused(&["nothing was restored", name, "is damaged"]);
        fs::remove_file(path).unwrap();
        refused(&["nothing was restored", name, "is missing"]);
        fs::write(path, &whole).unwrap();
    }
    let manifest = fs::read(backup.join("manifest.json")).unwrap();
    fs::remove_file(backup.join("manifest.json")).unwrap();
    refused(&["holds no finished backup"]);
    fs::write(backup.join("manifest.json"), manifest).unwrap();
    put_back(&other, &world, &backup);
    if world.stores_in_a_file() {
        let again = other.claimgate(&["store", "restore", backup.to_str().unwrap()]);
        assert_eq!(again.status.code(), Some(2));
        assert!(said(&again).contains("with rows"), "{}", said(&again));
    }
    assert!(other.done(&["store", "check"]).contains(" 0 faults"));
}

/// A gateway that has checked a large file, and is stopped; its payloads that stand as files.
fn stopped_with_payloads(world: &World, key: &str) -> Vec<PathBuf> {
    world.start();
    let id = world.submit(key, &clean(Professional, 2_000, 53, "BSTAR").bytes);
    wait_for("the file to be checked", PATIENCE, || {
        (world.get(key, &format!("/v1/submissions/{id}"))["state"] != "received").then_some(())
    });
    world.stop();
    let standing = payloads(&world.path("var/payloads")).into_iter();
    let standing: Vec<PathBuf> = standing.filter(|path| path.file_name().unwrap() != "care.lock").collect();
    assert!(!standing.is_empty());
    standing
}

#[test]
fn the_copy_of_a_payload_that_is_lost_or_spoilt_stays_and_is_restored() {
    let (world, key) = place();
    let standing = stopped_with_payloads(&world, &key);
    back_up(&world, &["--with-keys"]);
    let whole = fs::read(&standing[0]).unwrap();
    let id = standing[0].file_name().unwrap().to_str().unwrap().to_string();
    let mut spoilt = whole.clone();
    spoilt[whole.len() / 2] ^= 1;
    for (how, now) in [("missing", None), ("damaged", Some(&whole[..whole.len() / 2])), ("damaged", Some(&spoilt[..]))]
    {
        match now {
            None => fs::remove_file(&standing[0]).unwrap(),
            Some(bytes) => fs::write(&standing[0], bytes).unwrap(),
        }
        // The second finds what the first one kept.
        for _ in 0..2 {
            let output = try_to_back_up(&world, &["--with-keys"]);
            assert_eq!(output.status.code(), Some(1), "{}", said(&output));
            assert!(said(&output).contains(&format!("payload {id} is {how}")), "{}", said(&output));
            assert_eq!(manifest(&world)[how], serde_json::json!([id]));
            world.done(&["store", "backup", "backup", "--verify"]);
        }
    }
    // Its key is in the backup too, whatever becomes of the keys here.
    let kept = world.path(world.done(&["certs", "rotate"]).trim());
    fs::remove_file(kept).unwrap();
    assert_eq!(try_to_back_up(&world, &["--with-keys"]).status.code(), Some(1));
    let other = another_place(&world);
    put_back(&other, &world, &world.path("backup"));
    assert!(other.done(&["store", "check"]).contains(" 0 faults"));
    assert!(
        fs::read(other.path("var/payloads").join(standing[0].strip_prefix(world.path("var/payloads")).unwrap()))
            .unwrap()
            == whole
    );
}

#[test]
fn a_backup_that_is_cut_short_leaves_the_earlier_one_whole_and_nothing_behind() {
    let (world, key) = place();
    stopped_with_payloads(&world, &key);
    back_up(&world, &["--with-keys"]);
    let files = || {
        let all = payloads(&world.path("backup")).into_iter();
        all.filter(|path| !path.ends_with("backup.lock") && !path.ends_with("manifest.json")).count()
    };
    let before = files();
    // PostgreSQL's own copy belongs to it.
    let dump = fs::read(world.path("dump.sql"));
    world.done(&["certs", "rotate"]);
    world.done(&["store", "rekey"]);
    // It cannot be read as a file, so the backup ends before its manifest.
    let obstacle = world.path("certs/master.key.zzz");
    fs::create_dir(&obstacle).unwrap();
    let first = manifest(&world);
    for _ in 0..2 {
        assert_eq!(try_to_back_up(&world, &["--with-keys"]).status.code(), Some(2));
        assert_eq!(manifest(&world), first);
        world.done(&["store", "backup", "backup", "--verify"]);
        assert!(files() > before, "it was not cut short in the middle");
    }
    if let Ok(dump) = dump {
        fs::write(world.path("dump.sql"), dump).unwrap();
    }
    let other = another_place(&world);
    put_back(&other, &world, &world.path("backup"));
    assert!(other.done(&["store", "check"]).contains(" 0 faults"));
    fs::remove_dir(&obstacle).unwrap();
    back_up(&world, &["--with-keys"]);
    // One more: the key that was in use before.
    assert_eq!(files(), before + 1);
    world.done(&["store", "backup", "backup", "--verify"]);
}

#[test]
fn a_backup_is_not_narrowed_and_says_what_is_damaged_in_it() {
    let (world, key) = place();
    stopped_with_payloads(&world, &key);
    back_up(&world, &["--with-keys"]);
    let before = manifest(&world);
    let mut narrower: Vec<&[&str]> = vec![&["store", "backup", "backup", "--payloads-only"]];
    if world.stores_in_a_file() {
        narrower.push(&["store", "backup", "backup"]);
        narrower.push(&["store", "backup", "backup", "--payloads-only", "--with-keys"]);
    }
    // It would take away what came in since.
    narrower.push(&["store", "backup", "var", "--payloads-only"]);
    narrower.push(&["store", "backup", "var/payloads/copy", "--payloads-only"]);
    for args in narrower {
        let refused = world.claimgate(args);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("another folder"), "{}", said(&refused));
        assert_eq!(manifest(&world), before);
    }
    assert!(!world.path("var/manifest.json").exists());
    let copy = payloads(&world.path("backup/payloads")).remove(0);
    let mut spoilt = fs::read(&copy).unwrap();
    let middle = spoilt.len() / 2;
    spoilt[middle] ^= 1;
    fs::write(&copy, &spoilt).unwrap();
    let verified = world.claimgate(&["store", "backup", "backup", "--verify"]);
    assert_eq!(verified.status.code(), Some(1));
    let name = copy.file_name().unwrap().to_str().unwrap();
    assert!(said(&verified).contains(name) && said(&verified).contains("is damaged"), "{}", said(&verified));
    fs::remove_file(&copy).unwrap();
    back_up(&world, &["--with-keys"]);
    world.done(&["store", "backup", "backup", "--verify"]);
}
