//! The store that an earlier release left behind, opened by this one: all that was told of claims and all that lay in
//! mailboxes is the same, the books add up, and what was still under way goes on.
//!
//! Each release leaves a store of its own under `tests/stores/`, for both engines, before its version changes:
//! `CLAIMGATE_LEAVE_STORE=tests/stores/VERSION cargo test --test it -- --ignored upgrade`, and the same within
//! `tests/postgres`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::answers::{Triage, ack277ca, ack999, era835, ta1};
use super::batches::{Made, Professional, clean, with_defects};
use super::trip::{Ends, adjudicated, decide, end, triage};
use super::world::payers::hosted_payer_file;
use super::world::run::{program, run, said, ssh_key, wait_for};
use super::world::{PATIENCE, World};
use super::x12::{Claim, claims};

/// What the folder of a release holds beside the database and the payloads.
const WITH_IT: [&str; 4] = ["certs/master.key", "partners", "expected.json", "claims.837"];
const OF_NOBODY: &str = "NOBODYS1";

/// Waits until the payer has so many claims in all; those of each file that it has.
fn at_payer(world: &World, payer: &str, count: usize) -> Vec<Vec<u8>> {
    wait_for("claims to be with the payer", PATIENCE, || {
        let files = world.mail(payer, "837");
        (files.iter().flat_map(|file| claims(file)).count() >= count).then_some(files)
    })
}

fn answer(world: &World, payer: &str, name: &str, bytes: &[u8]) {
    let reply = world.call(payer, "POST", &format!("/v1/inbound?file_name={name}"), Some(bytes));
    assert!(matches!(reply.status, 200 | 202), "{name}: {}", reply.text());
}

fn wait_for_status(world: &World, key: &str, number: &str, status: &str) {
    wait_for(&format!("claim to be {status}"), PATIENCE, || {
        let claims = world.claims(key);
        let claim = claims.iter().find(|claim| claim["patient_control_number"] == number).expect("it is there");
        (claim["status"] == status).then_some(())
    });
}

fn wait_for_all(world: &World, key: &str, ends: &Ends) {
    wait_for("each answered claim's end", PATIENCE, || {
        let claims = world.claims(key);
        let of = |claim: &Value| ends.get(claim["patient_control_number"].as_str()?).copied();
        let ended = claims.iter().filter(|claim| of(claim).is_some_and(|end| claim["status"] == end)).count();
        (ended == ends.len()).then_some(())
    });
}

/// What must be the same afterwards: each claim with its timeline, each file of either mailbox, each exception.
fn told(world: &World, key: &str, payer: &str) -> Value {
    let claim = |line: &Value| world.get(key, &format!("/v1/claims/{}", line["id"].as_str().unwrap()));
    let of_claims: Vec<Value> = world.claims(key).iter().map(claim).collect();
    let mail = |key: &str| world.all(key, "/v1/mailbox?limit=500", "after");
    json!({ "key": key, "payer": payer, "claims": of_claims, "mail": mail(key), "mail_of_payer": mail(payer) })
}

