//! How fast files are read, walked and checked, beside the fastest that this machine could find their
//! segments and elements at all. The files are invented here, so nothing else is needed.
//!
//! `cargo bench --bench engine` prints one line a measure, tab-separated: kind of file, what was done, its claims,
//! bytes and segments, and the best time of several, in seconds. `bench/run` makes the table.
//!
//! Words that follow choose: `cargo bench --bench engine -- 837P walk` does that only, for a profiler. With
//! `--write DIR` it writes the files there and measures nothing.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use claimgate::domain::ClaimKind;
use claimgate::edits::codesets::CodeSets;
use claimgate::edits::settings::Settings;
use claimgate::edits::sink::Silent;
use claimgate::edits::{Day, check, check_on_one_core};
use claimgate::guide::{Guides, Walker};
use claimgate::simulator::answers::adjudication::Round;
use claimgate::simulator::answers::remittance::{ProviderLevel, remittance};
use claimgate::simulator::answers::{Identity, Letter, Mix, Terms, read};
use claimgate::simulator::claims::Batch;
use claimgate::simulator::pen::Party;
use claimgate::x12::{Delimiters, Envelopes, Event, Reader, Token};
use jiff::civil::{Date, date};

const CLAIMS: usize = 100_000;
const SEED: u64 = 2026;
const WRITTEN: Date = date(2026, 11, 2);
/// Each measure is the best of so many: what disturbs a run only ever makes it slower.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let write_to = arguments.iter().position(|argument| argument == "--write").and_then(|at| arguments.get(at + 1));
    let chosen = Chosen { words: arguments.iter().filter(|word| !word.starts_with("--")).cloned().collect() };
    for (kind, make) in FILES.into_iter().filter(|(kind, _)| write_to.is_some() || chosen.has(kind, &KINDS)) {
        let bytes = make();
        match write_to {
            Some(folder) => {
                let path = Path::new(folder).join(format!("{kind}.x12"));
                fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            }
            None => measure(kind, &bytes, &chosen),
        }
    }
}

/// What the command line chose: everything where it names none of a sort.
struct Chosen {
    words: Vec<String>,
}

impl Chosen {
    fn has(&self, word: &str, sort: &[&str]) -> bool {
        let named = |name: &str| self.words.iter().any(|word| word == name);
        named(word) || !sort.iter().any(|other| named(other))
    }
}

const KINDS: [&str; 4] = ["837P", "837I", "837D", "835"];
const MEASURES: [&str; 6] = ["tokenize", "read", "envelopes", "walk", "check", "check-two"];

type Make = fn() -> Vec<u8>;

const FILES: [(&str, Make); 4] = [
    ("837P", || claims(ClaimKind::Professional)),
    ("837I", || claims(ClaimKind::Institutional)),
    ("837D", || claims(ClaimKind::Dental)),
    ("835", payments),
];

fn claims(kind: ClaimKind) -> Vec<u8> {
    Batch::new(kind, CLAIMS, SEED, WRITTEN).to_bytes().0
}

/// What a payer pays for a batch of professional claims.
fn payments() -> Vec<u8> {
    let payer = Identity {
        name: "SIMULATED PAYER".into(),
        payer_id: "SIMPAY".into(),
        party: Party::new("ZZ", "SIMPAY"),
        tax_id: "999999999".into(),
    };
    let letter = Letter { from: &payer, at: WRITTEN.at(9, 0, 0, 0), control_number: 1 };
    let terms = Terms { seed: SEED, mix: Mix { rejected: 0, ..Mix::TYPICAL } };
    let received = read(&claims(ClaimKind::Professional));
    remittance(&letter, &received[0], &terms, Round::First, ProviderLevel::Nothing).expect("every claim is answered")
}

