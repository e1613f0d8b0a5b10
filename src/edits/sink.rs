//! What a check tells as it goes, in the order of the file.
//!
//! A claim is told when it ends, and before it is known whether the trailers of its transaction, group and
//! interchange are right: a claim's acceptance holds only when the verdicts told after it accept too. Who
//! stores claims on the way therefore takes them back when a later verdict rejects what they stood in.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use super::arena::Placed;
use super::claim::{Claim, tag};
use super::codesets::ListSet;
use super::day::Day;
use crate::domain::finding::StatusCode;
use crate::domain::{Cents, ClaimKind, Finding, Severity};
use crate::guide::Guide;
use crate::x12::Segment;
use crate::x12::envelope::{Group, Interchange, Transaction};

/// Takes what a check tells. An error stops the check and comes out of it.
pub trait Sink {
    fn interchange_start(&mut self, _interchange: &Interchange) -> io::Result<()> {
        Ok(())
    }
    /// A TA1 that the interchange brings.
    fn ta1(&mut self, _ta1: &Segment<'_>) -> io::Result<()> {
        Ok(())
    }
    fn group_start(&mut self, _group: &Group) -> io::Result<()> {
        Ok(())
    }
    /// `guide` is `None` when the transaction's type or version is not supported.
    fn transaction_start(&mut self, _transaction: &Transaction, _guide: Option<&Guide>) -> io::Result<()> {
        Ok(())
    }
    /// Each finding once, when it is found; see [`crate::domain::limits`] for how many.
    fn finding(&mut self, _finding: &Finding) -> io::Result<()> {
        Ok(())
    }
    /// A claim of an 837.
    fn claim(&mut self, _claim: &CheckedClaim<'_>) -> io::Result<()> {
        Ok(())
    }
    fn transaction_end(&mut self, _transaction: &CheckedTransaction<'_>) -> io::Result<()> {
        Ok(())
    }
    fn group_end(&mut self, _group: &CheckedGroup<'_>) -> io::Result<()> {
        Ok(())
    }
    fn interchange_end(&mut self, _interchange: &CheckedInterchange<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Tells nothing on.
#[derive(Debug, Default)]
pub struct Silent;

impl Sink for Silent {}

/// Of a claim or an interchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Rejected,
}

/// Of a transaction (IK501) or a group (AK901, which knows `Partly` too).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxVerdict {
    Accepted,
    AcceptedWithErrors,
    Partly,
    Rejected,
}

impl SyntaxVerdict {
    pub fn code(self) -> &'static str {
        match self {
            SyntaxVerdict::Accepted => "A",
            SyntaxVerdict::AcceptedWithErrors => "E",
            SyntaxVerdict::Partly => "P",
            SyntaxVerdict::Rejected => "R",
        }
    }
}

/// Where a claim and the levels it stands under lie in the file; each ends where the next segment begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    /// HL*20 up to the next HL.
    pub billing: Range<u64>,
    /// HL*22 up to its first CLM or the next HL.
    pub subscriber: Range<u64>,
    /// HL*23 up to its CLM; `None` when the subscriber is the patient.
    pub patient: Option<Range<u64>>,
    /// CLM up to the next CLM, HL or SE.
    pub claim: Range<u64>,
}

/// A claim with its verdict. Most of what it returns is about a patient: it goes to the store and to the
/// submitter, and into no log.
#[derive(Debug)]
pub struct CheckedClaim<'a> {
    pub claim: Claim<'a>,
    pub verdict: Verdict,
    /// Of payer, billing provider, patient, dates, charges and lines: equal for duplicates, in this file or
    /// another.
    pub fingerprint: u128,
    pub ranges: Ranges,
    /// Findings of header, billing provider, subscriber, patient and of the claim itself.
    pub(super) findings: [&'a [Finding]; 10],
}

