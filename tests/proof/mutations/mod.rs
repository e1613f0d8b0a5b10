//! Single mutations of good files: one thing is made wrong in one claim, or in what it stands in, and the check must
//! say so by its edit, there, and refuse nobody else.

use std::fmt;
use std::ops::Range;

use claimgate::domain::{ClaimKind, Scope, Severity};
use claimgate::edits::sink::{SyntaxVerdict, Verdict};
use claimgate::simulator::answers::adjudication::Round;
use claimgate::simulator::answers::remittance::{ProviderLevel, remittance};
use claimgate::simulator::answers::{Identity, Letter, Mix, Terms, read};
use claimgate::simulator::claims::Batch;
use claimgate::simulator::pen::Party;
use jiff::civil::date;

use super::checking::{Log, settings, told};
use super::draft::{Draft, Spot};

mod claims;
mod dental;
mod envelopes;
mod institutional;
mod other_payers;
mod professional;
mod remittance;
mod syntax;

/// Whom a mutation harms: who may be refused for it, and where the finding must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harms {
    /// A warning: nobody is refused.
    Nobody,
    Claim,
    /// All claims of the subscriber, or of the patient.
    Subscriber,
    Provider,
    /// A remittance: it is held, and nothing of it refused.
    Payment,
    Transaction,
    Group,
    Interchange,
}

pub struct Mutation {
    /// What is wrong, as a sentence.
    pub name: &'static str,
    pub snip: u8,
    /// Letters of the kinds of file it is made in: P, I, D, and R for an 835.
    pub kinds: &'static str,
    pub harms: Harms,
    /// The edits of which one must be found.
    pub edits: &'static [&'static str],
    /// `None` where this claim has nothing to make wrong.
    pub change: fn(&mut Spot<'_>) -> Option<()>,
}

impl fmt::Debug for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const fn mutation(
    snip: u8,
    kinds: &'static str,
    harms: Harms,
    name: &'static str,
    edits: &'static [&'static str],
    change: fn(&mut Spot<'_>) -> Option<()>,
) -> Mutation {
    Mutation { name, snip, kinds, harms, edits, change }
}

/// All of them, by subject.
pub fn all() -> impl Iterator<Item = &'static Mutation> {
    [
        envelopes::ALL,
        syntax::ALL,
        claims::ALL,
        other_payers::ALL,
        professional::ALL,
        institutional::ALL,
        dental::ALL,
        remittance::ALL,
    ]
    .into_iter()
    .flatten()
}

/// The kinds of file: letter and kind of claim; an 835 has none.
pub const KINDS: [(char, Option<ClaimKind>); 4] = [
    ('P', Some(ClaimKind::Professional)),
    ('I', Some(ClaimKind::Institutional)),
    ('D', Some(ClaimKind::Dental)),
    ('R', None),
];

/// A good file of a kind; for an 835 the payments of a file of professional claims.
pub fn good_file(kind: Option<ClaimKind>, claims: usize, seed: u64) -> Vec<u8> {
    let written = date(2026, 11, 18);
    let batch = |kind| Batch::new(kind, claims, seed, written).to_bytes().0;
    let Some(kind) = kind else {
        let payer = Identity {
            name: "SIMULATED PAYER".into(),
            payer_id: "SIMPAY".into(),
            party: Party::new("ZZ", "SIMPAY"),
            tax_id: "999999999".into(),
        };
        let letter = Letter { from: &payer, at: written.at(9, 0, 0, 0), control_number: 1 };
        let terms = Terms { seed, mix: Mix { rejected: 0, ..Mix::TYPICAL } };
        let received = read(&batch(ClaimKind::Professional));
        return remittance(&letter, &received[0], &terms, Round::First, ProviderLevel::Nothing).expect("payments");
    };
    batch(kind)
}

/// What a mutation of one claim came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The edit that named it.
    pub found: Option<String>,
    /// Edits told instead, where it was not found.
    pub instead: Vec<String>,
    /// Claims that were refused though nothing was wrong with them.
    pub wrongly_refused: usize,
}

/// A good file with what its check tells.
pub struct Clean {
    pub draft: Draft,
    log: Log,
}

impl Clean {
    /// Panics when the file is not good: then nothing could be said of its mutations.
    pub fn new(bytes: &[u8]) -> Clean {
        let (log, summary) = told(bytes, &settings());
        let errors: Vec<_> = log.findings.iter().filter(|one| one.severity == Severity::Error).collect();
        assert!(summary.refused.is_none() && errors.is_empty(), "the generated file is not good: {errors:#?}");
        Clean { draft: Draft::read(bytes), log }
    }

    pub fn claims(&self) -> usize {
        self.draft.claims().len()
    }

    /// Mutates this claim and checks the file; `None` where the mutation does not apply to it.
    pub fn mutate(&self, mutation: &Mutation, claim: usize) -> Option<Outcome> {
        let mut draft = self.draft.clone();
        let mut spot = Spot { draft: &mut draft, claim };
        (mutation.change)(&mut spot)?;
        // A repeated claim stands behind the good one: it is the one at fault.
        let claim = spot.claim;
        // What envelopes count and say is theirs to get wrong.
        if matches!(mutation.harms, Harms::Nobody | Harms::Claim | Harms::Subscriber | Harms::Provider)
            || mutation.snip > 1
        {
            draft.recount();
        }
        let bytes = draft.write();
        let (log, _) = told(&bytes[..], &settings());
        Some(self.judge(mutation, claim, &log, &draft))
    }

