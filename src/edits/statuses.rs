//! What the statuses of a 277CA ask for: which must name an entity or a second status, and which entities and
//! categories each level knows. Facts of the code lists and of the guide, not of any edit.

use std::borrow::Cow;

use crate::domain::Finding;
use crate::domain::finding::StatusCode;

/// A level of a 277CA at which something is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 2200B: the whole batch.
    Batch,
    /// 2200C: all claims of a billing provider.
    Provider,
    /// 2200D and 2220D.
    Claim,
}

/// Categories that reject.
pub const REJECTING: [&str; 5] = ["A3", "A4", "A6", "A7", "A8"];
/// Composites of one STC: STC01, STC10, STC11.
pub const STATUSES_MAX: usize = 3;
/// A submission that is a repeat as a whole; a claim that repeats another is 78.
const REPEATED_BATCH: &str = "746";
const REPEATED_CLAIM: &str = "78";
/// An error of syntax, told by the 999.
const SYNTAX: &str = "684";
/// No further word can be given in a code.
const NO_DETAIL: &str = "0";

/// Statuses whose sentence speaks of an entity.
const NEED_ENTITY: &[u16] = &[
    16, 17, 18, 19, 23, 24, 25, 26, 73, 85, 88, 89, 90, 91, 92, 93, 94, 96, 97, 106, 109, 114, 123, 124, 125, 126, 127,
    128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150,
    153, 155, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 170, 173, 174, 175, 176, 182, 183, 252, 387,
    395, 403, 466, 467, 470, 480, 487, 491, 496, 499, 500, 501, 502, 503, 504, 505, 506, 514, 516, 560, 561, 562, 563,
    663, 676, 677, 680, 689, 695, 741, 743, 754, 755, 756, 761, 762, 775,
];
/// Statuses that only say how something is wrong: a second one names what.
const NEED_SECOND: &[u16] = &[21, 59, 60, 294, 402, 508, 510, 511, 512, 693, 694, 697, 700, 710, 732, 745, 748];
const BATCH_ENTITIES: &[&str] = &["36", "40", "41", "AY", "PR"];
const PROVIDER_ENTITIES: &[&str] = &["36", "40", "41", "77", "82", "85", "87", "AY", "PR"];
const CLAIM_ENTITIES: &[&str] = &[
    "03", "1P", "1Z", "40", "41", "71", "72", "73", "77", "82", "85", "87", "DK", "DN", "DQ", "FA", "GB", "HK", "IL",
    "LI", "MSC", "PR", "PRP", "QB", "QC", "QD", "SEP", "TL", "TTP", "TU",
];

/// The statuses that tell of an error. One of syntax has its codes in the 999; in the 277CA stands that it is there.
/// An edit of a partner's file may have no status: then its sentence says what it is about.
pub fn of(finding: &Finding) -> Vec<StatusCode> {
    let of_syntax = finding.ack.ik3.is_some() || finding.ack.ik4.is_some();
    let only = |code: &'static str| StatusCode { category: "A3".into(), code: code.into(), entity: None };
    match (finding.statuses.is_empty(), of_syntax) {
        (false, _) => finding.statuses.clone(),
        (true, true) => vec![only(SYNTAX)],
        (true, false) => vec![only(NO_DETAIL)],
    }
}

pub fn needs_entity(code: &str) -> bool {
    code.parse().is_ok_and(|code: u16| NEED_ENTITY.binary_search(&code).is_ok())
}

pub fn needs_second(code: &str) -> bool {
    code.parse().is_ok_and(|code: u16| NEED_SECOND.binary_search(&code).is_ok())
}

impl Level {
    /// The entity codes that a status may name here.
    pub fn entities(self) -> &'static [&'static str] {
        match self {
            Level::Batch => BATCH_ENTITIES,
            Level::Provider => PROVIDER_ENTITIES,
            Level::Claim => CLAIM_ENTITIES,
        }
    }

    /// Whom a status is about that must name somebody and names nobody this level knows.
    fn anybody(self) -> &'static str {
        match self {
            Level::Batch => "41",
            Level::Provider | Level::Claim => "85",
        }
    }

    /// A rejection as it may stand at this level. Edits of the catalogue fit where they belong and are left as
    /// they are; a payer's own, or one told at another level, may not.
    pub fn fit(self, statuses: &[StatusCode]) -> Vec<StatusCode> {
        let mut fitting: Vec<StatusCode> =
            statuses.iter().take(STATUSES_MAX).map(|status| self.fit_one(status)).collect();
        if let [only] = &fitting[..]
            && needs_second(&only.code)
        {
            let category = only.category.clone();
            fitting.push(StatusCode { category, code: NO_DETAIL.into(), entity: None });
        }
        fitting
    }

    fn fit_one(self, status: &StatusCode) -> StatusCode {
        let StatusCode { category, code, entity } = status.clone();
        let category = if REJECTING.contains(&&*category) { category } else { Cow::Borrowed("A3") };
        let code = if code == REPEATED_BATCH && self != Level::Batch { Cow::Borrowed(REPEATED_CLAIM) } else { code };
        let known = entity.filter(|entity| self.entities().contains(&&**entity));
        let entity = known.or_else(|| needs_entity(&code).then_some(Cow::Borrowed(self.anybody())));
        StatusCode { category, code, entity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> StatusCode {
        let mut parts = text.split(':').map(|part| Cow::Owned(part.to_string()));
        let mut next = || parts.next();
        StatusCode { category: next().unwrap(), code: next().unwrap(), entity: next() }
    }

    #[track_caller]
    fn fits(level: Level, given: &str, wanted: &str) {
        let given: Vec<StatusCode> = given.split(' ').map(status).collect();
        let told: Vec<String> = level
            .fit(&given)
            .iter()
            .map(|s| [&*s.category, &*s.code, s.entity.as_deref().unwrap_or("-")].join(":"))
            .collect();
        assert_eq!(told.join(" "), wanted);
    }

    #[test]
    fn the_lists_are_sorted_for_the_search() {
        assert!(NEED_ENTITY.is_sorted() && NEED_SECOND.is_sorted());
        assert!(needs_entity("562") && !needs_entity("400") && needs_second("21") && !needs_second("562"));
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        fits(Level::Claim, "A7:562:82", "A7:562:82");
        fits(Level::Claim, "A7:400 A7:178", "A7:400:- A7:178:-");
        fits(Level::Batch, "A3:24:41", "A3:24:41");
        fits(Level::Batch, "A3:746", "A3:746:-");
    }

    #[test]
    fn an_entity_that_the_level_does_not_know_is_not_named() {
        fits(Level::Batch, "A3:24:85", "A3:24:41");
        fits(Level::Provider, "A7:400:IL", "A7:400:-");
        fits(Level::Claim, "A1:19:AY", "A3:19:85");
    }

    #[test]
    fn a_status_that_needs_more_gets_it() {
        fits(Level::Claim, "A7:562", "A7:562:85");
        fits(Level::Claim, "A7:21", "A7:21:- A7:0:-");
        fits(Level::Claim, "A7:21 A7:255", "A7:21:- A7:255:-");
    }

    #[test]
    fn only_rejections_reject_and_a_claim_is_no_repeated_batch() {
        fits(Level::Claim, "F2:400", "A3:400:-");
        fits(Level::Claim, "A8:746", "A8:78:-");
    }
}