impl<'a> CheckedClaim<'a> {
    /// All that concerns the claim: what it inherits first, then its own.
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> + use<'a> {
        self.findings.into_iter().flatten()
    }

    /// Those of the billing provider itself, which concern all claims under it alike.
    pub fn billing_findings(&self) -> impl Iterator<Item = &'a Finding> + use<'a> {
        let [_, _, syntax, edits, ..] = self.findings;
        syntax.iter().chain(edits)
    }

    pub fn kind(&self) -> ClaimKind {
        self.claim.kind
    }

    /// CLM01 exactly as sent.
    pub fn control_number(&self) -> &'a [u8] {
        self.claim.clm().element(1)
    }

    /// CLM02; zero when it cannot be read, which is a finding.
    pub fn charge(&self) -> Cents {
        self.claim.charge().unwrap_or_default()
    }

    /// CLM05-3.
    pub fn frequency(&self) -> &'a [u8] {
        self.claim.frequency()
    }

    /// CLM05-1.
    pub fn facility(&self) -> &'a [u8] {
        self.claim.facility()
    }

    /// SBR09.
    pub fn filing_indicator(&self) -> &'a [u8] {
        self.claim.sbr().map_or(b"", |sbr| sbr.element(9))
    }

    /// SBR01.
    pub fn payer_responsibility(&self) -> &'a [u8] {
        self.claim.sbr().map_or(b"", |sbr| sbr.element(1))
    }

    /// NM1 of 2010BB.
    pub fn payer(&self) -> Party<'a> {
        Party(self.claim.subscriber.all().first(tag::L2010BB, tag::NM1))
    }

    /// NM1 of 2010AA.
    pub fn billing_provider(&self) -> Party<'a> {
        Party(self.claim.billing.all().first(tag::L2010AA, tag::NM1))
    }

    /// REF*EI or REF*SY of 2010AA.
    pub fn billing_tax_id(&self) -> &'a [u8] {
        let mut refs = self.claim.billing.all().each(tag::L2010AA, tag::REF);
        refs.find(|placed| matches!(placed.element(1), b"EI" | b"SY")).map_or(b"", |placed| placed.element(2))
    }

    /// NM1*82 of the claim, or NM1*71 of an institutional one.
    pub fn rendering_provider(&self) -> Party<'a> {
        let wanted: &[u8] = if self.kind() == ClaimKind::Institutional { b"71" } else { b"82" };
        Party(self.claim.providers().with_id(tag::NM1).find(|nm1| nm1.element(1) == wanted))
    }

    /// NM1 of 2010BA; its id is the member id.
    pub fn subscriber(&self) -> Party<'a> {
        Party(self.claim.subscriber.all().first(tag::L2010BA, tag::NM1))
    }

    /// NM1 of 2010CA, or of 2010BA when the subscriber is the patient.
    pub fn patient(&self) -> Party<'a> {
        match self.claim.is_dependents() {
            true => Party(self.claim.patient.all().first(tag::L2010CA, tag::NM1)),
            false => self.subscriber(),
        }
    }

    pub fn birth_date(&self) -> Option<Day> {
        Day::read(self.claim.patient_dmg()?.element(2))
    }

    /// DMG03: F, M or U.
    pub fn gender(&self) -> &'a [u8] {
        self.claim.patient_dmg().map_or(b"", |dmg| dmg.element(3))
    }

    /// PAT01, or 18 when the subscriber is the patient.
    pub fn relationship(&self) -> &'a [u8] {
        match self.claim.is_dependents() {
            true => self.claim.patient.all().first(tag::L2000C, tag::PAT).map_or(b"", |pat| pat.element(1)),
            false => b"18",
        }
    }

    /// First and last day of service.
    pub fn service_period(&self) -> Option<(Day, Day)> {
        self.claim.service_period()
    }

    /// REF*F8: the payer's number of the claim that this one replaces.
    pub fn original_reference(&self) -> &'a [u8] {
        self.reference(b"F8")
    }

    /// REF*D9 as it came: a clearinghouse before this one has named the claim.
    pub fn upstream_trace(&self) -> &'a [u8] {
        self.reference(b"D9")
    }

    pub fn reference(&self, qualifier: &[u8]) -> &'a [u8] {
        self.claim.head().qualified(tag::L2300, tag::REF, qualifier).map_or(b"", |placed| placed.element(2))
    }

    pub fn line_count(&self) -> usize {
        self.claim.line_count()
    }

    /// BHT06 of the transaction: CH, RP or 31.
    pub fn transaction_kind(&self) -> &'a [u8] {
        self.claim.header.all().with_id(tag::BHT).next().map_or(b"", |bht| bht.element(6))
    }
}

