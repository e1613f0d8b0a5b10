//! The report that a biller reads, prints or is mailed: what became of a file, and claim by claim what is wrong,
//! where, and what to send instead. Made of the same findings as the acknowledgements; [`text`] and [`html`]
//! write it.

mod html;
mod text;
mod words;

pub use html::html;
pub use text::text;

use std::io;

use crate::domain::{Cents, Finding, Scope, Severity};
use crate::edits::sink::{CheckedGroup, CheckedInterchange, CheckedTransaction, Sink, Summary, SyntaxVerdict, Verdict};
use crate::edits::{CheckedClaim, Day};
use crate::guide::Guide;
use crate::x12::envelope::{Group, Interchange, Transaction};
use crate::x12::segment::text_of;

/// Claims told one by one, and items about more than one claim: nobody reads more. The rest is counted.
const CLAIMS_MAX: usize = 2_000;
const ITEMS_MAX: usize = 2_000;
const VERDICTS_MAX: usize = 100;

/// A [`Sink`] that gathers the report.
#[derive(Debug, Default)]
pub struct Paper {
    file: String,
    judged_on: String,
    /// Why the file could not be read at all.
    refused: Option<String>,
    accepted: Pile,
    rejected: Pile,
    errors: u64,
    warnings: u64,
    /// Interchanges, groups and transactions that are rejected as a whole.
    verdicts: Vec<String>,
    /// What concerns more than one claim.
    common: Vec<Item>,
    /// Claims that are rejected, and claims that are accepted with something to look at.
    to_correct: Vec<ClaimPart>,
    noted: Vec<ClaimPart>,
    left_out: u64,
    /// Findings of the claim being read.
    of_claim: Vec<Finding>,
    /// Where `noted` stood when interchange, group and transaction began.
    marks: [usize; 3],
}

/// One claim with its items. What is not known of it is empty.
#[derive(Debug, Default)]
struct ClaimPart {
    /// CLM01.
    number: String,
    transaction: String,
    patient: String,
    payer: String,
    service: String,
    charge: Option<Cents>,
    /// It falls with its billing provider or transaction, whatever its own items say.
    falls_with: bool,
    items: Vec<Item>,
}

/// One thing that is wrong.
#[derive(Debug)]
struct Item {
    severity: Severity,
    what: String,
    /// In the trade's words, as `Service line 2`.
    place: String,
    /// In the file's words, as `SV102, line 34 of the file`.
    at: String,
    found: Option<String>,
    send: String,
    /// What an error rejects, where that is more than one claim.
    rejects: &'static str,
    edit: String,
    /// The codes of the acknowledgement that says the same.
    codes: String,
}

/// So many claims, and what they come to where that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pile {
    pub claims: u64,
    pub charge: Option<Cents>,
}

/// What a store knows of a checked file.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub refused: Option<String>,
    pub accepted: Pile,
    pub rejected: Pile,
    pub errors: u64,
    pub warnings: u64,
}

impl Paper {
    /// `file` is what the reader knows the file by.
    pub fn new(file: impl Into<String>, judged_on: Day) -> Paper {
        Paper { file: file.into(), judged_on: judged_on.to_string(), ..Paper::default() }
    }

    /// The report on a file that was checked before, from what was kept of it.
    pub fn of(file: impl Into<String>, judged_on: Day, outcome: Outcome, findings: Vec<Finding>) -> Paper {
        let mut paper = Paper::new(file, judged_on);
        let read = findings.len() as u64;
        for finding in findings {
            let same = |last: &Finding| {
                last.place.claim == finding.place.claim && last.place.transaction == finding.place.transaction
            };
            if !paper.of_claim.last().is_some_and(same) {
                paper.close_claim();
            }
            match finding.place.claim {
                Some(_) => paper.of_claim.push(finding),
                None => paper.add_common(&finding),
            }
        }
        paper.close_claim();
        let Outcome { refused, accepted, rejected, errors, warnings } = outcome;
        let left_out = paper.left_out + (errors + warnings).saturating_sub(read);
        Paper { refused, accepted, rejected, errors, warnings, left_out, ..paper }
    }

    /// Completes the report after the check.
    pub fn conclude(&mut self, summary: &Summary) {
        let claims = summary.claims;
        self.refused = summary.refused.clone();
        self.accepted = Pile { claims: claims.accepted, charge: Some(claims.accepted_charge) };
        self.rejected = Pile { claims: claims.rejected, charge: Some(claims.rejected_charge) };
        (self.errors, self.warnings) = (summary.errors, summary.warnings);
    }

    fn add_common(&mut self, finding: &Finding) {
        match self.common.len() < ITEMS_MAX {
            true => self.common.push(item(finding, None)),
            false => self.left_out += 1,
        }
    }

    fn verdict(&mut self, sentence: String) {
        if self.verdicts.len() < VERDICTS_MAX {
            self.verdicts.push(sentence);
        }
    }

    /// Ends a claim of which only its findings are known.
    fn close_claim(&mut self) {
        let findings = std::mem::take(&mut self.of_claim);
        let Some(first) = findings.first() else { return };
        let of = |place: &Option<String>| place.clone().unwrap_or_default();
        let part = ClaimPart {
            number: of(&first.place.claim),
            transaction: of(&first.place.transaction),
            items: findings.iter().map(|finding| item(finding, None)).collect(),
            ..ClaimPart::default()
        };
        let rejected = findings.iter().any(|finding| finding.severity == Severity::Error);
        self.keep(part, if rejected { Verdict::Rejected } else { Verdict::Accepted });
    }

