//! The matching ladder: by which claim an answer is about, from the strongest evidence to the weakest. Pure.
//! Two candidates that are equally good match nothing; they become an exception with both.

use std::collections::HashMap;

use serde::Serialize;

use super::names::{self, Likeness, PersonName};
use super::search::says_something;
use crate::domain::ids::ClaimId;
use crate::domain::{Cents, ClaimStatus, Phi};
use crate::store::matching::{ClaimFacts, PaidUnder};

/// Lengths to which payers are known to cut control numbers.
pub const CUT_LENGTHS: [usize; 4] = [20, 17, 14, 12];
const EQUALLY_GOOD: &str = "several claims fit equally well";
const EACH_BETTER: &str = "several claims fit, and none of them better than each other in all that was told";

/// Shorter ends of numbers are shared by many claims.
const PART_LENGTH_MIN: usize = 6;
/// Candidates shown with an exception.
pub const CANDIDATES_MAX: usize = 10;

/// What an answer says of the claim it is about. Empty and `None`: it does not say.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// Our trace number as it came back.
    pub trace: String,
    pub payer_claim_control_number: Phi<String>,
    pub control_number: Phi<String>,
    pub npi: String,
    pub tin: String,
    pub charge: Option<Cents>,
    pub member_ids: Vec<Phi<String>>,
    /// The patient's first.
    pub names: Vec<PersonName>,
    /// CLP09.
    pub frequency: String,
    pub service_from: String,
    /// First and last claim of the ST that the answer names.
    pub within: Option<(ClaimId, ClaimId)>,
}

/// The rungs, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Trace,
    PayerNumber,
    ControlNumber,
    AlteredControlNumber,
    /// The whole of the claim is the same, but it is answered to another provider.
    OtherProvider,
    MemberDateCharge,
    /// No rung, but what payments told that stand on the claim: see [`choose_paid`].
    PaidBefore,
}

impl Rule {
    pub const RUNGS: [Rule; 6] = [
        Rule::Trace,
        Rule::PayerNumber,
        Rule::ControlNumber,
        Rule::AlteredControlNumber,
        Rule::OtherProvider,
        Rule::MemberDateCharge,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Trace => "trace number",
            Rule::PayerNumber => "payer claim control number",
            Rule::ControlNumber => "patient control number",
            Rule::AlteredControlNumber => "patient control number, shortened or rewritten",
            Rule::OtherProvider => "patient control number, member, service date and charge, for another provider",
            Rule::MemberDateCharge => "member, service date and charge",
            Rule::PaidBefore => "numbers and charge of an earlier payment",
        }
    }
}

/// A claim found, by which rung and on what.
#[derive(Clone, Debug)]
pub struct Found {
    pub claim: ClaimFacts,
    pub rule: Rule,
    /// JSON: which facts agreed. No patient data.
    pub evidence: String,
    /// As it would be shown to a person.
    pub candidate: Candidate,
}

#[derive(Clone, Debug)]
pub enum Matched {
    One(Box<Found>),
    /// None, or several equally good ones.
    Unclear {
        reason: &'static str,
        candidates: Vec<Candidate>,
    },
}

/// A claim that a person may choose.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    pub claim_id: ClaimId,
    /// Higher is likelier.
    pub score: u32,
    /// What speaks for and against it.
    pub reasons: Vec<&'static str>,
}

/// What a comparison of one fact gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Same {
    Yes,
    No,
    /// One side does not say.
    Unsaid,
}

struct Comparison<'a> {
    claim: &'a ClaimFacts,
    trace: bool,
    payer_number: bool,
    control: Control,
    /// The number that was told is another, but begins or ends with this claim's.
    holds: bool,
    provider: Same,
    charge: Same,
    member: Same,
    name: Same,
    date: Same,
    frequency: Same,
    within: Same,
    /// Refused by its payer before, as a claim that was sent again is.
    refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Exact,
    Altered,
    /// The answer gives none, or a filler.
    Unsaid,
    Other,
}

