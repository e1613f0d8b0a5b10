//! The matching ladder: by which claim an answer is about, from the strongest evidence to the weakest. Pure.
//! Two candidates that are equally good match nothing; they become an exception with both.

use serde::Serialize;

use super::search::says_something;
use crate::domain::ids::ClaimId;
use crate::domain::{Cents, ClaimStatus, Phi};
use crate::store::matching::ClaimFacts;

/// Lengths to which payers are known to cut control numbers.
const CUT_LENGTHS: [usize; 4] = [20, 17, 14, 12];
/// Candidates shown with an exception.
const CANDIDATES_MAX: usize = 10;

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
    MemberDateCharge,
}

impl Rule {
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Trace => "trace number",
            Rule::PayerNumber => "payer claim control number",
            Rule::ControlNumber => "patient control number",
            Rule::AlteredControlNumber => "patient control number, shortened or rewritten",
            Rule::MemberDateCharge => "member, service date and charge",
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
    provider: Same,
    charge: Same,
    member: Same,
    date: Same,
    within: Same,
    /// Refused by its payer before, as a claim that was sent again is.
    refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Exact,
    Altered,
    Other,
}

/// Chooses among `candidates`, all that any of the questions found. Only claims that were sent to `payer` count.
pub fn choose(sought: &Sought, payer: &str, candidates: &[&ClaimFacts]) -> Matched {
    let mut compared: Vec<Comparison<'_>> = Vec::new();
    for claim in candidates {
        let known = compared.iter().any(|other| other.claim.id == claim.id);
        if !known && claim.payer.as_deref() == Some(payer) && claim.batch_id.is_some() {
            compared.push(compare(sought, claim));
        }
    }
    for rule in
        [Rule::Trace, Rule::PayerNumber, Rule::ControlNumber, Rule::AlteredControlNumber, Rule::MemberDateCharge]
    {
        let mut fitting: Vec<&Comparison<'_>> = compared.iter().filter(|c| c.fits(rule)).collect();
        fitting.sort_by_key(|c| std::cmp::Reverse(c.preference()));
        match fitting.as_slice() {
            [] => {}
            [first, second, ..] if first.preference() == second.preference() => {
                let reason = "several claims fit equally well";
                return Matched::Unclear { reason, candidates: ranked(&compared) };
            }
            [first, ..] => {
                let found = Found { claim: first.claim.clone(), rule, evidence: first.evidence() };
                return Matched::One(Box::new(found));
            }
        }
    }
    let reason = if compared.is_empty() { "no claim sent to this payer fits" } else { "no claim fits well enough" };
    Matched::Unclear { reason, candidates: ranked(&compared) }
}

fn compare<'a>(sought: &Sought, claim: &'a ClaimFacts) -> Comparison<'a> {
    let known = claim.payer_claim_control_number.as_ref();
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
        payer_number: says_something(payer_number) && known.is_some_and(|known| known.reveal() == payer_number),
        control: control(sought.control_number.reveal(), claim.patient_control_number.reveal()),
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
        within: match sought.within {
            Some((first, last)) => yes_or_no((first..=last).contains(&claim.id)),
            None => Same::Unsaid,
        },
        refused: claim.status == ClaimStatus::PayerRejected,
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
        return Control::Other;
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
    control(said, known) != Control::Other
}

/// Letters and digits in capitals, without leading zeros.
fn bare(control_number: &str) -> String {
    let kept = control_number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
    let kept: String = kept.collect();
    kept.trim_start_matches('0').to_string()
}

impl Comparison<'_> {
    fn fits(&self, rule: Rule) -> bool {
        match rule {
            Rule::Trace => self.trace,
            Rule::PayerNumber => self.payer_number,
            Rule::ControlNumber => self.control == Control::Exact && self.provider != Same::No && self.is_backed(),
            Rule::AlteredControlNumber => {
                self.control == Control::Altered
                    && self.provider != Same::No
                    && self.charge != Same::No
                    && (self.provider == Same::Yes || self.charge == Same::Yes)
            }
            Rule::MemberDateCharge => {
                self.member == Same::Yes
                    && self.date == Same::Yes
                    && self.charge == Same::Yes
                    && self.provider != Same::No
            }
        }
    }

    /// A control number alone is no proof when the answer itself speaks against it: another charge needs the
    /// provider or the member to agree (a payer that splits a claim answers with a part of its charge).
    fn is_backed(&self) -> bool {
        self.charge != Same::No || self.provider == Same::Yes || self.member == Same::Yes
    }

    /// Among claims that fit the same rung: what else agrees, the strongest first.
    fn preference(&self) -> [u8; 7] {
        let agrees = |same: Same| match same {
            Same::Yes => 2,
            Same::Unsaid => 1,
            Same::No => 0,
        };
        let control = match self.control {
            Control::Exact => 2,
            Control::Altered => 1,
            Control::Other => 0,
        };
        [
            control,
            u8::from(self.payer_number),
            agrees(self.charge),
            agrees(self.provider),
            agrees(self.date),
            agrees(self.within),
            u8::from(!self.refused),
        ]
    }

    fn evidence(&self) -> String {
        serde_json::to_string(&self.reasons()).expect("a list of texts is JSON")
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
            Control::Other => reasons.push("the patient control number differs"),
        }
        let facts = [
            (self.provider, "the billing provider is the same", "the billing provider differs"),
            (self.charge, "the charge is the same", "the charge differs"),
            (self.member, "the member is the same", "the member differs"),
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
            Control::Other => 0,
        };
        u32::from(self.trace) * 100
            + u32::from(self.payer_number) * 60
            + control
            + weigh(self.charge, 15)
            + weigh(self.member, 12)
            + weigh(self.provider, 10)
            + weigh(self.date, 8)
            + weigh(self.within, 3)
    }
}

fn ranked(compared: &[Comparison<'_>]) -> Vec<Candidate> {
    let candidate = |c: &Comparison<'_>| Candidate { claim_id: c.claim.id, score: c.score(), reasons: c.reasons() };
    let mut all: Vec<Candidate> = compared.iter().map(candidate).collect();
    all.sort_by_key(|candidate| (std::cmp::Reverse(candidate.score), candidate.claim_id));
    all.truncate(CANDIDATES_MAX);
    all
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
