//! The edits of SNIP 3 to 5 on what payers answer: remittances (835), and claim status (276, 277, 277CA). Fed by
//! the whole-file check with each segment of such a transaction; claims have their own rules.

mod contact;
mod hits;
pub mod ledger;
mod remittance;
mod status;
pub mod units;

use hits::{Hits, Spotted};
use remittance::Remittance;

use super::codesets::CodeSets;
use crate::domain::{Finding, Severity};
use crate::guide::{Guide, Step};
use crate::x12::Segment;

pub use contact::odd as odd_contact;

/// The checks of the transaction being read.
#[derive(Debug, Default)]
pub struct Answers<'c> {
    kind: Kind,
    remittance: Remittance<'c>,
    hits: Hits,
}

/// What is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// No answer, or one without edits of its own.
    #[default]
    Other,
    Remittance,
    StatusAsked,
    /// Repeats the ids of the question or of the claim, wrong ones too.
    StatusTold,
}

impl<'c> Answers<'c> {
    /// A transaction begins.
    pub fn start(&mut self, codes: &'c CodeSets, guide: Option<&Guide>) {
        self.hits.start();
        self.kind = match guide.map_or("", |guide| &guide.kind) {
            "835" => Kind::Remittance,
            "276" => Kind::StatusAsked,
            "277" | "277CA" => Kind::StatusTold,
            _ => Kind::Other,
        };
        if self.kind == Kind::Remittance {
            self.remittance.start(codes);
        }
    }

    /// Takes the next segment; true when something waits to be told.
    #[inline]
    pub fn segment(&mut self, step: &Step, segment: &Segment<'_>, position: u32) -> bool {
        match self.kind {
            Kind::Other => return false,
            Kind::Remittance => {
                self.remittance.segment(Spotted::of(step, segment, position), segment, &mut self.hits);
            }
            Kind::StatusAsked => status::asked(Spotted::of(step, segment, position), segment, &mut self.hits),
            Kind::StatusTold => status::told(Spotted::of(step, segment, position), segment, &mut self.hits),
        }
        !self.hits.is_empty()
    }

    /// The transaction ends; true when something waits to be told.
    pub fn end(&mut self) -> bool {
        if self.kind == Kind::Remittance {
            self.remittance.end(&mut self.hits);
        }
        self.kind = Kind::Other;
        !self.hits.is_empty()
    }

    /// CLP01 of the claim being read; empty outside of claims.
    pub fn claim_name(&self) -> &[u8] {
        self.hits.claim_name()
    }

    /// What waits to be told, without the numbers of its envelopes.
    pub fn take(&mut self) -> Vec<Finding> {
        self.hits.take()
    }
}

/// Whether a finding holds a remittance.
pub fn holds(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

#[cfg(test)]
mod tests;