    fn keep(&mut self, part: ClaimPart, verdict: Verdict) {
        let list = match verdict {
            Verdict::Rejected => &mut self.to_correct,
            Verdict::Accepted => &mut self.noted,
        };
        match list.len() < CLAIMS_MAX {
            true => list.push(part),
            false => self.left_out += 1,
        }
    }
}

/// `line` is the number of the service line it stands in.
fn item(finding: &Finding, line: Option<usize>) -> Item {
    Item {
        severity: finding.severity,
        what: words::sentence(&finding.message),
        place: words::place(finding, line),
        at: words::position(finding),
        found: finding.value.clone(),
        send: words::correction(finding),
        rejects: match (finding.severity, finding.scope, &finding.place.claim) {
            (Severity::Warning, _, _) | (Severity::Error, Scope::Claim, Some(_)) => "",
            (Severity::Error, Scope::Interchange, _) => "Rejects the whole interchange.",
            (Severity::Error, Scope::Group, _) => "Rejects the whole functional group.",
            (Severity::Error, Scope::Transaction, _) => "Rejects the whole transaction.",
            (Severity::Error, Scope::Claim, None) => "Rejects every claim under it.",
        },
        edit: finding.edit.to_string(),
        codes: words::codes(finding),
    }
}

/// The nth service line, from 1, that holds what a finding is about.
fn line_of(claim: &CheckedClaim<'_>, finding: &Finding) -> Option<usize> {
    let at = finding.place.segment.as_ref()?.position;
    let begins = |line: &crate::edits::claim::Line<'_>| line.run.clone().next().map(|first| first.position);
    let before = claim.claim.lines().filter_map(|line| begins(&line)).take_while(|&begins| begins <= at).count();
    let in_line = finding.place.loop_id.as_deref().is_some_and(|id| id.starts_with("24"));
    Some(before).filter(|&before| before > 0 && in_line)
}

fn name_of(claim: &CheckedClaim<'_>) -> String {
    let patient = claim.patient();
    let parts = [patient.name(), patient.first_name(), patient.middle_name()].map(text_of);
    let first = parts[1..].iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    if first.is_empty() { parts[0].clone() } else { format!("{}, {first}", parts[0]) }
}

impl Sink for Paper {
    fn interchange_start(&mut self, _: &Interchange) -> io::Result<()> {
        self.marks = [self.noted.len(); 3];
        Ok(())
    }

    fn group_start(&mut self, _: &Group) -> io::Result<()> {
        self.marks[1] = self.noted.len();
        Ok(())
    }

    fn transaction_start(&mut self, _: &Transaction, _: Option<&Guide>) -> io::Result<()> {
        self.marks[2] = self.noted.len();
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        match finding.place.claim {
            Some(_) => self.of_claim.push(finding.clone()),
            None => self.add_common(finding),
        }
        Ok(())
    }

    fn claim(&mut self, claim: &CheckedClaim<'_>) -> io::Result<()> {
        let findings = std::mem::take(&mut self.of_claim);
        let own_error = findings.iter().any(|finding| finding.severity == Severity::Error);
        let falls_with = claim.verdict == Verdict::Rejected && !own_error;
        if findings.is_empty() && claim.verdict == Verdict::Accepted {
            return Ok(());
        }
        let service = claim.service_period().map_or_else(String::new, |(from, to)| match from == to {
            true => from.to_string(),
            false => format!("{from} to {to}"),
        });
        let of = |place: &Option<String>| place.clone().unwrap_or_default();
        let part = ClaimPart {
            number: text_of(claim.control_number()),
            transaction: findings.first().map_or_else(String::new, |first| of(&first.place.transaction)),
            patient: name_of(claim),
            payer: text_of(claim.payer().name()),
            service,
            charge: Some(claim.charge()),
            falls_with,
            items: findings.iter().map(|finding| item(finding, line_of(claim, finding))).collect(),
        };
        self.keep(part, claim.verdict);
        Ok(())
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        // In transactions without claims of their own nobody told them; and what came after the last claim.
        self.close_claim();
        let facts = checked.transaction;
        if checked.verdict == SyntaxVerdict::Rejected {
            self.noted.truncate(self.marks[2]);
            let codes = checked.codes.join(" ");
            let count = words::count(checked.claims.rejected, "claim");
            self.verdict(match checked.kind {
                Some(_) => {
                    format!("Transaction {} is rejected with its {count} (999: IK5 R {codes}).", facts.control)
                }
                None => {
                    format!("Transaction {} ({}) is rejected (999: IK5 R {codes}).", facts.control, facts.code)
                }
            });
        } else if let [first, ..] = checked.refusal {
            self.noted.truncate(self.marks[2]);
            let count = words::count(checked.claims.rejected, "claim");
            let code = words::status(first);
            self.verdict(format!("Batch {} is rejected with its {count} (277CA: {code}).", text_of(checked.batch)));
        }
        Ok(())
    }

    fn group_end(&mut self, checked: &CheckedGroup<'_>) -> io::Result<()> {
        if !checked.codes.is_empty() {
            self.noted.truncate(self.marks[1]);
            let codes = checked.codes.join(" ");
            let control = &checked.group.control;
            self.verdict(format!("Group {control} is rejected with everything in it (999: AK9 R {codes})."));
        }
        Ok(())
    }

    fn interchange_end(&mut self, checked: &CheckedInterchange<'_>) -> io::Result<()> {
        if checked.verdict == Verdict::Rejected {
            self.noted.truncate(self.marks[0]);
            let (control, code) = (&checked.interchange.control, checked.code);
            self.verdict(format!("Interchange {control} is rejected with everything in it (TA1: R {code})."));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
