//! The hierarchy of an outgoing transaction: which levels open before each claim, and their HL numbers. Pure.

use crate::domain::ids::SubmissionId;
use crate::store::batches::{BatchClaim, Range};

/// One HL: its number, its parent's and whether levels follow under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub number: u32,
    /// `None` for a billing provider.
    pub parent: Option<u32>,
    /// HL03.
    pub code: &'static str,
    /// HL04.
    pub has_children: bool,
    /// Where the rest of the level stands.
    pub range: Range,
}

/// Numbers the levels of one ST..SE.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    count: u32,
    /// The billing provider whose level is open, and its HL01.
    provider: Option<(SubmissionId, Range, u32)>,
}

impl Hierarchy {
    /// The levels that open before each claim of a run, in order: claims that share one subscriber's level.
    pub fn open(&mut self, run: &[BatchClaim]) -> Vec<Vec<Level>> {
        let Some(first) = run.first() else { return Vec::new() };
        let mut opened = Vec::with_capacity(2);
        let provider = match self.provider {
            Some((submission, range, number)) if (submission, range) == (first.submission_id, first.provider) => number,
            Some(_) | None => {
                let number = self.next();
                self.provider = Some((first.submission_id, first.provider, number));
                opened.push(Level { number, parent: None, code: "20", has_children: true, range: first.provider });
                number
            }
        };
        let subscriber = self.next();
        opened.push(Level {
            number: subscriber,
            parent: Some(provider),
            code: "22",
            has_children: run.iter().any(|claim| !claim.patient.is_empty()),
            range: first.subscriber,
        });
        let mut patient = Range::default();
        let mut levels = Vec::with_capacity(run.len());
        for claim in run {
            if claim.patient != patient {
                patient = claim.patient;
                let number = self.next();
                let range = claim.patient;
                opened.push(Level { number, parent: Some(subscriber), code: "23", has_children: false, range });
            }
            levels.push(std::mem::take(&mut opened));
        }
        levels
    }

    fn next(&mut self) -> u32 {
        self.count += 1;
        self.count
    }
}

/// How many of `claims` begin one run: they share a subscriber's level, and a claim of the subscriber's own
/// stands before those of dependents, as the guides have it.
pub(super) fn run_length(claims: &[BatchClaim]) -> usize {
    let Some(first) = claims.first() else { return 0 };
    let same_subscriber = |claim: &BatchClaim| {
        (claim.submission_id, claim.provider, claim.subscriber)
            == (first.submission_id, first.provider, first.subscriber)
    };
    let goes_on =
        |pair: &[BatchClaim]| same_subscriber(&pair[1]) && (pair[0].patient.is_empty() || !pair[1].patient.is_empty());
    1 + claims.windows(2).take_while(|pair| goes_on(pair)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cents;
    use crate::domain::ids::{ClaimId, PayloadId};

    /// A claim of provider, subscriber and patient (0: the subscriber) at these made-up places.
    fn claim(provider: u64, subscriber: u64, patient: u64) -> BatchClaim {
        let at = |offset: u64| Range { offset, bytes: u64::from(offset > 0) };
        BatchClaim {
            id: ClaimId(1),
            submission_id: SubmissionId(1),
            payload_id: PayloadId(1),
            interchanges: 1,
            charge: Cents(100),
            provider: at(provider),
            subscriber: at(subscriber),
            patient: at(patient),
            claim: at(99),
        }
    }

    /// HL01, HL02, HL03, HL04 of all levels.
    fn check(claims: &[BatchClaim], expected: &[(u32, u32, &str, bool)]) {
        let (mut hierarchy, mut rest, mut found) = (Hierarchy::default(), claims, Vec::new());
        while !rest.is_empty() {
            let (run, after) = rest.split_at(run_length(rest));
            let levels = hierarchy.open(run);
            assert_eq!(levels.len(), run.len());
            found.extend(levels.into_iter().flatten());
            rest = after;
        }
        let found: Vec<_> = found.iter().map(|l| (l.number, l.parent.unwrap_or(0), l.code, l.has_children)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn neighbours_share_the_levels_above_them() {
        check(
            &[claim(1, 2, 0), claim(1, 2, 0), claim(1, 3, 0), claim(4, 5, 0)],
            &[(1, 0, "20", true), (2, 1, "22", false), (3, 1, "22", false), (4, 0, "20", true), (5, 4, "22", false)],
        );
    }

    #[test]
    fn a_subscriber_with_dependents_says_so() {
        check(
            &[claim(1, 2, 0), claim(1, 2, 3), claim(1, 2, 3), claim(1, 2, 4), claim(1, 5, 0)],
            &[(1, 0, "20", true), (2, 1, "22", true), (3, 2, "23", false), (4, 2, "23", false), (5, 1, "22", false)],
        );
    }

    #[test]
    fn a_subscribers_claim_after_a_dependents_opens_the_level_again() {
        check(
            &[claim(1, 2, 3), claim(1, 2, 0)],
            &[(1, 0, "20", true), (2, 1, "22", true), (3, 2, "23", false), (4, 1, "22", false)],
        );
    }
}
