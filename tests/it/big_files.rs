//! A file far larger than any billing company sends: memory does not grow with it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::batches::{Institutional, Professional, clean};
use super::world::World;
use super::world::https::Request;
use super::world::run::{CLAIMGATE, pass, wait_for};
use super::x12::amount;

/// A build without optimization reads ten times slower; with `--release` these are 300 and 60 MB.
const UNOPTIMIZED: u64 = if cfg!(debug_assertions) { 12 } else { 1 };
const SUBMITTED_BYTES: u64 = 300 * 1024 * 1024 / UNOPTIMIZED;
const SUBMITTED_MEMORY_KILOBYTES_MAX: u64 = 240 * 1024;
const VALIDATED_BYTES: u64 = 60 * 1024 * 1024 / UNOPTIMIZED;
const VALIDATED_MEMORY_KILOBYTES_MAX: u64 = 64 * 1024;
/// For a machine that has other work; alone it takes a minute.
const PATIENCE: Duration = Duration::from_secs(540);

/// Longer than most service lines are, so that a test of this size ends in good time.
const NOTE: &str = "A NOTE OF THE THIRD PARTY ORGANIZATION THAT FILLS ITS ELEMENT TO THE LAST CHAR";
/// As many as an institutional claim may have.
const LINES: u32 = 999;

/// The guide allows a hundred.
const CLAIMS_OF_A_SUBSCRIBER: u32 = 50;

/// One claim of an 837I repeated under control numbers and charges of its own. Returns how many claims it holds.
fn write_large(path: &Path, bytes_min: u64) -> u32 {
    let small = clean(Institutional, 1, 991, "BSTAR");
    let text = String::from_utf8(small.bytes.clone()).unwrap();
    let segments: Vec<&str> = text.split("~\n").filter(|segment| !segment.is_empty()).collect();
    let place = |id: &str| segments.iter().position(|segment| segment.starts_with(id)).unwrap();
    let [st, subscriber, clm, line, se] = ["ST*", "HL*2*", "CLM*", "LX*", "SE*"].map(place);
    let written = |some: &[&str]| some.iter().map(|segment| format!("{segment}~\n")).collect::<String>();
    let [head, subscriber_head, claim_head, tail] =
        [&segments[..subscriber], &segments[subscriber..clm], &segments[clm..line], &segments[se + 1..]].map(written);
    let (number, charge) = (&small.claims[0].number, amount(small.claims[0].charge));

    let mut out = BufWriter::new(File::create(path).unwrap());
    out.write_all(head.as_bytes()).unwrap();
    let lines: Vec<String> = (1..=LINES).map(|count| service_line(count, count)).collect();
    let (others, others_charge) = (lines[1..].concat(), (2..=LINES).map(i64::from).sum::<i64>());
    let (mut bytes, mut claims, mut count) = (0, 0u32, subscriber - st);
    while bytes < bytes_min {
        if claims.is_multiple_of(CLAIMS_OF_A_SUBSCRIBER) {
            let level = 2 + claims / CLAIMS_OF_A_SUBSCRIBER;
            out.write_all(subscriber_head.replacen("HL*2*", &format!("HL*{level}*"), 1).as_bytes()).unwrap();
            count += clm - subscriber;
        }
        claims += 1;
        count += line - clm + LINES as usize * 3;
        // The first line's charge is each claim's own, or they would be one claim many times.
        let own = LINES + claims;
        let total = amount(others_charge + i64::from(own));
        let head = claim_head.replacen(&format!("CLM*{number}*{charge}"), &format!("CLM*BIG-{claims:07}*{total}"), 1);
        for part in [&head, &service_line(1, own), &others] {
            out.write_all(part.as_bytes()).unwrap();
            bytes += part.len() as u64;
        }
    }
    write!(out, "SE*{}*0001~\n{tail}", count + 1).unwrap();
    claims
}

