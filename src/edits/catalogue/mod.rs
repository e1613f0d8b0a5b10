//! Every edit in one catalogue: its id, its level, the claims it applies to, what it says in a 277CA and to
//! the biller. The rules that fire them stand in `edits/rules/`; nothing else makes an edit's text.

use crate::domain::finding::StatusCode;
use crate::domain::{ClaimKind, Severity};

pub mod balance;
pub mod claim;
pub mod codes;
pub mod line;
pub mod lookup;
pub mod party;

/// One edit. `statuses` are the composites of a 277CA's STC, `category:status` or `category:status:entity`
/// with a space between; `xx` as entity is the party's own code, told where the edit fires.
#[derive(Debug)]
pub struct Edit {
    /// Stable, as `npi-check-digit`.
    pub id: &'static str,
    /// The line of the fact table it implements, as `X5-01`.
    pub fact: &'static str,
    pub snip: u8,
    /// Letters of the kinds it looks at: P, I, D.
    pub applies: &'static str,
    /// Where no partner's file says otherwise.
    pub severity: Severity,
    pub statuses: &'static str,
    /// In the biller's words. `{who}` is the party; each `{}` is a fact told where the edit fires.
    pub message: &'static str,
    pub fix: &'static str,
}

impl Edit {
    pub fn applies_to(&self, kind: ClaimKind) -> bool {
        let letter = match kind {
            ClaimKind::Professional => 'P',
            ClaimKind::Institutional => 'I',
            ClaimKind::Dental => 'D',
        };
        self.applies.contains(letter)
    }

    /// The statuses for a 277CA with `entity` in the place of `xx`.
    pub fn status_codes(&self, entity: &'static str) -> Vec<StatusCode> {
        self.statuses.split_ascii_whitespace().map(|composite| status_code(composite, entity)).collect()
    }
}

fn status_code(composite: &'static str, entity: &'static str) -> StatusCode {
    let mut parts = composite.split(':');
    StatusCode {
        category: parts.next().unwrap_or_default().into(),
        code: parts.next().unwrap_or_default().into(),
        entity: parts.next().map(|code| if code == "xx" { entity } else { code }.into()),
    }
}

/// All edits, by subject.
pub fn all() -> impl Iterator<Item = &'static Edit> {
    [balance::ALL, party::ALL, claim::ALL, line::ALL, codes::ALL, lookup::ALL].into_iter().flatten().copied()
}

pub fn by_id(id: &str) -> Option<&'static Edit> {
    all().find(|edit| edit.id == id)
}

/// Writes a file's edits and the list of them. The level stands in the fact's second character.
macro_rules! edits {
    ($($name:ident $id:literal $fact:literal $snip:literal $applies:ident $severity:ident $statuses:literal
        $message:literal $fix:literal;)*) => {
        $(pub static $name: crate::edits::catalogue::Edit = crate::edits::catalogue::Edit {
            id: $id,
            fact: $fact,
            snip: $snip,
            applies: stringify!($applies),
            severity: crate::domain::Severity::$severity,
            statuses: $statuses,
            message: $message,
            fix: $fix,
        };)*
        pub static ALL: &[&crate::edits::catalogue::Edit] = &[$(&$name,)*];
    };
}
pub(crate) use edits;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

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
            assert!(!edit.applies.is_empty() && edit.applies.bytes().all(|b| b"PID".contains(&b)), "{}", edit.id);
            assert!(edit.message.len() > 20, "{} says too little", edit.id);
            assert!(by_id(edit.id).is_some());
        }
    }

    #[test]
    fn statuses_are_complete() {
        for edit in all() {
            let codes = edit.status_codes("xx");
            assert!(codes.len() <= 3, "{}: an STC has room for three", edit.id);
            assert!(edit.severity == Severity::Warning || !codes.is_empty(), "{} rejects without a status", edit.id);
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
}
