//! Real files of other people, where they stand beside the project: none crashes the checks, what a gateway should
//! take is taken, and what it should refuse is refused with a finding that names a place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::world::World;
use super::world::run::said;

const EXCEPTIONS: &str = include_str!("corpus_exceptions.tsv");
/// More in one run than one command line should hold.
const FILES_AT_ONCE: usize = 60;

/// What was found in one file.
struct Judged {
    findings: Vec<Value>,
    summary: Value,
}

#[test]
fn every_file_of_the_corpus_is_judged_as_its_manifest_says() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    // A checkout may stand one folder deeper.
    let deeper = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let Some(corpus) = [corpus, deeper].into_iter().find(|folder| folder.join("MANIFEST.tsv").is_file()) else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    let manifest = manifest(&corpus);
    assert!(manifest.len() > 200, "{} files", manifest.len());
    let judged = judge(&corpus, manifest.keys());
    let mut excused: BTreeMap<&str, &str> = EXCEPTIONS.lines().filter_map(|line| line.split_once('\t')).collect();
    excused.remove("path");
    let mut wrong = Vec::new();
    for (path, suggested) in &manifest {
        let found = judged.get(path).unwrap_or_else(|| panic!("{path} has no summary"));
        match (fault(found, suggested), excused.remove(path.as_str())) {
            (Some(fault), None) => wrong.push(format!("{path} ({suggested}): {fault}")),
            (None, Some(reason)) => wrong.push(format!("{path} needs no exception any more: {reason}")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    wrong.extend(excused.keys().map(|path| format!("{path} is excepted and not in the corpus")));
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), manifest.len(), wrong.join("\n"));
}

/// Path to `suggested`.
fn manifest(corpus: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| (row[0].to_string(), row[8].to_string())).collect()
}

fn judge<'a>(corpus: &Path, paths: impl Iterator<Item = &'a String>) -> BTreeMap<String, Judged> {
    let world = World::without_keys();
    let paths: Vec<PathBuf> = paths.map(|path| corpus.join(path)).collect();
    let mut judged = BTreeMap::new();
    for some in paths.chunks(FILES_AT_ONCE) {
        let mut args = vec!["validate", "--snip", "2", "--format", "json"];
        args.extend(some.iter().map(|path| path.to_str().unwrap()));
        let output = world.claimgate(&args);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let mut findings = Vec::new();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["kind"] == "finding" {
                findings.push(line);
                continue;
            }
            let path = Path::new(line["file"].as_str().unwrap()).strip_prefix(corpus).unwrap().display().to_string();
            judged.insert(path, Judged { findings: std::mem::take(&mut findings), summary: line });
        }
    }
    judged
}

/// What is not as suggested.
fn fault(judged: &Judged, suggested: &str) -> Option<String> {
    let errors: Vec<&Value> = judged.findings.iter().filter(|finding| finding["severity"] == "error").collect();
    let short =
        |finding: &&Value| format!("{} at {}: {}", finding["edit"], finding["segment"]["line"], finding["message"]);
    match suggested {
        "accept" if !errors.is_empty() || judged.summary["errors"] != 0 => {
            Some(format!("{} errors, first {}", errors.len(), errors.first().map(short).unwrap_or_default()))
        }
        _ if suggested.starts_with("reject-") && !suggested.ends_with("leaning") => {
            let placed = errors.iter().any(|finding| finding["segment"]["line"].is_u64());
            match (errors.is_empty(), placed) {
                (true, _) if judged.summary["refused"].is_string() => None,
                (true, _) => Some("no error was found".to_string()),
                (false, false) => Some(format!("no error has a place: {}", short(&errors[0]))),
                (false, true) => None,
            }
        }
        _ => None,
    }
}