/// Chooses among `candidates`, all that any of the questions found. Only claims that were sent to `payer` count.
pub fn choose(sought: &Sought, payer: &str, candidates: &[&ClaimFacts]) -> Matched {
    let compared = compare_all(sought, payer, candidates);
    for rule in Rule::RUNGS {
        let mut fitting: Vec<&Comparison<'_>> = compared.iter().filter(|c| c.fits(rule)).collect();
        fitting.sort_by_key(|c| std::cmp::Reverse(c.preference()));
        match fitting.as_slice() {
            [] => {}
            [first, others @ ..] if others.iter().any(|other| !first.is_better_than(other)) => {
                let equal = others.iter().any(|other| first.preference() == other.preference());
                let reason = if equal { EQUALLY_GOOD } else { EACH_BETTER };
                return Matched::Unclear { reason, candidates: ranked(&compared) };
            }
            [first, ..] if first.is_contradicted(rule, &compared) => {
                let reason = "the payer's number is known for one claim, and the patient control number is another's";
                return Matched::Unclear { reason, candidates: ranked(&compared) };
            }
            [first, ..] => {
                return Matched::One(Box::new(first.found(rule)));
            }
        }
    }
    let reason = if compared.is_empty() { "no claim sent to this payer fits" } else { "no claim fits well enough" };
    Matched::Unclear { reason, candidates: ranked(&compared) }
}

/// Among claims that no rung decides between: the only one with a payment of the same numbers and charge, as a reversal or
/// a correction has of what a person put on a claim. Where the payer's number is another, patient and day must be the claim's.
pub fn choose_paid(
    sought: &Sought,
    payer: &str,
    candidates: &[&ClaimFacts],
    paid: &HashMap<ClaimId, Vec<PaidUnder>>,
) -> Option<Box<Found>> {
    let (control, number) = (sought.control_number.reveal(), sought.payer_claim_control_number.reveal());
    let compared = compare_all(sought, payer, candidates);
    let paid_alike = |c: &Comparison<'_>| {
        let of_claim = paid.get(&c.claim.id).map(Vec::as_slice).unwrap_or_default();
        let charge = sought.charge.map(|charge| charge.0);
        of_claim
            .iter()
            .filter(move |one| one.patient_control_number.reveal() == control && charge == Some(one.charge.0.abs()))
    };
    let by_number = |c: &Comparison<'_>| {
        says_something(number)
            && paid_alike(c).any(|one| one.payer_claim_control_number.reveal().eq_ignore_ascii_case(number))
    };
    let by_patient = |c: &Comparison<'_>| {
        let is_patient = c.date == Same::Yes && c.provider != Same::No && [c.member, c.name].contains(&Same::Yes);
        is_patient && paid_alike(c).next().is_some()
    };
    let fitting: Vec<&Comparison<'_>> = compared.iter().filter(|c| by_number(c) || by_patient(c)).collect();
    // A twin that was never paid may be meant as well: a payment of the one says nothing of it.
    let stands_out = |only: &Comparison<'_>| {
        let others = compared.iter().filter(|other| other.claim.id != only.claim.id && other.is_backed());
        let mut as_near = others.filter(|other| other.control_likeness() >= only.control_likeness());
        as_near.all(|other| only.is_better_than(other))
    };
    match fitting.as_slice() {
        [only] if !only.is_contradicted(Rule::PaidBefore, &compared) && (by_number(only) || stands_out(only)) => {
            Some(Box::new(only.found(Rule::PaidBefore)))
        }
        _ => None,
    }
}

/// The likeliest of `candidates`, for a person.
pub fn rank(sought: &Sought, payer: &str, candidates: &[&ClaimFacts]) -> Vec<Candidate> {
    ranked(&compare_all(sought, payer, candidates))
}

fn compare_all<'a>(sought: &Sought, payer: &str, candidates: &[&'a ClaimFacts]) -> Vec<Comparison<'a>> {
    let mut compared: Vec<Comparison<'a>> = Vec::new();
    for claim in candidates {
        let known = compared.iter().any(|other| other.claim.id == claim.id);
        if !known && claim.is_with(payer) && claim.batch_id.is_some() {
            compared.push(compare(sought, claim));
        }
    }
    compared
}

