//! Properties over generated files: every good one passes in whatever form it is sent, and every mutation of one is
//! found where it was made.

use std::io::Write;
use std::process::{Command, Stdio};

use claimgate::domain::{ClaimKind, Severity};
use claimgate::edits::sink::{SyntaxVerdict, Verdict};
use claimgate::simulator::claims::Batch;
use claimgate::x12::Delimiters;
use claimgate::x12::write::Layout as WriteLayout;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::checking::{settings, told, told_on_one_core, walker};
use super::chopped::Chopped;
use super::draft::{Draft, Layout};
use super::mutations::{self, Clean, KINDS};
use super::sample::Sample;
use super::{answering, reading, writing};

/// Files are checked without optimization here; a hundred cases take seconds.
fn cases(count: u32) -> Config {
    Config { cases: count, failure_persistence: None, ..Config::default() }
}

fn kind() -> impl Strategy<Value = ClaimKind> {
    proptest::sample::select(ClaimKind::ALL.to_vec())
}

fn batch(kind: ClaimKind, claims: usize, seed: u64) -> Batch {
    Batch::new(kind, claims, seed, date(2026, 11, 18))
}

/// Delimiters that data of the generators does not hold, and every layout that partners send.
fn layout() -> impl Strategy<Value = Layout> {
    let free = "*|!+^~>;<?@%$#{}[]\u{1c}\u{1d}\u{1e}\u{1f}=`\"";
    let free: Vec<char> = free.chars().collect();
    let separators = proptest::sample::subsequence(free, 4).prop_shuffle();
    let breaks = proptest::sample::select(vec!["", "\n", "\r\n", "\r"]);
    (separators, breaks, 0..4u8).prop_map(|(chosen, line_break, own)| {
        let terminator = if own == 0 { '\n' } else { chosen[3] };
        let line_break = if own == 0 { "" } else { line_break };
        Layout { element: chosen[0], repetition: chosen[1], component: chosen[2], terminator, line_break }
    })
}

/// A file of several interchanges, groups and transactions from several batches of one or more kinds.
/// Each has a seed of its own: the same batch twice would be claims sent twice.
fn joined(parts: &[(ClaimKind, usize, usize)], seed: u64) -> (Draft, usize) {
    let mut segments = Vec::new();
    let mut claims = 0;
    for (n, &(kind, count, claims_per_transaction)) in parts.iter().enumerate() {
        let batch = Batch { claims_per_transaction, ..batch(kind, count, seed.wrapping_add(n as u64)) };
        segments.extend(Draft::read(&batch.to_bytes().0).segments);
        claims += count;
    }
    (Draft { segments }, claims)
}

fn parts() -> impl Strategy<Value = Vec<(ClaimKind, usize, usize)>> {
    proptest::collection::vec((kind(), 1..12usize, 1..8usize), 1..4)
}

/// Moves the groups of a file's interchanges into the first one.
fn one_interchange(draft: &mut Draft) {
    let first = draft.segments[0].clone();
    let last = draft.segments.last().expect("an IEA").clone();
    draft.segments.retain(|segment| !matches!(segment[0].as_str(), "ISA" | "IEA"));
    let mut number = 0;
    for segment in &mut draft.segments {
        match segment[0].as_str() {
            "GS" => {
                number += 1;
                segment[6] = number.to_string();
            }
            "GE" => segment[2] = number.to_string(),
            _ => {}
        }
    }
    draft.segments.insert(0, first.clone());
    draft.segments.push(last);
    let end = draft.segments.len() - 1;
    draft.segments[end][2] = first[13].clone();
    draft.recount();
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn any_good_file_passes_in_any_form(parts in parts(), seed: u64, layout in layout(), together: bool) {
        let (mut draft, claims) = joined(&parts, seed);
        if together {
            one_interchange(&mut draft);
        }
        let bytes = draft.lay_out(layout);
        let (log, summary) = told(&bytes[..], &settings());
        let errors: Vec<_> = log.findings.iter().filter(|one| one.severity == Severity::Error).collect();
        prop_assert!(errors.is_empty(), "{layout:?}: {errors:#?}");
        prop_assert_eq!(log.claims.len(), claims);
        prop_assert!(log.claims.iter().all(|claim| claim.verdict == Verdict::Accepted));
        prop_assert!(log.transactions.iter().all(|one| one.verdict == SyntaxVerdict::Accepted));
        prop_assert_eq!(summary.claims.accepted as usize, claims);
        // The usual form says the same of every claim.
        let (usual, _) = told(&draft.write()[..], &settings());
        let name = |log: &super::checking::Log| -> Vec<_> {
            log.claims.iter().map(|claim| (claim.number.clone(), claim.charge, claim.fingerprint)).collect()
        };
        prop_assert_eq!(name(&log), name(&usual));
    }

    #[test]
    fn good_and_spoiled_files_hold_what_any_bytes_hold(kind in kind(), seed: u64, layout in layout(), cut in 0..4000usize) {
        let batch = Batch { defects_per_mille: Some(400), ..batch(kind, 6, seed) };
        let mut bytes = Draft::read(&batch.to_bytes().0).lay_out(layout);
        // Half of them are cut off somewhere.
        if cut < 2000 {
            bytes.truncate(bytes.len().saturating_sub(cut));
        }
        reading::reader(&bytes, Sample::All);
        walker(&bytes, Sample::All);
        answering::acknowledgements(&bytes, Sample::All);
        let (whole, chopped) = (told(&bytes[..], &settings()), told_on_one_core(Chopped::new(&bytes, seed), &settings()));
        prop_assert!(whole == chopped, "the check depends on how the file was cut into reads");
    }

    #[test]
    fn what_is_written_reads_as_it_was_written(
        delimiters in proptest::array::uniform4(any::<u8>()),
        lines: bool,
        segments in proptest::collection::vec(proptest::collection::vec("[ -~]{0,12}|[A-Z0-9]{2,3}", 1..6), 0..12),
        id in "[A-Z][A-Z0-9]{1,2}",
    ) {
        let [element, repetition, component, segment] = delimiters;
        let delimiters = Delimiters { element, repetition: Some(repetition), component, segment };
        let layout = if lines { WriteLayout::Lines } else { WriteLayout::Packed };
        let mut all: Vec<Vec<&str>> = segments.iter().map(|s| s.iter().map(String::as_str).collect()).collect();
        all.iter_mut().for_each(|segment| segment.insert(0, &id));
        writing::round_trip(delimiters, layout, &all);
        writing::round_trip(Delimiters::USUAL, layout, &all);
    }
}

