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
        WITHOUT.iter().find(|(id, _)| *id == self.id).map(|(_, reason)| *reason)
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
    ("T7-12", "the door refuses the login or the key: no bytes are taken, so that nothing can be acknowledged"),
    ("T7-13", "no claim status is answered yet"),
];

#[cfg(test)]
mod tests;
