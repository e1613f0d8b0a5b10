//! Payloads in S3-compatible storage: the whole way over a server that is not ours, and what is lost or spoilt there.

use std::process::Command;

use super::batches::{Professional, clean};
use super::trip::{answer_all, check_arrived, wait_for_claims_at, wait_for_ends};
use super::world::https::{Request, plain};
use super::world::run::{Running, free_port, program, run, said, wait_for};
use super::world::{PATIENCE, World};

const BUCKET: &str = "claims";

struct Storage {
    url: String,
    _server: Running,
}

impl Storage {
    /// An empty bucket, and a world that keeps its payloads there.
    fn of(world: &mut World) -> Storage {
        let made = run(&mut Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto")), b"");
        assert!(made.status.success(), "tests/moto: {}", said(&made));
        let moto = String::from_utf8(made.stdout).unwrap();
        let port = free_port();
        let (log, port_text) = (world.path("moto.log"), port.to_string());
        let args = ["-H", "127.0.0.1", "-p", &port_text];
        let server = Running::start("moto_server", moto.trim().as_ref(), &args, world.folder(), &log);
        let endpoint = format!("http://127.0.0.1:{port}");
        wait_for("the S3 server to answer", PATIENCE, || plain(&endpoint).map(drop));
        let storage = Storage { url: format!("{endpoint}/{BUCKET}"), _server: server };
        assert_eq!(Request::new("PUT", &storage.url).send(None).status, 200);
        let settings = world.settings().replace("file:var/payloads", &format!("s3://{BUCKET}/gateway/one"));
        world.write("gateway.toml", &settings);
        world.environment = vec![
            format!("AWS_ENDPOINT_URL={endpoint}"),
            "AWS_ACCESS_KEY_ID=claimgate".to_string(),
            "AWS_SECRET_ACCESS_KEY=not-a-secret".to_string(),
            "AWS_REGION=us-east-1".to_string(),
        ];
        storage
    }

    fn keys(&self) -> Vec<String> {
        let listed = plain(&format!("{}?list-type=2", self.url)).unwrap().text();
        listed.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_string()).collect()
    }

    /// A signed request, as objects are nobody else's.
    fn request(&self, method: &str, key: &str) -> Request {
        let request = Request::new(method, &format!("{}/{key}", self.url));
        request.with("--aws-sigv4", "aws:amz:us-east-1:s3").with("--user", "claimgate:not-a-secret")
    }
}

/// Does not compress, and is no X12.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn claims_go_the_whole_way_with_their_payloads_in_object_storage_and_what_is_lost_there_is_named() {
    let mut world = World::new();
    let storage = Storage::of(&mut world);
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let (large, small) = (clean(Professional, 2_000, 31, "BSTAR"), clean(Professional, 3, 32, "BSTAR"));
    world.watch_for(&large.claims);
    world.watch_for(&small.claims);
    let key = world.key("acme");
    payer.start();
    world.start();
    let first = world.submit(&key, &large.bytes);
    world.submit(&key, &small.bytes);
    // Sent in parts, as it is larger than one request may be; kept and refused.
    let scan = world.submit(&key, &noise(20_000_000));
    let sent: Vec<_> = large.claims.iter().chain(&small.claims).cloned().collect();
    check_arrived(&sent, &wait_for_claims_at(&payer, sent.len()));
    wait_for_ends(&world, &key, &answer_all(&payer));
    world.stop();
    world.check_log();
    let objects = storage.keys();
    assert!(objects.len() >= 3 && objects.iter().all(|key| key.starts_with("gateway/one/")), "{objects:?}");
    assert!(!world.path("var/payloads").exists(), "something was kept in a folder");

    let whole = world.done(&["store", "check"]);
    assert!(whole.contains(" 0 faults"), "{whole}");
    let kept = world.done(&["certs", "rotate"]);
    world.done(&["store", "rekey"]);
    std::fs::remove_file(world.path(kept.trim())).unwrap();
    assert!(world.done(&["store", "check"]).contains(" 0 faults"));

    // The largest is the scan, and the one whose bytes go nowhere else.
    let size = |key: &String| storage.request("GET", key).send(None).body.len();
    let mut by_size: Vec<String> = objects.clone();
    by_size.sort_by_key(|key| std::cmp::Reverse(size(key)));
    let bytes = storage.request("GET", &by_size[0]).send(None).body;
    let mut spoilt = bytes.clone();
    spoilt[10_000_000] ^= 1;
    assert_eq!(storage.request("PUT", &by_size[0]).send(Some(&spoilt)).status, 200);
    let checked = world.claimgate(&["store", "check"]);
    assert_eq!(checked.status.code(), Some(1), "{}", said(&checked));
    assert!(said(&checked).contains(&format!("submission {scan} of acme")), "{}", said(&checked));
    for lost in &by_size[1..] {
        assert_eq!(storage.request("DELETE", lost).send(None).status, 204);
    }
    let checked = said(&world.claimgate(&["store", "check"]));
    assert!(checked.contains("is missing: restore s3://claims/gateway/one/"), "{checked}");
    assert!(checked.contains(&format!("submission {first} of acme")) && checked.contains("batch "), "{checked}");
}

#[test]
fn storage_that_does_not_answer_is_said_at_the_start() {
    let mut world = World::new();
    drop(Storage::of(&mut world));
    let started = run(
        Command::new(program("env")).args(&world.environment).args([
            super::world::run::CLAIMGATE,
            "serve",
            "--config",
            world.path("gateway.toml").to_str().unwrap(),
        ]),
        b"",
    );
    assert_eq!(started.status.code(), Some(2), "{}", said(&started));
    assert!(said(&started).contains("the bucket s3://claims/gateway/one"), "{}", said(&started));
    assert!(!said(&started).contains("not-a-secret"));
}