/// A party's NM1; all empty when there is none.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a>(pub(super) Option<Placed<'a>>);

impl<'a> Party<'a> {
    fn element(&self, n: usize) -> &'a [u8] {
        self.0.map_or(b"", |nm1| nm1.element(n))
    }

    /// NM102: 1 a person, 2 an organization.
    pub fn entity_type(&self) -> &'a [u8] {
        self.element(2)
    }

    /// Last name, or the organization's.
    pub fn name(&self) -> &'a [u8] {
        self.element(3)
    }

    pub fn first_name(&self) -> &'a [u8] {
        self.element(4)
    }

    pub fn middle_name(&self) -> &'a [u8] {
        self.element(5)
    }

    pub fn id_qualifier(&self) -> &'a [u8] {
        self.element(8)
    }

    pub fn id(&self) -> &'a [u8] {
        self.element(9)
    }
}

/// How a transaction came out.
#[derive(Debug)]
pub struct CheckedTransaction<'a> {
    pub transaction: &'a Transaction,
    pub guide: Option<&'a Guide>,
    /// `Some` for an 837.
    pub kind: Option<ClaimKind>,
    pub verdict: SyntaxVerdict,
    /// IK502 and following, at most five.
    pub codes: &'a [Cow<'static, str>],
    /// SNIP 1 and 2 errors in the order of the file, for the 999; at most as [`crate::domain::limits`] says.
    /// Their place's `claim` is what the 999 names the business unit by: CLM01, or TRN02 in other transactions.
    pub syntax: &'a [Finding],
    /// Not empty when the 999 accepts but the batch as a whole is refused in the 277CA (2200B).
    pub refusal: &'a [StatusCode],
    /// BHT03, and NM1 of 1000A.
    pub batch: &'a [u8],
    pub submitter: Party<'a>,
    pub segments: u32,
    pub claims: Tally,
    /// From ST to the end of SE.
    pub range: Range<u64>,
}

/// How a group came out.
#[derive(Debug)]
pub struct CheckedGroup<'a> {
    pub group: &'a Group,
    pub verdict: SyntaxVerdict,
    /// AK905 and following, at most five.
    pub codes: &'a [Cow<'static, str>],
    /// GE01 as received.
    pub stated: Option<&'a str>,
    pub received: u32,
    pub accepted: u32,
}

/// How an interchange came out.
#[derive(Debug)]
pub struct CheckedInterchange<'a> {
    pub interchange: &'a Interchange,
    pub verdict: Verdict,
    /// TA105; `000` when accepted.
    pub code: &'a str,
    pub groups: u32,
    pub ta1s: u32,
}

/// Claims and their charges, by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: u64,
    pub rejected: u64,
    pub accepted_charge: Cents,
    pub rejected_charge: Cents,
}

impl Tally {
    pub fn add(&mut self, verdict: Verdict, charge: Cents) {
        match verdict {
            Verdict::Accepted => {
                self.accepted += 1;
                self.accepted_charge += charge;
            }
            Verdict::Rejected => {
                self.rejected += 1;
                self.rejected_charge += charge;
            }
        }
    }

    pub fn merge(&mut self, other: Tally) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.accepted_charge += other.accepted_charge;
        self.rejected_charge += other.rejected_charge;
    }

    /// What the claims come to when what they stood in is rejected.
    pub fn all_rejected(self) -> Tally {
        Tally {
            accepted: 0,
            rejected: self.accepted + self.rejected,
            accepted_charge: Cents::ZERO,
            rejected_charge: self.accepted_charge + self.rejected_charge,
        }
    }
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// A sentence when the file is no X12 at all: nothing can answer it but the door.
    pub refused: Option<String>,
    /// GS08 of the first group.
    pub guide: Option<String>,
    pub interchanges: u64,
    pub interchanges_rejected: u64,
    pub groups: u64,
    pub transactions: u64,
    pub claims: Tally,
    pub errors: u64,
    pub warnings: u64,
    pub bytes: u64,
    /// Code lists that the file's claims needed, of which only the codes' form could be checked.
    pub form_only: ListSet,
}

impl Summary {
    pub(super) fn count(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
    }
}
