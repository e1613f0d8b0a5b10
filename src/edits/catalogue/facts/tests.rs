//! That rules and edits cover one another, and the industry's list where it stands beside the project.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

#[test]
fn every_edit_is_of_rules_that_exist() {
    for edit in crate::edits::catalogue::all() {
        assert!(!edit.fact.is_empty(), "{} is of no rule", edit.id);
        for fact in edit.fact.split(' ') {
            assert!(by_id(fact).is_some(), "{}: {fact} is no rule", edit.id);
        }
    }
}

#[test]
fn every_rule_has_an_edit_or_a_reason() {
    let mut seen = BTreeSet::new();
    for fact in all() {
        assert!(seen.insert(fact.id), "{} stands twice", fact.id);
        let edits = fact.edits().count();
        assert!(edits > 0 || fact.without().is_some(), "{} ({}) has neither edit nor reason", fact.id, fact.rule);
        let reason = WITHOUT.iter().any(|(id, _)| *id == fact.id);
        assert!(edits == 0 || !reason, "{} has an edit: take its reason out", fact.id);
    }
    assert_eq!(seen.len(), 206);
}

#[test]
fn the_list_of_the_industry_is_covered() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/domain/facts/edits.tsv");
    let Ok(text) = std::fs::read_to_string(&list) else {
        eprintln!("{} is not here: nothing to compare with", list.display());
        return;
    };
    let ours: BTreeSet<&str> = all().map(|fact| fact.id).collect();
    let theirs: BTreeSet<&str> = text.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(ours, theirs);
}
