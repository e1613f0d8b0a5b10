//! Other payers of a claim: their order, their ids, and the dates of what they paid.

use super::facts::Facts;
use super::signs::Signs;
use crate::edits::arena::{Placed, Run};
use crate::edits::catalogue::party;
use crate::edits::claim::{Claim, tag};
use crate::edits::report::{Hit, Report};
use crate::edits::rules::parties::other_payer_entity;

pub fn check(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let Some(sbr) = claim.sbr() else { return };
    let first = matches!(sbr.element(1), b"P" | b"U" | b"");
    if facts.head.lacks(Signs::OTHER_PAYER) {
        if !first {
            report.add(Hit::new(&party::SECONDARY_ALONE, sbr).element(1));
        }
        return;
    }
    order(claim, sbr, report);
    if !first && !claim.other_payers().any(|other| pays_before(&other, sbr.element(1))) {
        report.add(Hit::new(&party::SECONDARY_ALONE, sbr).element(1));
    }
    ids(claim, report);
    for other in claim.other_payers() {
        remittance_date(claim, &other, report);
        assignment(&other, report);
        if let Some(cas) = other.first(tag::L2320, tag::CAS)
            && other.qualified(tag::L2320, tag::AMT, b"D").is_none()
        {
            report.add(Hit::new(&party::ADJUSTMENT_ALONE, cas));
        }
    }
    line_payers(claim, report);
    for cas in claim.parts.arena.all().with_id(tag::CAS) {
        if let Some(zero) = (3..=18).step_by(3).find(|&element| is_zero(cas.element(element))) {
            report.add(Hit::new(&party::ADJUSTMENT_ZERO, cas).element(zero));
        }
    }
}

/// Whether this payer's place in the order of payment is before `place`. One of unknown place may be.
fn pays_before(other: &Run<'_>, place: &[u8]) -> bool {
    let own = other.first(tag::L2320, tag::SBR).map_or(&b""[..], |sbr| sbr.element(1));
    matches!(own, b"U") || rank(own) < rank(place)
}

/// P, S, T, then A to H for the fourth to the eleventh.
fn rank(place: &[u8]) -> u8 {
    match place {
        b"P" => 1,
        b"S" => 2,
        b"T" => 3,
        [letter @ b'A'..=b'H'] => letter - b'A' + 4,
        _ => u8::MAX,
    }
}

/// OI03 and OI06 have the codes of CLM08 and CLM09, also where a guide's lists let others through.
fn assignment(other: &Run<'_>, report: &mut Report<'_>) {
    let Some(oi) = other.first(tag::L2320, tag::OI) else { return };
    if !matches!(oi.element(3), b"Y" | b"N" | b"W" | b"") {
        report.add(Hit::new(&party::OTHER_ASSIGNMENT, oi).element(3));
    }
    if !matches!(oi.element(6), b"Y" | b"I" | b"") {
        report.add(Hit::new(&party::OTHER_ASSIGNMENT, oi).element(6));
    }
}

fn is_zero(amount: &[u8]) -> bool {
    crate::domain::Cents::from_x12(amount) == Some(crate::domain::Cents::ZERO)
}

/// Each payer has its own place in the order of payment; `U`, unknown, is no place.
fn order(claim: &Claim<'_>, sbr: Placed<'_>, report: &mut Report<'_>) {
    for (nth, other) in claim.other_payers().enumerate() {
        let Some(own) = other.first(tag::L2320, tag::SBR) else { continue };
        let place = own.element(1);
        let earlier = claim.other_payers().take(nth).filter_map(|other| other.first(tag::L2320, tag::SBR));
        let taken = sbr.element(1) == place || earlier.into_iter().any(|earlier| earlier.element(1) == place);
        if taken && !matches!(place, b"U" | b"") {
            report.add(Hit::new(&party::PAYER_ORDER, own).element(1).code(place));
        }
    }
}

fn payer_id<'a>(other: &Run<'a>) -> Option<Placed<'a>> {
    other.first(tag::L2330B, tag::NM1)
}

fn ids(claim: &Claim<'_>, report: &mut Report<'_>) {
    let destination = claim.subscriber.all().first(tag::L2010BB, tag::NM1).map_or(&b""[..], |nm1| nm1.element(9));
    for (nth, other) in claim.other_payers().enumerate() {
        let Some(nm1) = payer_id(&other).filter(|nm1| !nm1.element(9).is_empty()) else { continue };
        let id = nm1.element(9);
        if claim
            .other_payers()
            .take(nth)
            .any(|earlier| payer_id(&earlier).is_some_and(|earlier| earlier.element(9) == id))
        {
            report.add(Hit::new(&party::OTHER_PAYERS_SAME_ID, nm1).element(9));
        } else if id == destination {
            report.add(Hit::new(&party::OTHER_PAYER_IS_DESTINATION, nm1).element(9));
        }
    }
}

/// A payer that paid (AMT*D) says when: once for the claim, or on each line it adjudicated.
fn remittance_date(claim: &Claim<'_>, other: &Run<'_>, report: &mut Report<'_>) {
    let Some(amt) = other.qualified(tag::L2320, tag::AMT, b"D") else { return };
    let on_claim = other.qualified(tag::L2330B, tag::DTP, b"573");
    let id = payer_id(other).map_or(&b""[..], |nm1| nm1.element(9));
    let on_lines = claim.lines().any(|line| line.run.each(tag::L2430, tag::SVD).any(|svd| svd.element(1) == id));
    let who = other.first(tag::L2320, tag::SBR).map_or("PRP", |sbr| other_payer_entity(sbr.element(1)));
    match (on_claim, on_lines) {
        (None, false) => report.add(Hit::new(&party::REMIT_DATE_MISSING, amt).who(who)),
        (Some(date), true) => report.add(Hit::new(&party::REMIT_DATE_TWICE, date).element(3).who(who)),
        (Some(_), false) | (None, true) => {}
    }
}

/// Each SVD01 is the id of a 2330B.
fn line_payers(claim: &Claim<'_>, report: &mut Report<'_>) {
    for svd in claim.parts.arena.all().with_id(tag::SVD) {
        let known =
            claim.other_payers().any(|other| payer_id(&other).is_some_and(|nm1| nm1.element(9) == svd.element(1)));
        if !known {
            report.add(Hit::new(&party::LINE_PAYER_UNKNOWN, svd).element(1));
        }
    }
}