fn service_line(count: u32, cents: u32) -> String {
    format!("LX*{count}~\nSV2*0250**{}*UN*1~\nNTE*TPO*{NOTE}~\n", amount(i64::from(cents)))
}

/// The most memory that a process ever had, in kilobytes; `None` when it has ended.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_large_file_is_taken_and_checked_in_little_memory() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let key = world.key("acme");
    // Nobody is there to take the claims: this is about taking them in.
    let _payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    world.start();
    let file = world.path("large.837");
    let claims = write_large(&file, SUBMITTED_BYTES);
    let reply = Request::new("POST", &world.url("/v1/submissions"))
        .trusting(&world.authority())
        .bearer(&key)
        .with("-H", "Expect:")
        .with("-T", file.to_str().unwrap())
        .send(None);
    assert_eq!(reply.status, 202, "{}", reply.text());
    let path = format!("/v1/submissions/{}", reply.json()["id"].as_str().unwrap());
    let checked = wait_for("the large file to be checked", PATIENCE, || {
        check_memory(&world);
        Some(world.get(&key, &path)).filter(|submission| submission["validated_at"].is_string())
    });
    assert_eq!(checked["accepted_claims"], claims, "{}", checked["findings"][0]);
    println!("{claims} claims; peak memory {} kB", peak_memory(world.process()).unwrap());
    world.stop();
    world.check_log();
}

fn check_memory(world: &World) {
    let peak = peak_memory(world.process()).expect("the gateway runs");
    assert!(peak < SUBMITTED_MEMORY_KILOBYTES_MAX, "{peak} kB of memory");
}

#[test]
fn a_large_file_is_validated_on_the_command_line_in_little_memory() {
    let world = World::without_keys();
    let file = world.path("large.837");
    write_large(&file, VALIDATED_BYTES);
    let mut child = Command::new(CLAIMGATE)
        .args(["validate", "--snip", "2", "--format", "json", "large.837"])
        .current_dir(world.folder())
        .stdout(File::create(world.path("out")).unwrap())
        .spawn()
        .unwrap();
    let mut peak = 0;
    wait_for("validate to end", PATIENCE, || {
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
        child.try_wait().unwrap()
    });
    assert!(peak > 0 && peak < VALIDATED_MEMORY_KILOBYTES_MAX, "{peak} kB of memory");
    println!("peak memory {peak} kB");
}

#[test]
fn while_much_waits_to_be_checked_large_files_are_put_off_and_small_ones_are_not() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    world.write("gateway.toml", &format!("{}\n[intake]\nwaiting_bytes_max = 1000000\n", world.settings()));
    let key = world.key("acme");
    world.start();
    let large = |from| clean(Professional, 40_000, from, "BSTAR");
    let (first, second, small) = (large(100_000), large(200_000), clean(Professional, 1, 300_000, "BSTAR"));
    world.submit(&key, &first.bytes);
    // Longer than what is known of the backlog is believed.
    pass(Duration::from_millis(1_100));
    let put_off = Request::new("POST", &world.url("/v1/submissions"))
        .trusting(&world.authority())
        .bearer(&key)
        .with("--dump-header", &world.path("headers.txt").display().to_string())
        .send(Some(&second.bytes));
    assert_eq!(put_off.status, 503, "{}", put_off.text());
    assert!(put_off.json()["detail"].as_str().unwrap().contains("send it again later"), "{}", put_off.text());
    let headers = std::fs::read_to_string(world.path("headers.txt")).unwrap().to_ascii_lowercase();
    assert!(headers.contains("retry-after: 30"), "{headers}");
    let reply = world.call(&key, "POST", "/v1/submissions?wait=60", Some(&small.bytes));
    assert_eq!(reply.status, 200, "{}", reply.text());
    wait_for("the large file to be taken once the first is checked", PATIENCE, || {
        (world.call(&key, "POST", "/v1/submissions", Some(&second.bytes)).status == 202).then_some(())
    });
    world.finish();
}
