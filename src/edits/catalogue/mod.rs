//! Every edit in one catalogue: its id, its level, what it applies to, what it says in a TA1, 999 or 277CA and to the
//! biller. Each room keeps the entries of what it fires, here and in `x12::edits` and `guide::edits`; nothing else makes
//! an edit's text. [`facts`] has the rules behind them, [`listing`] shows all to readers.

pub mod answers;
pub mod balance;
pub mod business;
pub mod claim;
pub mod codes;
pub mod envelope;
pub mod facts;
pub mod line;
pub mod listing;
pub mod lookup;
pub mod party;
pub mod payer;
pub mod remittance;

pub use crate::domain::Edit;
pub(crate) use crate::domain::edit::edits;
use crate::{guide, x12};

/// All edits, by level and subject.
pub fn all() -> impl Iterator<Item = &'static Edit> {
    let syntax = [x12::edits::ALL, envelope::ALL, guide::edits::ALL];
    let claims = [balance::ALL, party::ALL, claim::ALL, line::ALL, codes::ALL, business::ALL, lookup::ALL, payer::ALL];
    let answers = [remittance::ALL, answers::ALL];
    syntax.into_iter().chain(claims).chain(answers).flatten().copied()
}

pub fn by_id(id: &str) -> Option<&'static Edit> {
    all().find(|edit| edit.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::Severity;

    /// Statuses whose text speaks of "entity", and those that need a second status to name a field.
    const NEED_ENTITY: &[&str] = &[
        "16", "17", "19", "24", "25", "26", "85", "88", "97", "109", "125", "126", "127", "128", "129", "132", "133",
        "142", "145", "148", "149", "153", "157", "158", "159", "163", "164", "183", "252", "387", "480", "496", "499",
        "500", "501", "502", "503", "504", "505", "506", "516", "562", "663", "680", "695", "741", "755", "775",
    ];
    const NEED_SECOND: &[&str] = &["21", "402", "508", "510", "511", "512", "693", "694", "697", "700", "732", "745"];
    /// Entity codes of the claim level of a 277CA.
    const ENTITIES: &[&str] = &[
        "1P", "40", "41", "71", "72", "73", "77", "82", "85", "87", "DK", "DN", "DQ", "GB", "IL", "PR", "PRP", "QB",
        "QC", "SEP", "TTP", "xx",
    ];

    #[test]
    fn ids_are_unique_and_speak_for_themselves() {
        let mut seen = HashSet::new();
        for edit in all() {
            assert!(seen.insert(edit.id), "{} stands twice", edit.id);
            assert!(edit.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", edit.id);
            assert!(!edit.applies.is_empty() && edit.applies.bytes().all(|b| b"PIDRSA".contains(&b)), "{}", edit.id);
            assert!((1..=7).contains(&edit.snip), "{}", edit.id);
            assert!(edit.message.len() > 20, "{} says too little", edit.id);
            assert!(by_id(edit.id).is_some());
            assert!(
                !edit.place.is_empty(),
                "{}: where it points to is missing (`at \"CLM02\"` after the fix)",
                edit.id
            );
        }
    }

    #[test]
    fn statuses_are_complete() {
        for edit in all() {
            let codes = edit.status_codes("xx");
            assert!(codes.len() <= 3, "{}: an STC has room for three", edit.id);
            let told_otherwise = edit.applies == "R" || edit.applies == "S" || edit.fixed;
            let says = edit.severity == Severity::Warning || edit.can_reject() || told_otherwise;
            assert!(says, "{} rejects without a code", edit.id);
            for code in &codes {
                assert!(matches!(&*code.category, "A3" | "A6" | "A7" | "A8"), "{}", edit.id);
                let entity = code.entity.as_deref();
                assert!(
                    entity.is_some() || !NEED_ENTITY.contains(&&*code.code),
                    "{}: {} needs an entity",
                    edit.id,
                    code.code
                );
                assert!(entity.is_none_or(|entity| ENTITIES.contains(&entity)), "{}: {entity:?}", edit.id);
                let second = codes.len() > 1 || !NEED_SECOND.contains(&&*code.code);
                assert!(second, "{}: {} needs a second status", edit.id, code.code);
            }
        }
    }

    /// Codes of TA105, AK905, IK502, IK304 and IK403.
    fn exists(element: &str, code: &str) -> bool {
        let number = code.trim_start_matches('I').parse::<u32>().unwrap_or(999);
        match (element, code.starts_with('I')) {
            ("TA1", false) => code.len() == 3 && number <= 31,
            ("AK9", false) => (1..=26).contains(&number),
            ("IK5", false) => (1..=27).contains(&number),
            ("IK5", true) => (5..=6).contains(&number),
            ("IK3", false) => (1..=8).contains(&number),
            ("IK3", true) => matches!(number, 4 | 6..=9),
            ("IK4", false) => (1..=13).contains(&number),
            ("IK4", true) => matches!(number, 6 | 9..=13),
            _ => false,
        }
    }

    #[test]
    fn acknowledgment_codes_exist() {
        for edit in all().filter(|edit| !edit.ack.is_empty()) {
            let (element, codes) = edit.ack.split_once(' ').expect("an element and its codes");
            for code in codes.split(' ') {
                assert!(exists(element, code), "{}: {element} {code}", edit.id);
            }
        }
        assert!(!exists("TA1", "032") && !exists("IK3", "9") && !exists("IK4", "I1") && !exists("ISA", "1"));
    }

    /// The sources that make findings; each takes its edit from the catalogue, by the type of `Edit`.
    const MAKERS: &[&str] = &[
        "src/x12/control.rs",
        "src/guide/tell.rs",
        "src/edits/supported.rs",
        "src/edits/ta1.rs",
        "src/edits/context.rs",
        "src/edits/report.rs",
        "src/edits/answers/hits.rs",
        "src/cli/validate/earlier.rs",
    ];

    fn sources(folder: &std::path::Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
                found.push((name, text));
            }
        }
    }

    #[test]
    fn every_edit_that_a_finding_can_carry_is_in_the_catalogue() {
        let mut files = Vec::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let of_tests = |name: &str| name.contains("test") || name.ends_with("samples.rs");
        let mut makers = 0;
        for (name, text) in files.iter().filter(|(name, _)| !of_tests(name)) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let made = code.lines().filter(|line| line.trim_start().starts_with("edit: Cow::")).collect::<Vec<_>>();
            if !made.is_empty() {
                assert!(MAKERS.contains(&name.as_str()), "{name} makes findings: take their edits from the catalogue");
                makers += 1;
            }
            for line in made {
                // The other form is a payer's own edit.
                assert!(
                    line.contains("Borrowed(") && line.contains(".id)") || line.contains("Owned(edit.id"),
                    "{line}"
                );
            }
            // An entry that is not in `all` would be one that nobody can look up.
            for line in code.lines().filter(|_| code.contains("\nedits! {")) {
                let mut words = line.trim().split(' ');
                let constant = words.next().is_some_and(|word| {
                    word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
                });
                if let (true, Some(id)) =
                    (constant, words.next().and_then(|id| id.strip_prefix('"')?.strip_suffix('"')))
                {
                    assert!(by_id(id).is_some(), "{name}: {id} is not in the catalogue's list");
                }
            }
        }
        assert_eq!(makers, MAKERS.len());
    }
}
