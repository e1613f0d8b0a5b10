//! What people hand to `claimgate validate` by mistake: each is said to be what it is, with what to do, and ends with
//! the status that scripts rely on.

use std::os::unix::fs::PermissionsExt;

use super::world::World;
use super::world::run::said;

const FIRST: &str = include_str!("../../docs/examples/first.837");

/// The example with another envelope.
fn envelope(group: &str, version: &str, transaction: &str) -> String {
    let isa = FIRST.lines().next().unwrap();
    format!(
        "{isa}\nGS*{group}*ACMEBILL*CLAIMGATE*20261102*0900*1*X*{version}~\n{transaction}GE*1*1~\nIEA*1*000000001~\n"
    )
}

/// Runs `validate`; what it said holds every word, and nothing of what a program says of itself.
fn check(world: &World, name: &str, bytes: &[u8], status: i32, words: &[&str]) {
    std::fs::write(world.path(name), bytes).unwrap();
    check_named(world, &[name], status, words);
}

fn check_named(world: &World, names: &[&str], status: i32, words: &[&str]) {
    let output = world.claimgate(&[&["validate", "--as-of", "2026-11-02"], names].concat());
    let said = said(&output);
    assert_eq!(output.status.code(), Some(status), "{names:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{names:?} does not say `{word}`: {said}");
    }
    for own in ["panicked", "os error", "Utf8Error", "\u{1b}", "\r"] {
        assert!(!said.contains(own), "{names:?} says {own:?}: {said}");
    }
}

#[test]
fn a_file_that_is_something_else_is_called_by_its_name() {
    let world = World::without_keys();
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(FIRST.bytes().flat_map(|byte| [byte, 0])).collect();
    let noise: Vec<u8> = (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    for (name, bytes, words) in [
        ("empty.837", &b""[..], &["refused", "empty", "begins with ISA"][..]),
        ("scan.pdf", b"%PDF-1.7\n\xe2\xe3", &["a PDF", "send the X12 file itself"]),
        ("page.html", b"<!DOCTYPE html>\n<html>", &["HTML", "fetch the file again"]),
        ("a.837.gz", b"\x1F\x8B\x08\x00\x00", &["gzip", "gunzip"]),
        ("a.zip", b"PK\x03\x04\x14\x00", &["ZIP archive", "Unpack"]),
        ("table.csv", b"claim,charge\n1,100\n2,200\n", &["CSV", "export them as an 837"]),
        ("utf16.837", &utf16, &["UTF-16", "Save it as plain text"]),
        ("noise.bin", &noise, &["refused", "begins with ISA"]),
        ("letter.txt", b"Dear sirs, please find enclosed\n", &["holds no ISA segment"]),
    ] {
        check(&world, name, bytes, 1, words);
    }
}

#[test]
fn x12_that_is_no_claims_file_of_today_is_refused_by_name() {
    let world = World::without_keys();
    let old = FIRST.replace("005010X222A1", "004010X098A1").replace("*00501*", "*00401*").replace("*^*", "*U*");
    check(&world, "old.837", old.as_bytes(), 1, &["004010X098A1", "rejected"]);
    let eligibility = envelope("HS", "005010X279A1", "ST*270*0001*005010X279A1~\nSE*2*0001~\n");
    check(&world, "ask.270", eligibility.as_bytes(), 1, &["HS", "not supported", "rejected"]);
    let old_ack = envelope("FA", "005010", "ST*997*0001~\nAK1*HC*1~\nAK9*A*1*1*1~\nSE*4*0001~\n");
    check(&world, "old.997", old_ack.as_bytes(), 1, &["005010", "not supported"]);
}

#[test]
fn unusual_but_sound_files_are_taken() {
    let world = World::without_keys();
    let one_line = FIRST.replace('\n', "");
    for (name, bytes) in [
        ("bom.837", format!("\u{feff}{FIRST}").into_bytes()),
        ("cr.837", one_line.replace('~', "\r").into_bytes()),
        ("crlf.837", FIRST.replace('\n', "\r\n").into_bytes()),
        ("line.837", one_line.into_bytes()),
    ] {
        check(&world, name, &bytes, 0, &["accepted", "1 claim accepted"]);
    }
}

#[test]
fn a_file_that_was_cut_says_so() {
    let world = World::without_keys();
    for length in [50, 120, 400, FIRST.len() / 2, FIRST.len() - 20] {
        let words: &[&str] = if length < 106 { &["ends after 50 bytes"] } else { &["file-ends-early", "cut off"] };
        check(&world, "cut.837", &FIRST.as_bytes()[..length], 1, words);
    }
}

#[test]
fn a_fault_in_a_file_with_odd_terminators_is_shown_without_upsetting_the_terminal() {
    let world = World::without_keys();
    let faulty = FIRST.replace("1104876549", "11048\u{7}76548").replace('\n', "").replace('~', "\r");
    check(&world, "cr.837", faulty.as_bytes(), 1, &["NM1*82*1*EXAMPLE*ALEX****XX*11048␇76548␍", "^^^^^^^^^^^ NM109"]);
}

#[test]
fn what_cannot_be_read_ends_with_2_and_says_why() {
    let world = World::without_keys();
    check_named(&world, &["missing.837"], 2, &["missing.837: there is no such file"]);
    std::fs::create_dir(world.path("none")).unwrap();
    check_named(&world, &["none"], 2, &["none: there is no X12 file in this folder"]);
    world.write("locked.837", FIRST);
    std::fs::set_permissions(world.path("locked.837"), std::fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read everything.
    if std::fs::File::open(world.path("locked.837")).is_err() {
        check_named(&world, &["locked.837"], 2, &["locked.837: this user may not read it", "chmod"]);
    }
}

#[test]
fn folders_are_searched_and_what_is_left_out_is_named() {
    let world = World::without_keys();
    world.write("in/a/first.837", FIRST);
    world.write("in/b.txt", FIRST);
    world.write("in/scan.pdf", "%PDF-1.7");
    world.write("in/.hidden/x.837", "no");
    let words = ["in/a/first.837: accepted", "in/b.txt: accepted", "in/scan.pdf is left out", "total: 2 files"];
    check_named(&world, &["in"], 0, &words);
}
