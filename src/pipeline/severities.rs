//! `[severity]` of partners' files against the catalogue: an edit that does not exist, or whose severity is not a
//! partner's to set, is a fault of the file, so that neither a start nor a reload takes it.

use crate::domain::{Severity, nearest};
use crate::edits::catalogue;
use crate::edits::weights::Severities;
use crate::partner::severity::EditWeights;
use crate::partner::{Fault, PartnerName, Partners};

/// As the check takes them.
pub fn of(weights: &EditWeights) -> Severities {
    weights.iter().map(|(edit, severity)| (edit.as_str().to_string(), *severity)).collect()
}

/// What is wrong with the severities of all partners.
pub fn faults(partners: &Partners) -> Vec<Fault> {
    let payers_own: Vec<&str> =
        partners.payers().flat_map(|payer| payer.edits.iter().map(|edit| edit.id.as_str())).collect();
    let mut faults = Vec::new();
    for submitter in partners.submitters() {
        check(partners, &submitter.id, &submitter.severities, &payers_own, &mut faults);
    }
    for payer in partners.payers() {
        check(partners, &payer.id, &payer.severities, &[], &mut faults);
    }
    faults
}

/// `others` are the ids that may be set beside the catalogue's: a submitter's file may weigh payers' own edits.
fn check(partners: &Partners, of: &PartnerName, weights: &EditWeights, others: &[&str], faults: &mut Vec<Fault>) {
    for (edit, severity) in weights {
        if let Some(problem) = problem(edit.as_str(), *severity, others) {
            faults.push(partners.fault(of, format!("severity.{edit}"), problem));
        }
    }
}

fn problem(id: &str, severity: Option<Severity>, others: &[&str]) -> Option<String> {
    let Some(edit) = catalogue::by_id(id) else {
        if others.contains(&id) {
            return None;
        }
        let known = catalogue::all().filter(|edit| edit.is_settable()).map(|edit| edit.id);
        let meant = nearest(id, known.chain(others.iter().copied()));
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
        return Some(format!("there is no such edit{meant}"));
    };
    if !edit.is_settable() {
        return Some("cannot be set: it is the same for all partners".to_string());
    }
    (severity == Some(Severity::Error) && !edit.can_reject())
        .then(|| "cannot be an error: no acknowledgment has a code that tells it".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_edits_that_exist_and_are_a_partners_to_set_are_taken() {
        assert_eq!(problem("npi-check-digit", None, &[]), None);
        assert_eq!(problem("element-code", Some(Severity::Warning), &[]), None);
        assert_eq!(problem("bstar-own", None, &["bstar-own"]), None);
        let wrong = problem("npi-chek-digit", None, &[]).unwrap();
        assert_eq!(wrong, "there is no such edit; did you mean npi-check-digit?");
        for fixed in ["isa-date", "segment-count", "group-not-supported", "hierarchy-parent", "segment-missing"] {
            assert!(problem(fixed, Some(Severity::Warning), &[]).unwrap().starts_with("cannot be set"), "{fixed}");
        }
        assert!(problem("trailing-spaces", Some(Severity::Error), &[]).unwrap().starts_with("cannot be an error"));
        assert_eq!(problem("trailing-spaces", None, &[]), None);
    }
}
