//! What the walk says of whole transactions.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::*;
use crate::domain::{Finding, Severity};
use crate::guide::Guides;
use crate::x12::{Envelopes, Event, Reader};

static GUIDES: LazyLock<Guides> = LazyLock::new(|| Guides::load(None).expect("the shipped guides are sound"));

/// All findings of a file, envelopes first to last; transactions without a guide are only read.
fn walk(bytes: &[u8]) -> (Vec<Finding>, usize) {
    let mut envelopes = Envelopes::new(Reader::new(bytes));
    let (mut findings, mut found) = (Vec::new(), Vec::new());
    let (mut version, mut walker, mut walked) = (String::new(), None, 0);
    while let Some(event) = envelopes.next(&mut findings).unwrap() {
        match event {
            Event::GroupStart(group) => version = group.version.clone(),
            Event::TransactionStart(transaction, st) => {
                let named = if transaction.version.is_empty() { &version } else { &transaction.version };
                let guide = GUIDES.find(&transaction.code, named).or_else(|| GUIDES.find(&transaction.code, &version));
                walker = guide.map(|guide| Walker::start(guide));
                walked += usize::from(walker.is_some());
                walker.iter_mut().for_each(|walker| drop(walker.step(&st, 1, &mut found)));
            }
            Event::Segment(segment, position) => {
                walker.iter_mut().for_each(|walker| drop(walker.step(&segment, position, &mut found)));
            }
            Event::TransactionEnd(end, se) => {
                if let Some(mut walker) = walker.take() {
                    if let Some(se) = se {
                        walker.step(&se, end.segments, &mut found);
                    }
                    walker.finish(end.segments + 1, &mut found);
                }
            }
            Event::InterchangeStart(_) | Event::Ta1(_) | Event::GroupEnd(_) | Event::InterchangeEnd(_) => {}
            Event::Stray(_) | Event::Damage(_) => {}
        }
    }
    findings.extend(found.into_iter().map(|found| found.finding));
    (findings, walked)
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, into),
            path => into.push(path),
        }
    }
}

#[test]
fn every_file_of_the_corpus_is_walked_without_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let corpus = if corpus.is_dir() { corpus } else { PathBuf::from("/work/shared/corpus/files") };
    let mut all = Vec::new();
    files(&corpus, &mut all);
    for path in all {
        let (findings, walked) = walk(&std::fs::read(&path).unwrap());
        let errors: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
        println!("FILE\t{}\t{walked}\t{}\t{}", path.strip_prefix(&corpus).unwrap().display(), errors.len(), findings.len());
        for finding in findings.iter().filter(|f| f.severity == Severity::Error).take(12) {
            let at = finding.place.segment.as_ref().map(|s| format!("{} {} line {}", s.position, s.id, s.line));
            println!("   {:?} {} {:?} {:?} | {}", finding.place.loop_id, finding.edit, at, finding.value, finding.message);
        }
    }
}

#[test]
fn generated() {
    let mut all = Vec::new();
    files(Path::new("/tmp/x12gen"), &mut all);
    for path in all {
        let bytes = std::fs::read(&path).unwrap();
        let start = std::time::Instant::now();
        let (findings, walked) = walk(&bytes);
        println!("GEN {} {walked} {} {:?}", path.display(), findings.len(), start.elapsed());
        for finding in findings.iter().take(20) {
            println!("   {finding:?}");
        }
    }
}