/// A day of a gateway: claims of every end, some still unanswered, a file so large that it stands in the folder, an
/// answer that is about no claim.
fn day(world: &World, key: &str, payer: &str, unanswered: &Made) -> Vec<Claim> {
    let (first, second) = (clean(Professional, 12, 71, "BSTAR"), with_defects(Professional, 20, 72, "BSTAR", 200));
    let large = clean(Professional, 500, 73, "BSTAR");
    world.submit(key, &first.bytes);
    world.submit(key, &second.bytes);
    world.submit(key, &large.bytes);
    let mut ends = Ends::new();
    let mut count = first.claims.len() + second.good().count() + large.claims.len();
    let files = at_payer(world, payer, count);
    for (place, file) in files.iter().enumerate() {
        let of_file = claims(file);
        answer(world, payer, &format!("ta1.{place}"), &ta1("BLUESTAR", file));
        answer(world, payer, &format!("999.{place}"), &ack999("BLUESTAR", file));
        answer(world, payer, &format!("277ca.{place}"), &ack277ca("BLUESTAR", &of_file, triage));
        answer(world, payer, &format!("835.{place}"), &era835("BLUESTAR", &adjudicated(&of_file), decide));
    }
    for claim in files.iter().flat_map(|file| claims(file)) {
        ends.insert(claim.number.clone(), end(&claim));
    }
    let mut strange = first.claims[0].clone();
    (strange.number, strange.trace) = (OF_NOBODY.to_string(), String::new());
    (strange.member, strange.last) = ("NOBODY".to_string(), "NOBODY".to_string());
    answer(world, payer, "835.nobody", &era835("BLUESTAR", &[strange], decide));
    world.submit(key, &unanswered.bytes);
    count += unanswered.claims.len();
    let sent: Vec<Claim> = at_payer(world, payer, count).iter().flat_map(|file| claims(file)).collect();
    let late = sent.into_iter().filter(|claim| unanswered.claims.iter().any(|sent| sent.number == claim.number));
    wait_for_all(world, key, &ends);
    late.collect()
}

#[test]
#[ignore = "leaves the store of this release behind"]
fn a_release_leaves_a_store_of_its_own() {
    let to = PathBuf::from(std::env::var("CLAIMGATE_LEAVE_STORE").expect("CLAIMGATE_LEAVE_STORE says where to"));
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let login = ssh_key(&world.path("bluestar_ed25519"));
    world.write("partners/bluestar.toml", &hosted_payer_file("BLUESTAR", "BSTAR", &login));
    let (key, payer) = (world.key("acme"), world.key("bluestar"));
    world.start();
    let unanswered = clean(Professional, 3, 74, "BSTAR");
    let late = day(&world, &key, &payer, &unanswered);
    fs::write(world.path("claims.837"), &unanswered.bytes).unwrap();
    wait_for("everything to be told", PATIENCE, || {
        let (before, settled) = (told(&world, &key, &payer), world.claimgate(&["reconcile", "--format", "json"]));
        std::thread::sleep(std::time::Duration::from_secs(3));
        (settled.status.success() && told(&world, &key, &payer) == before).then_some(())
    });
    let mut expected = told(&world, &key, &payer);
    let late = late.iter().map(|claim| json!({ "number": claim.number, "trace": claim.trace }));
    expected["late"] = late.collect();
    fs::write(world.path("expected.json"), serde_json::to_vec(&expected).unwrap()).unwrap();
    world.stop();
    world.done(&["reconcile"]);
    pack(&world, &to);
}

fn pack(world: &World, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let mut parts = WITH_IT.to_vec();
    parts.extend(if world.stores_in_a_file() { &["var"][..] } else { &["var", "dump.sql"] });
    if !world.stores_in_a_file() {
        let dump = run(Command::new(program("pg_dump")).args(["--no-owner", world.database_url()]), b"");
        assert!(dump.status.success(), "{}", said(&dump));
        fs::write(world.path("dump.sql"), dump.stdout).unwrap();
    }
    let mut tar = Command::new(program("tar"));
    tar.arg("-czf").arg(to.canonicalize().unwrap().join(archive(world))).arg("-C").arg(world.folder()).args(parts);
    let packed = run(&mut tar, b"");
    assert!(packed.status.success(), "{}", said(&packed));
}

fn archive(world: &World) -> &'static str {
    if world.stores_in_a_file() { "sqlite.tar.gz" } else { "postgres.tar.gz" }
}