fn compare<'a>(sought: &Sought, claim: &'a ClaimFacts) -> Comparison<'a> {
    let payer_number = sought.payer_claim_control_number.reveal();
    let provider = match (same(&sought.npi, &claim.provider_npi), same(&sought.tin, &claim.provider_tin)) {
        (Same::Yes, _) | (_, Same::Yes) => Same::Yes,
        (Same::No, _) | (_, Same::No) => Same::No,
        (Same::Unsaid, Same::Unsaid) => Same::Unsaid,
    };
    let members = sought.member_ids.iter().map(|member| same(member.reveal(), claim.member_id.reveal()));
    Comparison {
        claim,
        trace: [sought.trace.as_str(), sought.control_number.reveal()]
            .iter()
            .any(|text| ClaimId::from_trace_number(text) == Some(claim.id)),
        payer_number: says_something(payer_number)
            && claim.payer_numbers().any(|known| known.eq_ignore_ascii_case(payer_number)),
        name: match names::likeness(&sought.names, claim.patient_last_name.reveal(), claim.patient_first_name.reveal())
        {
            Likeness::Same => Same::Yes,
            Likeness::Alike => Same::Unsaid,
            Likeness::Other => Same::No,
        },
        control: control(sought.control_number.reveal(), claim.patient_control_number.reveal()),
        holds: {
            let known = bare(claim.patient_control_number.reveal());
            parts(sought.control_number.reveal()).iter().any(|part| bare(part) == known)
        },
        provider,
        charge: match sought.charge {
            Some(charge) => yes_or_no(charge == claim.charge),
            None => Same::Unsaid,
        },
        member: members.fold(Same::Unsaid, |all, one| match (all, one) {
            (Same::Yes, _) | (_, Same::Yes) => Same::Yes,
            (Same::No, _) | (_, Same::No) => Same::No,
            (Same::Unsaid, Same::Unsaid) => Same::Unsaid,
        }),
        date: same(&sought.service_from, &claim.service_from),
        frequency: same(&sought.frequency, &claim.frequency),
        within: match sought.within {
            Some((first, last)) => yes_or_no((first..=last).contains(&claim.id)),
            None => Same::Unsaid,
        },
        refused: claim.status == ClaimStatus::PayerRejected,
    }
}

fn agrees(same: Same) -> u8 {
    match same {
        Same::Yes => 2,
        Same::Unsaid => 1,
        Same::No => 0,
    }
}

fn yes_or_no(yes: bool) -> Same {
    if yes { Same::Yes } else { Same::No }
}

fn same(said: &str, known: &str) -> Same {
    let (said, known) = (said.trim(), known.trim());
    if said.is_empty() || known.is_empty() { Same::Unsaid } else { yes_or_no(said.eq_ignore_ascii_case(known)) }
}

fn control(said: &str, known: &str) -> Control {
    if !says_something(said) {
        return Control::Unsaid;
    }
    if said == known {
        return Control::Exact;
    }
    let (said_bare, known_bare) = (bare(said), bare(known));
    let cut = is_cut(said) && known.len() > said.len();
    let begins = known.get(..said.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(said));
    if (!said_bare.is_empty() && said_bare == known_bare) || (cut && begins) {
        Control::Altered
    } else {
        Control::Other
    }
}

/// True when a control number of this length may be the begin of a longer one.
pub fn is_cut(control_number: &str) -> bool {
    CUT_LENGTHS.contains(&control_number.len())
}

/// True when the numbers are the same, or one is the other shortened or rewritten.
pub fn is_alike(said: &str, known: &str) -> bool {
    matches!(control(said, known), Control::Exact | Control::Altered)
}

/// Of a number of several parts all but the last and all but the first, where they are long enough to be a number: a payer
/// may have put a sign of its own before or behind.
pub fn parts(control_number: &str) -> Vec<&str> {
    let is_between = |c: char| !c.is_ascii_alphanumeric();
    let all_but_last = control_number.rsplit_once(is_between).map(|(before, _)| before);
    let all_but_first = control_number.split_once(is_between).map(|(_, after)| after);
    let parts = [all_but_last, all_but_first].into_iter().flatten();
    parts.filter(|part| part.len() >= PART_LENGTH_MIN && says_something(part)).collect()
}

