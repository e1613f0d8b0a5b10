//! Clean files read with the crate `x12-types` and with our own reader and walk: the same segments, the same number
//! of claims. Where the crate does not read a transaction, the cause is one that `docs/peers.md` explains.

use std::collections::BTreeMap;
use std::path::Path;

use claimgate::guide::{Guides, Walker};
use claimgate::x12::typed::{Copy, TypedError};
use claimgate::x12::{Envelopes, Event, Reader};
use serde_json::Value;

use super::batches::{Dental, Institutional, Professional, clean};

const DOCS: &str = include_str!("../../docs/peers.md");

#[derive(Default)]
struct Compared {
    /// Transactions that both read alike, and the claims in them.
    alike: u32,
    claims: u32,
    /// Cause to where it was met.
    causes: BTreeMap<String, Vec<String>>,
}

#[test]
fn a_peer_reads_the_same_segments_and_claims_or_for_a_known_reason_none() {
    let guides = Guides::load(None).unwrap();
    let mut compared = Compared::default();
    for (kind, seed) in [(Professional, 971), (Institutional, 972), (Dental, 973)] {
        for claims in [1, 7] {
            compare(
                &guides,
                &format!("{claims} of {kind:?}"),
                &clean(kind, claims, seed, "BSTAR").bytes,
                &mut compared,
            );
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for example in ["docs/examples/first.837", "docs/examples/first.835", "bench/peers/clean/institutional.837"] {
        compare(&guides, example, &std::fs::read(root.join(example)).unwrap(), &mut compared);
    }
    let own = compared.alike;
    let corpus = corpus(root);
    for (name, bytes) in &corpus {
        compare(&guides, name, bytes, &mut compared);
    }
    let known: Vec<&str> =
        DOCS.split("<!-- typed -->").nth(1).expect("docs/peers.md has the table of causes").lines().collect();
    let explained = |cause: &str| known.iter().any(|row| row.starts_with(&format!("| {cause} |")));
    let unknown: Vec<_> = compared.causes.iter().filter(|(cause, _)| !explained(cause)).collect();
    assert!(unknown.is_empty(), "not in docs/peers.md: {unknown:#?}");
    println!("{own} of our own and {} in all were read alike, with {} claims", compared.alike, compared.claims);
    assert!(own >= OWN_ALIKE_MIN, "only {own} of our own transactions were read alike");
    assert!(corpus.is_empty() || compared.alike >= ALL_ALIKE_MIN, "only {} were read alike", compared.alike);
    assert!(compared.claims > 10, "only {} claims were compared", compared.claims);
}

const OWN_ALIKE_MIN: u32 = 8;
const ALL_ALIKE_MIN: u32 = 44;

/// Files that the manifest of the corpus accepts or lets in; none where there is no corpus.
fn corpus(root: &Path) -> Vec<(String, Vec<u8>)> {
    let folders = [root.join("../shared/corpus"), root.join("../../shared/corpus")];
    let Some(folder) = folders.into_iter().find(|folder| folder.join("MANIFEST.tsv").is_file()) else {
        println!("skipped: ../shared/corpus is not there");
        return Vec::new();
    };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let rows = manifest.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let clean = rows.filter(|row| matches!(row[8], "accept" | "ingest"));
    clean.map(|row| (row[0].to_string(), std::fs::read(folder.join(row[0])).unwrap())).collect()
}

fn compare(guides: &Guides, name: &str, bytes: &[u8], compared: &mut Compared) {
    let mut envelopes = Envelopes::new(Reader::new(bytes));
    let (mut copy, mut found, mut findings) = (Copy::default(), Vec::new(), Vec::new());
    let (mut version, mut code, mut claims) = (String::new(), String::new(), 0);
    let mut walker: Option<Walker<'_>> = None;
    while let Some(event) = envelopes.next(&mut findings).unwrap() {
        match event {
            Event::GroupStart(group) => version.clone_from(&group.version),
            Event::TransactionStart(transaction, st) => {
                code.clone_from(&transaction.code);
                claims = 0;
                copy.clear();
                copy.push(&st);
                walker = guides.find(&code, &version).map(|guide| Walker::start(guide));
                if let Some(walker) = &mut walker {
                    walker.step(&st, 1, &mut found);
                }
            }
            Event::Segment(segment, position) => {
                copy.push(&segment);
                if let Some(walker) = &mut walker {
                    claims += u32::from(walker.step(&segment, position, &mut found).opens_claim);
                }
            }
            Event::TransactionEnd(_, se) => {
                if let (Some(_), Some(se)) = (walker.take(), se) {
                    copy.push(&se);
                    judge(name, &code, &copy, claims, compared);
                }
            }
            Event::InterchangeStart(_) | Event::Ta1(_) | Event::GroupEnd(_) | Event::InterchangeEnd(_) => {}
            Event::Stray(_) | Event::Damage(_) => {}
        }
    }
}

fn judge(name: &str, code: &str, copy: &Copy, claims: u32, compared: &mut Compared) {
    let cause = match copy.view(code) {
        Ok(view) => {
            // A view writes back to the very segments it was read from, or there is none.
            let segment = match code {
                "837" => "clm",
                "835" => "clp",
                _ => "",
            };
            if !segment.is_empty() {
                assert_eq!(count(&view, segment), claims, "{name}: {code}");
                compared.claims += claims;
            }
            compared.alike += 1;
            return;
        }
        Err(TypedError::NotModelled(code)) => format!("no {code}"),
        Err(TypedError::Order { at }) => format!("{code} stops at {at}"),
        Err(TypedError::Lossy { segment }) => format!("{code} loses something of {segment}"),
        Err(TypedError::Broken(_)) => format!("{code} breaks down"),
        Err(TypedError::Character { .. }) => "a character it cannot carry".to_string(),
        Err(TypedError::TooLarge) => "too large".to_string(),
    };
    compared.causes.entry(cause).or_default().push(name.to_string());
}

/// How many segments of that name hold something.
fn count(value: &Value, name: &str) -> u32 {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, member)| u32::from(key == name) + count(member, name)).sum()
        }
        Value::Array(items) => items.iter().map(|item| count(item, name)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