/// A world in the place of the one that was left, with what was told there.
fn unpacked(release: &Path) -> (World, Value) {
    let world = World::without_keys();
    let mut tar = Command::new(program("tar"));
    tar.arg("-xzf").arg(release.join(archive(&world))).arg("-C").arg(world.folder());
    let unpacked = run(&mut tar, b"");
    assert!(unpacked.status.success(), "{}", said(&unpacked));
    if !world.stores_in_a_file() {
        let mut load = Command::new(program("psql"));
        load.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-f"]).arg(world.path("dump.sql")).arg(world.database_url());
        let loaded = run(&mut load, b"");
        assert!(loaded.status.success(), "{}", said(&loaded));
    }
    world.done(&["certs", "init"]);
    let expected = serde_json::from_slice(&fs::read(world.path("expected.json")).unwrap()).unwrap();
    (world, expected)
}

fn releases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores");
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    folders.filter(|path| path.is_dir()).collect()
}

/// Whether all that was told is still told; what a later release tells beside it does not matter.
fn assert_told_again(now: &Value, before: &Value, place: &str) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for (name, value) in before {
                let now = now.get(name).unwrap_or_else(|| panic!("{place}.{name} is gone"));
                assert_told_again(now, value, &format!("{place}.{name}"));
            }
        }
        (Value::Array(before), Value::Array(now)) => {
            assert_eq!(now.len(), before.len(), "{place}");
            for (at, (before, now)) in before.iter().zip(now).enumerate() {
                assert_told_again(now, before, &format!("{place}[{at}]"));
            }
        }
        // A time is the same however many digits its second has.
        (Value::String(before), Value::String(now)) if moment(before).is_some() => {
            assert_eq!(moment(now), moment(before), "{place}");
        }
        (before, now) => assert_eq!(now, before, "{place}"),
    }
}

fn moment(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

#[test]
fn the_store_of_each_earlier_release_is_taken_over_with_all_it_holds() {
    let releases = releases();
    assert!(!releases.is_empty());
    for release in releases {
        let (world, expected) = unpacked(&release);
        let (key, payer) = (expected["key"].as_str().unwrap(), expected["payer"].as_str().unwrap());
        world.start();
        let now = told(&world, key, payer);
        for part in ["claims", "mail", "mail_of_payer"] {
            assert_told_again(&now[part], &expected[part], part);
        }
        read_all_mail(&world, key, &expected["mail"]);
        read_all_mail(&world, payer, &expected["mail_of_payer"]);
        // Known by its bytes.
        let sent = fs::read(world.path("claims.837")).unwrap();
        let again = world.call(key, "POST", "/v1/submissions", Some(&sent));
        assert_eq!(again.status, 409, "{}", again.text());
        answer_late(&world, key, payer, &expected);
        // What is new goes all the way.
        let new = clean(Professional, 5, 9_000, "BSTAR");
        world.submit(key, &new.bytes);
        let is_new = |claim: &Claim| new.claims.iter().any(|one| one.number == claim.number);
        wait_for("new claims to be with the payer", PATIENCE, || {
            let got = world.mail(payer, "837").iter().flat_map(|file| claims(file)).filter(is_new).count();
            (got == new.claims.len()).then_some(())
        });
        world.finish();
    }
}

fn read_all_mail(world: &World, key: &str, listed: &Value) {
    for item in listed.as_array().unwrap() {
        let reply = world.call(key, "GET", &format!("/v1/mailbox/{}", item["id"].as_str().unwrap()), None);
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.body.len() as u64, item["bytes"].as_u64().unwrap());
    }
}

/// Claims that were sent before are accepted now.
fn answer_late(world: &World, key: &str, payer: &str, expected: &Value) {
    let late = expected["late"].as_array().unwrap();
    assert_eq!(late.len(), 3);
    let sent: Vec<Claim> = world.mail(payer, "837").iter().flat_map(|file| claims(file)).collect();
    let of_late = |claim: &&Claim| late.iter().any(|one| one["trace"] == claim.trace.as_str());
    let late: Vec<Claim> = sent.iter().filter(of_late).cloned().collect();
    assert_eq!(late.len(), 3);
    answer(world, payer, "277ca.late", &ack277ca("BLUESTAR", &late, |_| Triage::Accept));
    for claim in &late {
        wait_for_status(world, key, &claim.number, "payer_accepted");
    }
}