/// Letters and digits in capitals, without leading zeros.
pub fn bare(control_number: &str) -> String {
    let kept = control_number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
    let kept: String = kept.collect();
    kept.trim_start_matches('0').to_string()
}

impl Comparison<'_> {
    fn fits(&self, rule: Rule) -> bool {
        match rule {
            // A payer that mixes up the numbers of two claims still tells the rest of the one it means.
            Rule::Trace => self.trace && (self.control != Control::Other || self.charge != Same::No),
            Rule::PayerNumber => self.payer_number && self.agrees_with_its_number(),
            Rule::ControlNumber => self.control == Control::Exact && self.provider != Same::No && self.is_backed(),
            Rule::AlteredControlNumber => {
                let (yes, no) = (Same::Yes, Same::No);
                let whose = self.member == yes || self.date == yes;
                self.control == Control::Altered
                    && self.provider != no
                    // Numbers of visits often differ only in the end that was cut off.
                    && self.date != no
                    && (self.member != no || self.name == yes)
                    // Children under one member id are told apart by their first names.
                    && self.name != no
                    && match self.charge {
                        Same::Yes => self.provider == yes || whose,
                        Same::Unsaid => self.provider == yes && whose,
                        Same::No => false,
                    }
            }
            Rule::OtherProvider => {
                self.control == Control::Exact
                    && self.charge == Same::Yes
                    && self.member == Same::Yes
                    && self.date == Same::Yes
            }
            // A number that says another claim is that of another visit of the day, or of one that is yet to be sent.
            Rule::MemberDateCharge => {
                self.member == Same::Yes
                    && self.date == Same::Yes
                    && self.charge == Same::Yes
                    && self.control != Control::Other
                    && self.provider != Same::No
                    && self.name != Same::No
            }
            Rule::PaidBefore => false,
        }
    }

    /// A control number alone is no proof when the answer itself speaks against it: another charge needs the
    /// provider and the day, or the member, to agree (a payer that splits a claim answers with a part of its charge).
    fn is_backed(&self) -> bool {
        match self.charge {
            Same::Yes | Same::Unsaid => !self.is_somebody_else(),
            Same::No => {
                (self.provider == Same::Yes && self.date == Same::Yes && self.member != Same::No)
                    || (self.member == Same::Yes && self.date != Same::No)
            }
        }
    }

    /// Both of what says whose claim it is, and of what day, are told, and both differ.
    fn is_somebody_else(&self) -> bool {
        self.member == Same::No && self.date == Same::No
    }

    /// A payer's number of one claim in an answer about another: then control number, charge and patient differ.
    fn agrees_with_its_number(&self) -> bool {
        match self.control {
            Control::Exact | Control::Altered => !(self.charge == Same::No && self.is_somebody_else()),
            Control::Unsaid => self.charge != Same::No || (self.member == Same::Yes && self.date != Same::No),
            Control::Other => {
                self.charge == Same::Yes
                    && self.provider != Same::No
                    && self.member != Same::No
                    && self.date != Same::No
            }
        }
    }

    /// Found by the payer's number, while another claim has the control number that the answer gives, exactly or
    /// rewritten: as when a payer answers a corrected claim under the number of the one that it replaces.
    fn is_contradicted(&self, rule: Rule, compared: &[Comparison<'_>]) -> bool {
        let is_named_rather = |other: &Comparison<'_>| {
            let by_frequency = self.frequency == Same::No && other.frequency == Same::Yes;
            let nearer = other.control_likeness() > self.control_likeness();
            let as_near = other.control != Control::Other && other.control == self.control && by_frequency;
            (nearer || as_near) && other.provider != Same::No && other.is_backed()
        };
        matches!(rule, Rule::PayerNumber | Rule::PaidBefore)
            && self.control != Control::Unsaid
            && compared.iter().filter(|other| other.claim.id != self.claim.id).any(is_named_rather)
    }

    fn control_likeness(&self) -> u8 {
        match self.control {
            Control::Exact => 2,
            Control::Altered => 1,
            Control::Unsaid | Control::Other => 0,
        }
    }

    /// The facts by which two claims are told apart.
    fn facts(&self) -> [u8; 7] {
        let facts = [self.charge, self.provider, self.member, self.date, self.name];
        let [charge, provider, member, date, name] = facts.map(agrees);
        [self.control_likeness(), u8::from(self.payer_number), charge, provider, member, date, name]
    }

    /// What decides between claims that are the same in all of these, as one that was sent again is.
    fn circumstances(&self) -> [u8; 3] {
        [agrees(self.within), agrees(self.frequency), u8::from(!self.refused)]
    }

    /// Among claims that fit the same rung: what else agrees, the strongest first.
    fn preference(&self) -> ([u8; 7], [u8; 3]) {
        (self.facts(), self.circumstances())
    }

    /// At least as good in every fact and better in one; or the same in all, and better by its circumstances. One
    /// that is better in this and worse in that is no answer.
    fn is_better_than(&self, other: &Comparison<'_>) -> bool {
        let (mine, theirs) = (self.facts(), other.facts());
        match mine == theirs {
            true => self.circumstances() > other.circumstances(),
            false => mine.iter().zip(theirs).all(|(mine, theirs)| *mine >= theirs),
        }
    }

    fn found(&self, rule: Rule) -> Found {
        let mut candidate = self.candidate();
        if rule == Rule::PaidBefore {
            candidate.reasons.push("a payment under the same numbers and with this charge stands on it");
        }
        let evidence = serde_json::to_string(&candidate.reasons).expect("a list of texts is JSON");
        Found { claim: self.claim.clone(), rule, evidence, candidate }
    }

    fn candidate(&self) -> Candidate {
        Candidate { claim_id: self.claim.id, score: self.score(), reasons: self.reasons() }
    }

    fn reasons(&self) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        if self.trace {
            reasons.push("our trace number is the same");
        }
        if self.payer_number {
            reasons.push("the payer's claim number is known for it");
        }
        match self.control {
            Control::Exact => reasons.push("the patient control number is the same"),
            Control::Altered => reasons.push("the patient control number is the same, shortened or rewritten"),
            Control::Unsaid => {}
            Control::Other if self.holds => reasons.push("the patient control number begins or ends with this one's"),
            Control::Other => reasons.push("the patient control number differs"),
        }
        let facts = [
            (self.provider, "the billing provider is the same", "the billing provider differs"),
            (self.charge, "the charge is the same", "the charge differs"),
            (self.member, "the member is the same", "the member differs"),
            (self.name, "the patient's name is the same", "the patient's name differs"),
            (self.date, "the service date is the same", "the service date differs"),
            (self.within, "it was sent in the batch that is answered", "it was sent in another batch"),
        ];
        for (same, yes, no) in facts {
            match same {
                Same::Yes => reasons.push(yes),
                Same::No => reasons.push(no),
                Same::Unsaid => {}
            }
        }
        if self.refused {
            reasons.push("the payer refused it before");
        }
        reasons
    }

    fn score(&self) -> u32 {
        let weigh = |same: Same, weight: u32| if same == Same::Yes { weight } else { 0 };
        let control = match self.control {
            Control::Exact => 40,
            Control::Altered => 20,
            Control::Unsaid | Control::Other => u32::from(self.holds) * 10,
        };
        u32::from(self.trace) * 100
            + u32::from(self.payer_number) * 60
            + control
            + weigh(self.charge, 15)
            + weigh(self.member, 12)
            + weigh(self.name, 9)
            + weigh(self.provider, 10)
            + weigh(self.date, 8)
            + weigh(self.within, 3)
    }
}

fn ranked(compared: &[Comparison<'_>]) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = compared.iter().map(Comparison::candidate).collect();
    all.sort_by_key(|candidate| (std::cmp::Reverse(candidate.score), candidate.claim_id));
    all.truncate(CANDIDATES_MAX);
    all
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
