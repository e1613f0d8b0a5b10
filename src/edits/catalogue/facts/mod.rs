//! The rules that the edits watch over, each in a phrase, by the ids of the industry's lists of edits: S1 and S2
//! syntax, B3 balance, H4 to L4 and R4 what belongs together, X5 codes, P6 lines of business, T7 partners. An edit
//! names its rules; a rule without an edit says why.

mod balance;
mod business;
mod claims;
mod codes;
mod parties;
mod syntax;

use super::Edit;

/// One rule.
#[derive(Debug)]
pub struct Fact {
    pub id: &'static str,
    pub rule: &'static str,
}

impl Fact {
    const fn new(id: &'static str, rule: &'static str) -> Fact {
        Fact { id, rule }
    }

    /// The edits that watch over it.
    pub fn edits(&self) -> impl Iterator<Item = &'static Edit> {
        super::all().filter(|edit| edit.fact.split(' ').any(|fact| fact == self.id))
    }

    /// SNIP level: the second character of the id.
    pub fn snip(&self) -> u8 {
        self.id.as_bytes()[1] - b'0'
    }

    /// Why it has no edit.
    pub fn without(&self) -> Option<&'static str> {
        let reason = WITHOUT.iter().find(|(id, _)| *id == self.id).map(|(_, reason)| *reason);
        reason.or_else(|| NOT_YET.contains(&self.id).then_some("not built yet"))
    }
}

/// All rules, by level and subject.
pub fn all() -> impl Iterator<Item = &'static Fact> {
    let lists = [syntax::FACTS, balance::FACTS, parties::FACTS, claims::FACTS, codes::FACTS, business::FACTS];
    lists.into_iter().flatten()
}

pub fn by_id(id: &str) -> Option<&'static Fact> {
    all().find(|fact| fact.id == id)
}

/// Rules that no finding tells of, and why.
const WITHOUT: &[(&str, &str)] = &[
    (
        "T7-06",
        "the door refuses it: 409 with the first submission's id, over SFTP a note in the log; no file is made of it",
    ),
    ("T7-12", "the door refuses the login or the key: no bytes are taken, so that nothing can be acknowledged"),
    ("T7-13", "no claim status is answered yet"),
];

/// Rules that no edit watches over yet.
const NOT_YET: &[&str] = &[
    "B3-09", "H4-01", "H4-03", "N4-07", "N4-12", "N4-13", "N4-17", "B4-09", "B4-13", "C4-18", "C4-22", "C4-25",
    "C4-26", "C4-27", "L4-10", "L4-12", "L4-15", "P6-04", "P6-05", "P6-06", "P6-07", "P6-08", "P6-09", "P6-10",
    "P6-11", "P6-13", "P6-14", "P6-15", "P6-16", "P6-19", "P6-20", "T7-03", "T7-04", "T7-07", "T7-08", "T7-09",
    "T7-10",
];

#[cfg(test)]
mod tests;
