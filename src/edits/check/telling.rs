//! Where findings of a check go: to the sink, to the level or claim they blame, and, as codes, to the verdict on what
//! they reject.

use std::borrow::Cow;
use std::io;

use super::Checker;
use crate::domain::{Finding, Scope, Severity, limits};
use crate::edits::answers;
use crate::edits::settings::Syntax;
use crate::edits::sink::Sink;
use crate::edits::walked;
use crate::edits::weights::Weights;
use crate::guide::{Found, Standing};
use crate::x12::Segment;
use crate::x12::segment::text_of;

/// Codes that one IK5 or AK9 has room for.
const CODES_MAX: usize = 5;

impl<'c, S: Sink> Checker<'c, S> {
    /// Findings of the envelopes: told on, and their codes kept for the verdict of what they reject.
    #[inline]
    pub(super) fn envelope_findings(&mut self, fresh: &mut Vec<Finding>) -> io::Result<()> {
        if fresh.is_empty() { Ok(()) } else { self.some_envelope_findings(fresh) }
    }

    #[cold]
    pub(super) fn some_envelope_findings(&mut self, fresh: &mut Vec<Finding>) -> io::Result<()> {
        for finding in fresh.drain(..) {
            if finding.severity == Severity::Error {
                let (codes, code) = match finding.scope {
                    Scope::Interchange if !self.interchange.open => {
                        let at = finding.place.segment.as_ref().map_or(0, |segment| segment.offset);
                        self.ahead.extend(finding.ack.ta1.clone().map(|code| (at, code)));
                        (&mut self.interchange.codes, &None)
                    }
                    Scope::Interchange => (&mut self.interchange.codes, &finding.ack.ta1),
                    Scope::Group => (&mut self.group.codes, &finding.ack.ak9),
                    Scope::Transaction | Scope::Claim => {
                        self.transaction.rejected = true;
                        (&mut self.transaction.codes, &finding.ack.ik5)
                    }
                };
                if let Some(code) = code {
                    add_code(codes, code.clone());
                }
            }
            self.summary.count(finding.severity);
            self.sink.finding(&finding)?;
        }
        Ok(())
    }
    /// Findings about what was open before this segment: what its end left out.
    pub(super) fn blame_open(&mut self, segment: &Segment<'_>, found: &mut Vec<Found>) -> io::Result<()> {
        let mut later = Vec::new();
        for found in found.drain(..) {
            let own = found.finding.place.segment.as_ref().is_some_and(|place| place.offset == segment.offset);
            match self.walked.knows(found.standing) && !(own && found.standing == Standing::Transaction) {
                true => self.blame(found, b"")?,
                false => later.push(found),
            }
        }
        *found = later;
        Ok(())
    }

    /// Tells on what the edits of answers found.
    #[cold]
    pub(super) fn tell_answers(&mut self) -> io::Result<()> {
        for mut finding in self.answers.take() {
            if finding.snip > self.settings.snip_max {
                continue;
            }
            let place = &self.transaction.place;
            finding.place.interchange = place.interchange.clone();
            finding.place.group = place.group.clone();
            finding.place.transaction = place.transaction.clone();
            self.transaction.unsound |= answers::holds(&finding);
            self.tell(&finding)?;
        }
        Ok(())
    }

    /// Takes a finding of the walk: completes its place, tells it on, and lays it where it belongs.
    pub(super) fn blame(&mut self, found: Found, claim_name: &[u8]) -> io::Result<()> {
        let Found { mut finding, standing } = found;
        if finding.snip > self.settings.snip_max {
            return Ok(());
        }
        if finding.scope == Scope::Claim {
            match self.weights(standing).severity(&finding.edit, finding.severity) {
                Some(severity) => finding.severity = severity,
                None => return Ok(()),
            }
        }
        let open = [claim_name, self.walked.claim_name(), self.answers.claim_name()];
        let name = open.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let in_claim = matches!(standing, Standing::Claim { .. });
        let place = &self.transaction.place;
        finding.place.interchange = place.interchange.clone();
        finding.place.group = place.group.clone();
        finding.place.transaction = place.transaction.clone();
        finding.place.claim = in_claim.then(|| text_of(name));
        if finding.severity == Severity::Error {
            let strict = self.settings.syntax == Syntax::Transaction;
            self.transaction.rejected |= strict || finding.scope != Scope::Claim;
            if self.transaction.syntax.len() < limits::FINDINGS_PER_TRANSACTION_MAX {
                self.transaction.syntax.push(walked::for_999(&finding, self.transaction.kind, &self.transaction.trace));
            }
        }
        match standing {
            Standing::Level { level: 1.., .. } if self.transaction.kind.is_some() => {
                match self.transaction.held.len() < limits::FINDINGS_PER_TRANSACTION_MAX {
                    true => self.transaction.held.push((standing, finding.clone())),
                    false => self.tell(&finding)?,
                }
            }
            Standing::Level { .. } | Standing::Transaction | Standing::Claim { .. } => self.tell(&finding)?,
        }
        self.walked.blame(standing, finding);
        Ok(())
    }

    /// What holds for a finding of the walk: in a claim the payer's word too.
    pub(super) fn weights(&self, standing: Standing) -> Weights<'c> {
        let payer_id = match standing {
            Standing::Claim { .. } => self.walked.payer_id(),
            Standing::Level { .. } | Standing::Transaction => b"",
        };
        let lookups = self.settings.context.as_ref().map(|context| context.lookups);
        Weights::of(&self.settings.severities, lookups, payer_id)
    }

    /// Tells what was held back of the levels above, with the number of the claim under them.
    pub(super) fn tell_held(&mut self, claim: Option<&str>) -> io::Result<()> {
        for (standing, mut finding) in std::mem::take(&mut self.transaction.held) {
            if self.walked.knows(standing) {
                finding.place.claim = claim.map(str::to_string);
            }
            self.tell(&finding)?;
        }
        Ok(())
    }

    /// Counts a finding, and tells it on while there is room. Warnings leave room for errors.
    pub(super) fn tell(&mut self, finding: &Finding) -> io::Result<()> {
        self.summary.count(finding.severity);
        let told = match finding.severity {
            Severity::Error => &mut self.transaction.errors_told,
            Severity::Warning => &mut self.transaction.told,
        };
        *told += 1;
        match *told <= limits::FINDINGS_PER_TRANSACTION_MAX {
            true => self.sink.finding(finding),
            false => Ok(()),
        }
    }
}

/// Adds a code once, while an IK5 or AK9 has room.
pub(super) fn add_code(codes: &mut Vec<Cow<'static, str>>, code: Cow<'static, str>) {
    if codes.len() < CODES_MAX && !codes.contains(&code) {
        codes.push(code);
    }
}