    fn judge(&self, mutation: &Mutation, claim: usize, log: &Log, draft: &Draft) -> Outcome {
        let wanted = |edit: &str| mutation.edits.contains(&edit);
        let new = |edit: &str| !self.log.findings.iter().any(|old| old.edit == edit);
        let range = claim_range(draft, claim);
        let here: Vec<&str> = match mutation.harms {
            Harms::Nobody | Harms::Claim | Harms::Subscriber | Harms::Provider if !log.claims.is_empty() => {
                let claim = log.claims.get(claim);
                let own = claim.into_iter().flat_map(|claim| &claim.edits).map(|(edit, _)| edit.as_str());
                // A warning of an envelope or of a head stands in no claim.
                let outside = log.findings.iter().filter(|one| one.place.claim.is_none());
                let outside = outside.filter(|_| mutation.harms == Harms::Nobody).map(|one| &*one.edit);
                own.chain(outside).collect()
            }
            // An 835 has no verdicts: what is found must stand in the claim's payment.
            Harms::Nobody | Harms::Claim => {
                let inside = log.findings.iter().filter(|finding| {
                    let place = &finding.place;
                    let outside = mutation.harms == Harms::Nobody && place.claim.is_none();
                    outside || place.segment.as_ref().is_none_or(|segment| range.contains(&segment.offset))
                });
                inside.map(|finding| &*finding.edit).collect()
            }
            Harms::Subscriber | Harms::Provider | Harms::Payment => {
                log.findings.iter().map(|finding| &*finding.edit).collect()
            }
            Harms::Transaction => of_scope(log, &[Scope::Transaction, Scope::Claim]),
            Harms::Group => of_scope(log, &[Scope::Group]),
            Harms::Interchange => of_scope(log, &[Scope::Interchange]),
        };
        let found = here.iter().find(|edit| wanted(edit)).map(|edit| edit.to_string());
        let refused = self.is_refused(mutation.harms, claim, log);
        let instead: Vec<String> =
            log.findings.iter().map(|one| one.edit.to_string()).filter(|edit| new(edit)).collect();
        let wrongly_refused = self.wrongly_refused(mutation.harms, claim, log);
        Outcome { found: found.filter(|_| refused), instead, wrongly_refused }
    }

    /// Whether what is harmed was refused; for a warning, whether the claim was not.
    fn is_refused(&self, harms: Harms, claim: usize, log: &Log) -> bool {
        let claims_verdict = log.claims.get(claim).map(|claim| claim.verdict);
        match harms {
            Harms::Nobody => claims_verdict.is_none_or(|verdict| verdict == Verdict::Accepted),
            Harms::Claim | Harms::Subscriber | Harms::Provider => {
                claims_verdict.is_none_or(|verdict| verdict == Verdict::Rejected)
            }
            Harms::Payment => log.findings.iter().any(|one| one.severity == Severity::Error),
            Harms::Transaction => log.transactions.iter().any(|one| one.verdict == SyntaxVerdict::Rejected),
            Harms::Group => log.groups.iter().any(|one| !one.codes.is_empty()),
            Harms::Interchange => {
                log.interchanges.is_empty() || log.interchanges.iter().any(|one| one.verdict == Verdict::Rejected)
            }
        }
    }

    fn wrongly_refused(&self, harms: Harms, claim: usize, log: &Log) -> usize {
        let mutated = self.log.claims.get(claim);
        let same = |range: fn(&super::checking::Claim) -> &Range<u64>, other: usize| {
            mutated.zip(self.log.claims.get(other)).is_some_and(|(one, other)| range(one).start == range(other).start)
        };
        let may = |other: usize| match harms {
            Harms::Nobody | Harms::Payment => false,
            Harms::Claim => other == claim,
            Harms::Subscriber => same(|claim| &claim.subscriber, other),
            Harms::Provider => same(|claim| &claim.billing, other),
            Harms::Transaction | Harms::Group | Harms::Interchange => true,
        };
        let refused = log.claims.iter().enumerate().filter(|(_, one)| one.verdict == Verdict::Rejected);
        refused.filter(|(other, _)| !may(*other)).count()
    }
}

fn of_scope<'l>(log: &'l Log, scopes: &[Scope]) -> Vec<&'l str> {
    let findings = log.findings.iter().filter(|finding| scopes.contains(&finding.scope));
    findings.map(|finding| &*finding.edit).collect()
}

/// The bytes of a claim or of a claim's payment.
fn claim_range(draft: &Draft, claim: usize) -> Range<u64> {
    let Some(&begin) = draft.claims().get(claim) else { return 0..u64::MAX };
    let end = draft.segments[begin + 1..]
        .iter()
        .position(|segment| matches!(segment[0].as_str(), "CLM" | "HL" | "CLP" | "SE"))
        .map_or(draft.segments.len(), |at| begin + 1 + at);
    let bytes = |to: usize| Draft { segments: draft.segments[..to].to_vec() }.write().len() as u64;
    bytes(begin)..bytes(end)
}