fn measure(kind: &str, bytes: &[u8], chosen: &Chosen) {
    let guides = Guides::load(None).expect("the guides in the binary are sound");
    let codes = CodeSets::shipped();
    let settings = Settings::alone(Day::of(WRITTEN), &codes);
    let claims = count_claims(bytes);
    let segments = segments_of(bytes);
    assert!(claims >= CLAIMS, "{kind}: {claims} claims");
    assert_eq!(read_tokens(bytes), segments, "{kind}: the reader and the bare tokenizer see the same segments");
    let tell = |what: &str, work: &mut dyn FnMut() -> u64| {
        if !chosen.has(what, &MEASURES) {
            return;
        }
        let seconds = best(work);
        println!("{kind}\t{what}\t{claims}\t{}\t{segments}\t{seconds:.6}", bytes.len());
    };
    tell("tokenize", &mut || tokenize(bytes));
    tell("read", &mut || read_tokens(bytes));
    tell("envelopes", &mut || envelopes(bytes));
    tell("walk", &mut || walk(bytes, &guides));
    tell("check", &mut || {
        let summary = check_on_one_core(bytes, &guides, &settings, &mut Silent).expect("memory does not fail");
        assert_eq!(summary.errors, 0, "{kind}: an invented file is clean");
        summary.bytes
    });
    tell("check-two", &mut || {
        let summary = check(bytes, &guides, &settings, &mut Silent).expect("memory does not fail");
        assert_eq!(summary.errors, 0, "{kind}: an invented file is clean");
        summary.bytes
    });
}

/// The least time of several rounds.
fn best(work: &mut dyn FnMut() -> u64) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        black_box(work());
        began.elapsed().as_secs_f64()
    });
    rounds.fold(f64::INFINITY, f64::min)
}

/// The limit: both delimiters found by vector instructions, where each element begins kept for one segment.
fn tokenize(bytes: &[u8]) -> u64 {
    let Delimiters { element, segment, .. } = Delimiters::USUAL;
    let mut starts: Vec<u32> = Vec::with_capacity(64);
    let (mut begin, mut segments) = (0, 0);
    for at in memchr::memchr2_iter(element, segment, bytes) {
        if bytes[at] == element {
            starts.push((at - begin) as u32);
        } else {
            black_box(&starts);
            starts.clear();
            begin = at + 1;
            segments += 1;
        }
    }
    segments
}

fn read_tokens(bytes: &[u8]) -> u64 {
    let mut reader = Reader::new(bytes);
    let mut segments = 0;
    while let Some(token) = reader.next().expect("memory does not fail") {
        match token {
            Token::Isa(_) | Token::Segment(_) => segments += 1,
            Token::Damage(damage) => panic!("an invented file is whole: {damage:?}"),
        }
    }
    segments
}

fn envelopes(bytes: &[u8]) -> u64 {
    let mut envelopes = Envelopes::new(Reader::new(bytes));
    let (mut findings, mut segments) = (Vec::new(), 0);
    while let Some(event) = envelopes.next(&mut findings).expect("memory does not fail") {
        if let Event::Segment(..) = event {
            segments += 1;
        }
    }
    assert!(findings.is_empty(), "an invented file is clean: {:?}", findings[0]);
    segments
}

/// Envelopes and each segment's place in its guide, with its elements judged.
fn walk(bytes: &[u8], guides: &Guides) -> u64 {
    let mut envelopes = Envelopes::new(Reader::new(bytes));
    let (mut findings, mut found, mut placed) = (Vec::new(), Vec::new(), 0);
    let mut version = String::new();
    let mut walker: Option<Walker<'_>> = None;
    while let Some(event) = envelopes.next(&mut findings).expect("memory does not fail") {
        match event {
            Event::GroupStart(group) => version.clone_from(&group.version),
            Event::TransactionStart(transaction, st) => {
                let guide = guides.find(&transaction.code, &version).expect("the guide is in the binary");
                walker.insert(Walker::start(guide)).step(&st, 1, &mut found);
            }
            Event::Segment(segment, position) => {
                if let Some(walker) = &mut walker {
                    placed += u64::from(walker.step(&segment, position, &mut found).node.is_some());
                }
            }
            Event::TransactionEnd(end, se) => {
                if let (Some(mut walker), Some(se)) = (walker.take(), se) {
                    walker.step(&se, end.segments, &mut found);
                    walker.finish(end.segments + 1, &mut found);
                }
            }
            Event::InterchangeStart(_) | Event::InterchangeEnd(_) | Event::GroupEnd(_) | Event::Ta1(_) => {}
            Event::Stray(_) | Event::Damage(_) => {}
        }
    }
    assert!(found.is_empty(), "an invented file is clean: {:?}", found[0]);
    placed
}

fn segments_of(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(Delimiters::USUAL.segment, bytes).count() as u64
}

/// Claims and claim payments alike.
fn count_claims(bytes: &[u8]) -> usize {
    // A terminator, or the line break after it, stands before each segment.
    let count = |start: &[u8]| memchr::memmem::find_iter(bytes, start).count();
    [&b"~CLM*"[..], b"\nCLM*", b"~CLP*", b"\nCLP*"].into_iter().map(count).sum()
}
