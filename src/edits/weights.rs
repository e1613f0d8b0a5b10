//! How heavy an edit weighs: the catalogue's severity, unless the submitter's or the payer's file says otherwise. Of
//! two files that speak of the same edit the stricter holds: a payer's demand is not undone by a submitter's ease,
//! nor a submitter's wish to be told by a payer's indifference. Asked only once something was found.

use std::collections::BTreeMap;

use super::settings::Lookups;
use crate::domain::{Finding, Severity};

/// What a partner's file says of edits, by their ids; `None` where one is switched off.
pub type Severities = BTreeMap<String, Option<Severity>>;

/// What holds for a claim.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    submitter: &'a Severities,
    payer: Option<&'a Severities>,
}

impl<'a> Weights<'a> {
    /// `payer_id` is NM109 of 2010BB; empty where no payer is known yet.
    pub fn of(submitter: &'a Severities, lookups: Option<&'a dyn Lookups>, payer_id: &[u8]) -> Weights<'a> {
        let payer = lookups.filter(|_| !payer_id.is_empty()).and_then(|lookups| lookups.payer_severities(payer_id));
        Weights { submitter, payer }
    }

    /// The severity that holds, where `usual` is the catalogue's; `None` when the edit is off.
    pub fn severity(&self, edit: &str, usual: Severity) -> Option<Severity> {
        let payers = self.payer.and_then(|payer| payer.get(edit));
        match (self.submitter.get(edit), payers) {
            // Off is the least, error the most.
            (Some(submitters), Some(payers)) => *submitters.max(payers),
            (Some(only), None) | (None, Some(only)) => *only,
            (None, None) => Some(usual),
        }
    }

    /// Gives each finding its severity and drops those that are off.
    pub fn weigh(&self, findings: &mut Vec<Finding>) {
        if self.submitter.is_empty() && self.payer.is_none() {
            return;
        }
        findings.retain_mut(|finding| match self.severity(&finding.edit, finding.severity) {
            Some(severity) => {
                finding.severity = severity;
                true
            }
            None => false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_of_two_files_holds_and_else_the_one_that_speaks() {
        let (error, warning, off) = (Some(Severity::Error), Some(Severity::Warning), None);
        let said = |severity: Option<Option<Severity>>| -> Severities {
            severity.map(|severity| ("edit".to_string(), severity)).into_iter().collect()
        };
        for (submitter, payer, expected) in [
            (None, None, warning),
            (Some(error), None, error),
            (Some(off), None, off),
            (None, Some(off), off),
            (None, Some(error), error),
            (Some(off), Some(warning), warning),
            (Some(warning), Some(error), error),
            (Some(error), Some(off), error),
            (Some(off), Some(off), off),
        ] {
            let (submitter, payer) = (said(submitter), said(payer));
            let weights = Weights { submitter: &submitter, payer: Some(&payer) };
            assert_eq!(weights.severity("edit", Severity::Warning), expected, "{submitter:?} {payer:?}");
            assert_eq!(weights.severity("other", Severity::Error), error);
        }
    }
}

#[cfg(test)]
#[path = "weights_tests.rs"]
mod whole_files;
