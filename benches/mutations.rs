//! Single mutations of generated files, each in several claims of several files: whether the check finds it, by which
//! edit, and whom it refuses for it that it should not.
//!
//! `cargo bench --bench mutations` prints one line a mutation and kind of file, tab-separated: SNIP level, kind, what
//! is wrong, whom it harms, the edits expected, how often it was made, how often found, the edits that found it, claims
//! wrongly refused, and what was told instead where it was missed. It ends with 1 when one is missed, never applies,
//! or refuses a claim that is good.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

#[allow(dead_code, reason = "the test suite uses the rest")]
#[path = "../tests/proof/checking.rs"]
mod checking;
#[allow(dead_code, reason = "the test suite uses the rest")]
#[path = "../tests/proof/chopped.rs"]
mod chopped;
#[allow(dead_code, reason = "the test suite uses the rest")]
#[path = "../tests/proof/draft.rs"]
mod draft;
#[path = "../tests/proof/mutations/mod.rs"]
mod mutations;
#[allow(dead_code, reason = "the test suite uses the rest")]
#[path = "../tests/proof/reading.rs"]
mod reading;
#[allow(dead_code, reason = "the test suite uses the rest")]
#[path = "../tests/proof/sample.rs"]
mod sample;

use mutations::{Clean, KINDS, Mutation};

/// Files of each kind, claims in each, and in how many claims of each file a mutation is made.
const FILES: u64 = 4;
const CLAIMS: usize = 40;
const CLAIMS_EACH: usize = 5;

#[derive(Default)]
struct Row {
    made: usize,
    found: usize,
    wrongly_refused: usize,
    by: BTreeSet<String>,
    instead: BTreeSet<String>,
}

fn main() -> ExitCode {
    let mut missed = 0;
    for (letter, kind) in KINDS {
        let files = (0..FILES).map(|seed| Clean::new(&mutations::good_file(kind, CLAIMS, 2026 + seed)));
        let files: Vec<Clean> = files.collect();
        let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
        for (n, mutation) in mutations::all().enumerate().filter(|(_, mutation)| mutation.kinds.contains(letter)) {
            let row = rows.entry(n).or_default();
            files.iter().for_each(|file| make(mutation, file, row));
            tell(letter, mutation, row);
            missed += usize::from(row.made == 0 || row.found < row.made || row.wrongly_refused > 0);
        }
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn make(mutation: &Mutation, file: &Clean, row: &mut Row) {
    // Every third claim, then the next ones: so that all providers have their turn.
    let claims = (0..3).flat_map(|first| (first..file.claims()).step_by(3));
    for outcome in claims.filter_map(|claim| file.mutate(mutation, claim)).take(CLAIMS_EACH) {
        row.made += 1;
        row.wrongly_refused += outcome.wrongly_refused;
        match outcome.found {
            Some(edit) => {
                row.found += 1;
                row.by.insert(edit);
            }
            None => row.instead.extend(outcome.instead),
        }
    }
}

fn tell(letter: char, mutation: &Mutation, row: &Row) {
    let joined = |edits: &BTreeSet<String>| edits.iter().cloned().collect::<Vec<_>>().join(" ");
    println!(
        "{}\t{letter}\t{}\t{:?}\t{}\t{}\t{}\t{}\t{}\t{}",
        mutation.snip,
        mutation.name,
        mutation.harms,
        mutation.edits.join(" "),
        row.made,
        row.found,
        joined(&row.by),
        row.wrongly_refused,
        joined(&row.instead),
    );
}