proptest! {
    #![proptest_config(cases(2))]

    /// Large enough to be shared out, with faults in it, and some of them cut off.
    #[test]
    fn two_cores_tell_what_one_tells(seed: u64, parts in parts(), cut in 0..60_000usize) {
        let parts: Vec<_> = parts.into_iter().map(|(kind, count, each)| (kind, count * 60 + 400, each * 50)).collect();
        let (mut draft, _) = joined(&parts, seed);
        let spoiled = Batch { defects_per_mille: Some(200), ..batch(ClaimKind::Professional, 600, !seed) };
        draft.segments.extend(Draft::read(&spoiled.to_bytes().0).segments);
        let mut bytes = draft.write();
        bytes.truncate(bytes.len() - cut.saturating_sub(30_000));
        prop_assert!(bytes.len() > 512 * 1024);
        let (one, two) = (told_on_one_core(&bytes[..], &settings()), told(&bytes[..], &settings()));
        prop_assert!(one.1 == two.1, "the sums differ: {:?} {:?}", one.1, two.1);
        prop_assert!(one == two, "two cores tell another story than one");
    }

    /// Every mutation in a claim drawn anew: the list itself, in many more files, is for `make bench`.
    #[test]
    fn any_mutation_is_found_where_it_was_made(seed: u64, first in 0..12usize) {
        for (letter, kind) in KINDS {
            let clean = Clean::new(&mutations::good_file(kind, 12, seed));
            for mutation in mutations::all().filter(|mutation| mutation.kinds.contains(letter)) {
                let claims = clean.claims();
                let tried = (0..claims).find_map(|n| clean.mutate(mutation, (first + n) % claims));
                let Some(outcome) = tried else { continue };
                prop_assert!(outcome.found.is_some(), "{letter} {mutation:?}: only {:?}", outcome.instead);
                prop_assert_eq!(outcome.wrongly_refused, 0, "{} {:?}", letter, mutation);
            }
        }
    }
}

#[test]
fn standard_input_is_judged_as_memory_is() {
    for kind in ClaimKind::ALL {
        let batch = Batch { defects_per_mille: Some(300), ..batch(kind, 40, 77) };
        let bytes = batch.to_bytes().0;
        let mut child = Command::new(env!("CARGO_BIN_EXE_claimgate"))
            .args(["validate", "--format", "json", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // In pieces, as from a pipe.
        for piece in bytes.chunks(997) {
            input.write_all(piece).unwrap();
        }
        drop(input);
        let output = child.wait_with_output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let summary = lines.last().unwrap();
        let (_, expected) = told(&bytes[..], &settings());
        assert_eq!(summary["accepted_claims"], expected.claims.accepted, "{kind}: {summary}");
        assert_eq!(summary["rejected_claims"], expected.claims.rejected, "{kind}: {summary}");
        assert_eq!(summary["errors"], expected.errors, "{kind}");
    }
}
