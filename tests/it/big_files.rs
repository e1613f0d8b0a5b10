//! A file far larger than any billing company sends: memory does not grow with it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::batches::{Institutional, clean};
use super::world::World;
use super::world::https::Request;
use super::world::run::{CLAIMGATE, wait_for};

const FILE_BYTES: u64 = 300 * 1024 * 1024;
const MEMORY_KILOBYTES_MAX: u64 = 400 * 1024;

/// One claim of an 837I repeated under control numbers of its own, each with as many lines as a claim may have, so
/// that most of the file is lines. Returns how many claims it holds.
fn write_large(path: &Path) -> u32 {
    let small = clean(Institutional, 1, 991, "BSTAR");
    let text = String::from_utf8(small.bytes.clone()).unwrap();
    let segments: Vec<&str> = text.split("~\n").filter(|segment| !segment.is_empty()).collect();
    let place = |id: &str| segments.iter().position(|segment| segment.starts_with(id)).unwrap();
    let (st, clm, line, se) = (place("ST*"), place("CLM*"), place("LX*"), place("SE*"));
    let (number, charge) = (&small.claims[0].number, super::x12::amount(small.claims[0].charge));
    let first_line: Vec<&str> = segments[line + 1..se].iter().take_while(|s| !s.starts_with("LX*")).copied().collect();
    let line_charge = super::x12::cents(&small.claims[0].lines[0].1);
    let mut lines = String::new();
    for count in 1..=999 {
        lines.push_str(&format!("LX*{count}~\n{}~\n", first_line.join("~\n")));
    }
    let total = super::x12::amount(line_charge * 999);
    let mut out = BufWriter::new(File::create(path).unwrap());
    let head = segments[..clm].join("~\n") + "~\n";
    out.write_all(head.as_bytes()).unwrap();
    let claim_head = segments[clm..line].join("~\n") + "~\n";
    let (mut written, mut claims) = (head.len() as u64, 0u32);
    while written < FILE_BYTES {
        claims += 1;
        let head = claim_head.replacen(&format!("CLM*{number}*{charge}"), &format!("CLM*BIG-{claims:07}*{total}"), 1);
        out.write_all(head.as_bytes()).unwrap();
        out.write_all(lines.as_bytes()).unwrap();
        written += (head.len() + lines.len()) as u64;
    }
    let in_claim = (line - clm) as u64 + 999 * (first_line.len() as u64 + 1);
    let count = (clm - st) as u64 + u64::from(claims) * in_claim + 1;
    let tail = segments[se + 1..].join("~\n");
    write!(out, "SE*{count}*0001~\n{tail}~\n").unwrap();
    claims
}

/// The most memory that a process ever had, in kilobytes; `None` when it has ended.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn three_hundred_megabytes_are_taken_and_checked_in_little_memory() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let key = world.key("acme");
    // Nobody is there to take the claims: this is about taking them in.
    let _payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    world.start();
    let file = world.path("large.837");
    let claims = write_large(&file);
    let reply = Request::new("POST", &world.url("/v1/submissions"))
        .trusting(&world.authority())
        .bearer(&key)
        .with("-H", "Expect:")
        .with("-T", file.to_str().unwrap())
        .send(None);
    assert_eq!(reply.status, 202, "{}", reply.text());
    let path = format!("/v1/submissions/{}", reply.json()["id"].as_str().unwrap());
    let checked = wait_for("the large file to be checked", Duration::from_secs(200), || {
        let peak = peak_memory(world.process()).expect("the gateway runs");
        assert!(peak < MEMORY_KILOBYTES_MAX, "{peak} kB of memory");
        Some(world.get(&key, &path)).filter(|submission| submission["validated_at"].is_string())
    });
    assert_eq!(checked["claims"], claims, "{}", checked["findings"][0]);
    println!("{claims} claims; peak memory {} kB", peak_memory(world.process()).unwrap());
    world.stop();
    world.check_log();
}

#[test]
fn a_large_file_is_validated_on_the_command_line_in_little_memory() {
    let world = World::without_keys();
    let file = world.path("large.837");
    write_large(&file);
    let mut child = Command::new(CLAIMGATE)
        .args(["validate", "--snip", "2", "--format", "json", "large.837"])
        .current_dir(world.folder())
        .stdout(File::create(world.path("out")).unwrap())
        .spawn()
        .unwrap();
    let mut peak = 0;
    wait_for("validate to end", Duration::from_secs(200), || {
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
        child.try_wait().unwrap()
    });
    assert!(peak > 0 && peak < MEMORY_KILOBYTES_MAX, "{peak} kB of memory");
    println!("peak memory {peak} kB");
}
