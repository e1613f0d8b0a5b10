//! Real files of other people, where they stand beside the project: what a gateway should take is taken, what it
//! should refuse is refused with a finding that names a place, and what is found in each is what was found before.
//! `docs/corpus.md` says why some are judged otherwise than their manifest suggests; it is read here.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::world::World;
use super::world::run::said;

/// What was found in each file of the corpus. Written anew by `CLAIMGATE_BLESS=1 cargo test --test it corpus`.
const GOLDEN: &str = "tests/it/corpus_golden.tsv";
const DOCS: &str = include_str!("../../docs/corpus.md");
/// More in one run than one command line should hold.
const FILES_AT_ONCE: usize = 60;

/// What was found in one file.
struct Judged {
    findings: Vec<Value>,
    summary: Value,
}

impl Judged {
    fn errors(&self) -> impl Iterator<Item = &Value> {
        self.findings.iter().filter(|finding| finding["severity"] == "error")
    }

    /// The widest thing that is rejected, with the codes that say so.
    fn verdict(&self) -> String {
        if self.summary["refused"].is_string() {
            return "refused".to_string();
        }
        for (scope, code) in [("interchange", "ta1"), ("group", "ak9"), ("transaction", "ik5")] {
            let mut codes: Vec<&str> =
                self.errors().filter(|f| f["scope"] == scope).map(|f| f["ack"][code].as_str().unwrap_or("")).collect();
            if !codes.is_empty() {
                codes.sort_unstable();
                codes.dedup();
                codes.retain(|code| !code.is_empty());
                return format!("{scope} {}", codes.join(" ")).trim().to_string();
            }
        }
        match self.errors().next() {
            Some(_) => "claims".to_string(),
            None => "accepted".to_string(),
        }
    }

    /// `edit SEG@position/element-component` of each finding.
    fn found(&self) -> String {
        let mut all = Vec::new();
        for finding in &self.findings {
            let mut one = finding["edit"].as_str().unwrap().to_string();
            let segment = &finding["segment"];
            if !segment.is_null() {
                write!(one, " {}@{}", segment["id"].as_str().unwrap(), segment["position"]).unwrap();
            }
            for (sign, key) in [("/", "element"), ("-", "component"), ("^", "repetition")] {
                if finding[key].is_u64() {
                    write!(one, "{sign}{}", finding[key]).unwrap();
                }
            }
            all.push(one);
        }
        all.join("; ")
    }
}

/// `None` where there is no corpus. A checkout may stand one folder deeper.
fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("../shared/corpus"), root.join("../../shared/corpus")];
    let found = folders.into_iter().find(|folder| folder.join("MANIFEST.tsv").is_file());
    if found.is_none() {
        println!("skipped: ../shared/corpus is not there");
    }
    found
}

#[test]
fn every_file_of_the_corpus_is_judged_as_its_manifest_says_and_as_before() {
    let Some(corpus) = corpus() else { return };
    let manifest = manifest(&corpus);
    assert!(manifest.len() > 200, "{} files", manifest.len());
    let judged = judge(&corpus, manifest.keys());
    let mut excused = table("exceptions");
    let mut wrong = Vec::new();
    for (path, suggested) in &manifest {
        let found = judged.get(path).unwrap_or_else(|| panic!("{path} has no summary"));
        match (fault(found, suggested), excused.remove(path.as_str())) {
            (Some(fault), None) => wrong.push(format!("{path} ({suggested}): {fault}")),
            (None, Some(reason)) => wrong.push(format!("{path} needs no exception any more: {reason:?}")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    wrong.extend(excused.keys().map(|path| format!("{path} is excepted and not in the corpus")));
    wrong.extend(decisions(&manifest, &judged));
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), manifest.len(), wrong.join("\n"));
    golden(&judged);
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
        let mut args = vec!["validate", "--snip", "2", "--as-of", "2026-06-01", "--format", "json"];
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
    let errors: Vec<&Value> = judged.errors().collect();
    let short =
        |finding: &&Value| format!("{} at {}: {}", finding["edit"], finding["segment"]["line"], finding["message"]);
    let verdict = judged.verdict();
    let refused = judged.summary["refused"].is_string();
    let envelope = ["interchange", "group", "transaction"].iter().any(|scope| verdict.starts_with(scope));
    match suggested {
        "accept" if !errors.is_empty() || judged.summary["errors"] != 0 || refused => {
            Some(format!("{} errors, first {}", errors.len(), errors.first().map(short).unwrap_or_default()))
        }
        "reject-envelope" | "reject-version" | "reject-unsupported-type" | "reject-unsupported-guide" => {
            let placed = errors.iter().any(|finding| finding["segment"]["line"].is_u64());
            let as_suggested = refused || (envelope && placed);
            (!as_suggested).then(|| format!("it is {verdict}"))
        }
        "reject-content" => (verdict != "claims").then(|| format!("it is {verdict}")),
        "not-loadable" => (!refused && errors.is_empty()).then(|| format!("it is {verdict}")),
        // Taken in: read to its end and judged. That the gateway keeps and matches it, the answers' tests show.
        _ if suggested.starts_with("ingest") => refused.then(|| "it is refused".to_string()),
        _ => None,
    }
}

/// Rows of a table of `docs/corpus.md`: what stands after the path, by path.
fn table(name: &str) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mark = format!("<!-- {name} -->");
    let text = DOCS.split(mark.as_str()).nth(1).unwrap_or_else(|| panic!("docs/corpus.md has no table of {name}"));
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    rows.map(cells).map(|row| (row[0].trim_matches('`'), row[1..].to_vec())).collect()
}

/// Files whose manifest leaves the verdict open are each decided in `docs/corpus.md`, and so judged.
fn decisions(manifest: &BTreeMap<String, String>, judged: &BTreeMap<String, Judged>) -> Vec<String> {
    let open = |suggested: &str| {
        suggested.ends_with("leaning") || matches!(suggested, "unclear" | "dispute" | "reader-level-only")
    };
    let mut decided = table("decisions");
    let mut wrong = Vec::new();
    for (path, suggested) in manifest.iter().filter(|(_, suggested)| open(suggested)) {
        let verdict = judged[path].verdict();
        match decided.remove(path.as_str()) {
            None => wrong.push(format!("{path} ({suggested}) is not decided; it is {verdict}")),
            Some(row) if row[0] != suggested || row[1] != verdict => {
                wrong.push(format!("{path} is {suggested} and {verdict}, and not {row:?}"))
            }
            Some(_) => {}
        }
    }
    wrong.extend(decided.keys().map(|path| format!("{path} is decided, and needs not be")));
    wrong
}

fn golden(judged: &BTreeMap<String, Judged>) {
    let mut now = String::from("path\tverdict\tclaims\taccepted\tfindings\n");
    for (path, one) in judged {
        let (claims, accepted) = (&one.summary["claims"], &one.summary["accepted_claims"]);
        writeln!(now, "{path}\t{}\t{claims}\t{accepted}\t{}", one.verdict(), one.found()).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    if std::env::var_os("CLAIMGATE_BLESS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = before.lines().zip(now.lines()).find(|(before, now)| before != now);
    let hint = "if it is meant so: CLAIMGATE_BLESS=1 cargo test --test it corpus";
    assert_eq!(differs, None, "{GOLDEN} says something else; {hint}");
    assert_eq!(before.lines().count(), now.lines().count(), "{GOLDEN}: {hint}");
}
