//! The catalogue for readers: an entry as JSON, and all of it as the page `docs/edits.md`.

use std::fmt::{Display, Write};

use serde::Serialize;

use super::facts::{self, Fact};
use super::{Edit, all};
use crate::domain::Severity;
use crate::domain::edit::fill;

/// An entry of the catalogue as programs read it.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub id: &'static str,
    /// SNIP level, 1 to 7.
    pub level: u8,
    /// Letters of what it looks at: P, I, D claims, R remittances, S claim status, A any file.
    pub applies: &'static str,
    /// The rules it watches over, and their ids in the industry's lists.
    pub rules: Vec<&'static str>,
    pub facts: Vec<&'static str>,
    pub severity: Severity,
    /// Whether a partner's file may set the severity.
    pub settable: bool,
    /// Element and codes of the TA1 or 999, as `IK4 7 I6`; null where none tells it.
    pub ack: Option<&'static str>,
    /// Composites of the 277CA's STC, as `A7:562:xx`; `xx` is the party's own code.
    pub status: Vec<&'static str>,
    /// `{...}` is filled with the facts of the case.
    pub message: &'static str,
    pub fix: &'static str,
    /// Where it points to.
    pub place: &'static str,
}

impl Entry {
    pub fn of(edit: &'static Edit) -> Entry {
        let facts: Vec<&str> = edit.fact.split(' ').collect();
        Entry {
            id: edit.id,
            level: edit.snip,
            applies: edit.applies,
            rules: facts.iter().filter_map(|id| facts::by_id(id)).map(|fact| fact.rule).collect(),
            facts,
            severity: edit.severity,
            settable: edit.is_settable(),
            ack: Some(edit.ack).filter(|ack| !ack.is_empty()),
            status: edit.statuses.split_ascii_whitespace().collect(),
            message: edit.message,
            fix: edit.fix,
            place: edit.place,
        }
    }
}

/// All entries, by level and subject.
pub fn entries() -> impl Iterator<Item = Entry> {
    all().map(Entry::of)
}

const HEAD: &str = "\
# Edits

What claimgate checks, by SNIP level. Each rule is one of the industry's lists; under it stand the edits that watch
over it, with the severity they have unless a partner's file says otherwise ([partners/README.md](../partners/README.md)).
An error rejects: its TA1 or 999 code, or its 277CA statuses, say so. A warning is told and rejects nothing. `xx` in a
status is the party's own entity code; `…` in a sentence is a fact of the case. *Fixed* severities are the same for all.

Applies to: P, I, D claims (837P, 837I, 837D), R remittances (835), S claim status (276, 277, 277CA), A any file.

This page is made from the catalogue in `src/edits/catalogue/`: `claimgate edits --format markdown > docs/edits.md`.
`claimgate edits --format json` and `GET /v1/edits` give the same to programs.
";

const LEVELS: [&str; 7] = [
    "X12 syntax",
    "What the guides ask",
    "Balance",
    "What belongs together",
    "Codes and ids kept by others",
    "Lines of business",
    "Trading partners and payers",
];

/// `docs/edits.md`.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for (level, title) in (1..).zip(LEVELS) {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(page, "\n## SNIP {level}: {title}");
        for fact in facts::all().filter(|fact| fact.snip() == level) {
            add_fact(fact, &mut page);
        }
    }
    page
}

fn add_fact(fact: &'static Fact, page: &mut String) {
    let _ = writeln!(page, "\n### {} {}\n", fact.id, fact.rule);
    match fact.without() {
        Some(reason) => {
            let _ = writeln!(page, "No edit: {reason}.");
        }
        None => {
            page.push_str(
                "| edit | level | applies | severity | codes | says | fix | at |\n|---|---|---|---|---|---|---|---|\n",
            );
            fact.edits().for_each(|edit| add_edit(edit, page));
        }
    }
}

fn add_edit(edit: &Edit, page: &mut String) {
    let severity = match edit.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let fixed = if edit.is_settable() { "" } else { ", *fixed*" };
    let codes: Vec<&str> =
        Some(edit.ack).filter(|ack| !ack.is_empty()).into_iter().chain(some(edit.statuses)).collect();
    let _ = writeln!(
        page,
        "| `{}` | {} | {} | {severity}{fixed} | {} | {} | {} | {} |",
        edit.id,
        edit.snip,
        edit.applies,
        codes.join("; "),
        plain(edit.message),
        edit.fix,
        edit.place
    );
}

fn some(text: &'static str) -> Option<&'static str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A message with `…` for each fact of the case.
pub fn plain(message: &str) -> String {
    let fact: &dyn Display = &"…";
    fill(&message.replace("{who}", "party"), &[fact; 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_the_catalogue() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/edits.md");
        if std::env::var_os("WRITE_DOCS").is_some() {
            std::fs::write(path, page()).expect("docs/edits.md can be written");
        }
        let there = std::fs::read_to_string(path).unwrap_or_default();
        let same = there == page();
        assert!(same, "docs/edits.md is not the catalogue's: WRITE_DOCS=1 cargo test --lib the_page_in_docs");
    }

    #[test]
    fn every_edit_stands_in_the_page_under_each_of_its_rules() {
        let page = page();
        for edit in all() {
            let times = page.matches(&format!("| `{}` |", edit.id)).count();
            assert_eq!(times, edit.fact.split(' ').count(), "{}", edit.id);
        }
        assert!(!page.contains('{'), "a place of a fact is shown");
    }
}
