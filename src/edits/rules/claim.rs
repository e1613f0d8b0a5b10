//! The claim itself, for every kind: frequency, charge, dates, attachments, notes; and the header.

use super::facts::Facts;
use super::signs::Signs;
use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::{Arena, Placed};
use crate::edits::catalogue::{claim as edit, codes, line, party};
use crate::edits::claim::{Claim, period, tag};
use crate::edits::codesets::List;
use crate::edits::day::Day;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::{balance, parties};

/// In a day's number CCYYMMDD.
const A_YEAR: u32 = 10_000;

/// What the header says of the whole transaction. The walk knows the guide's lists; a guide with a wider list is
/// held to the narrower one here.
pub fn header(arena: &Arena, as_of: Day, report: &mut Report<'_>) {
    parties::check(arena.all(), report);
    if let Some(bht) = arena.all().with_id(tag::BHT).next() {
        if Day::read(bht.element(4)).is_some_and(|day| day > as_of) {
            report.add(Hit::new(&party::HEADER_DATE_FUTURE, bht).element(4));
        }
        if !matches!(bht.element(6), b"CH" | b"RP" | b"31") {
            report.add(Hit::new(&party::CLAIM_OR_ENCOUNTER, bht).element(6));
        }
    }
    let reachable = |per: &Placed<'_>| [4, 6, 8].into_iter().any(|number| !per.element(number).is_empty());
    if let Some(per) = arena.all().each(tag::L1000A, tag::PER).find(|per| !reachable(per)) {
        report.add(Hit::new(&party::SUBMITTER_CONTACT, per).element(4));
    }
}

/// What a segment says by itself, wherever in the claim it stands.
#[inline]
pub fn segment(placed: &Placed<'_>, report: &mut Report<'_>) {
    match (placed.id, placed.loop_id) {
        (tag::PWK, tag::L2300 | tag::L2400) => attachment(*placed, report),
        (tag::AMT, tag::L2300 | tag::L2400) => balance::amount(*placed, report),
        (tag::HCP | tag::CN1 | tag::PS1 | tag::SV5 | tag::MIA | tag::MOA, _) => balance::amounts(*placed, report),
        (tag::NTE, _) if placed.element(2).iter().all(|byte| !byte.is_ascii_alphanumeric()) => {
            report.add(Hit::new(&edit::NOTE_BLANK, *placed).element(2));
        }
        _ => {}
    }
}

/// An attachment sent by mail, fax or file is found again by its control number.
fn attachment(pwk: Placed<'_>, report: &mut Report<'_>) {
    let sent_apart = matches!(pwk.element(2), b"BM" | b"EL" | b"EM" | b"FT" | b"FX");
    if sent_apart && (pwk.element(5) != b"AC" || pwk.element(6).is_empty()) {
        report.add(Hit::new(&edit::ATTACHMENT_NUMBER_MISSING, pwk).element(6));
    }
}

/// The claim's own date of service (837D) or statement (837I), when this is it.
pub fn own_date(dtp: Placed<'_>, as_of: Day, report: &mut Report<'_>) -> Option<(Day, Day)> {
    let order = match dtp.element(1) {
        b"472" => &line::SERVICE_DATES_ORDER,
        b"434" => &edit::STATEMENT_ORDER,
        _ => return None,
    };
    let days = period(&dtp)?;
    service_days(dtp, days, as_of, order, report);
    Some(days)
}

/// Dates of service and statements lie not after the day of receipt, and run forward.
pub fn service_days(
    dtp: Placed<'_>,
    (from, to): (Day, Day),
    as_of: Day,
    order: &'static crate::edits::catalogue::Edit,
    report: &mut Report<'_>,
) {
    if from > as_of || to > as_of {
        report.add(Hit::new(&codes::SERVICE_IN_FUTURE, dtp).element(3).fact(from.max(to)));
    }
    if to < from {
        report.add(Hit::new(order, dtp).element(3));
    }
}

pub fn check(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    match facts.charge {
        Some(charge) if charge < Cents::ZERO => report.add(Hit::new(&edit::CHARGE_NEGATIVE, clm).element(2)),
        Some(Cents::ZERO) => report.add(Hit::new(&edit::CHARGE_ZERO, clm).element(2)),
        Some(_) | None => {}
    }
    frequency(claim, facts, report);
    accident_state(claim, facts, report);
    if facts.head.any(Signs::REFERRING) {
        second_referring(claim, report);
    }
    if facts.head.any(Signs::EXCEPTION) {
        service_exception(claim, report);
    }
    delay(claim, facts, report);
}

fn frequency(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let frequency = facts.frequency;
    let known = match claim.kind {
        ClaimKind::Professional | ClaimKind::Dental => matches!(frequency, b"1" | b"7" | b"8"),
        ClaimKind::Institutional => {
            matches!(frequency, [b'0'..=b'9' | b'A'..=b'K' | b'M' | b'N' | b'P' | b'Q' | b'X'..=b'Z'])
        }
    };
    if !known && !frequency.is_empty() {
        report.add(Hit::new(&edit::FREQUENCY, claim.clm()).element(5).component(3).code(frequency));
    }
    match (frequency, facts.head.any(Signs::ORIGINAL)) {
        (b"7" | b"8", false) => {
            report.add(Hit::new(&edit::ORIGINAL_REFERENCE_MISSING, claim.clm()).element(5).component(3));
        }
        (b"1", true) => {
            if let Some(original) = claim.head().qualified(tag::L2300, tag::REF, b"F8") {
                report.add(Hit::new(&edit::ORIGINAL_REFERENCE_UNEXPECTED, original).element(2));
            }
        }
        _ => {}
    }
}

/// CLM11-4, in an institutional claim REF*LU: where a car accident happened in the United States or Canada.
fn accident_state(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let known =
        |report: &mut Report<'_>, state: &[u8]| report.holds(List::State, state) || report.holds(List::Province, state);
    let clm = claim.clm();
    if !clm.element(11).is_empty() {
        let (state, country) = (clm.component(11, 4), clm.component(11, 5));
        if !state.is_empty() && matches!(country, b"" | b"US" | b"CA") && !known(report, state) {
            report.add(Hit::new(&codes::ACCIDENT_STATE, clm).element(11).component(4).code(state));
        }
    }
    if facts.head.any(Signs::ACCIDENT_STATE)
        && let Some(place) = claim.head().qualified(tag::L2300, tag::REF, b"LU")
        && !place.element(2).is_empty()
        && !known(report, place.element(2))
    {
        report.add(Hit::new(&codes::ACCIDENT_STATE, place).element(2).code(place.element(2)));
    }
}

fn second_referring(claim: &Claim<'_>, report: &mut Report<'_>) {
    let mut referring = claim.providers().with_id(tag::NM1).filter(|nm1| nm1.element(1) == b"DN");
    if let (Some(_), Some(second)) = (referring.next(), referring.next()) {
        report.add(Hit::new(&party::SECOND_REFERRING, second).element(1));
    }
}

/// REF*4N: 1 to 7.
fn service_exception(claim: &Claim<'_>, report: &mut Report<'_>) {
    if let Some(exception) = claim.head().qualified(tag::L2300, tag::REF, b"4N")
        && !matches!(exception.element(2), [b'1'..=b'7'])
    {
        report.add(Hit::new(&edit::SERVICE_EXCEPTION, exception).element(2));
    }
}

/// Medicare takes original claims for a year after the service, by law; the days of other payers stand in their
/// files.
fn delay(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let late = facts.is_medicare()
        && facts.frequency == b"1"
        && facts.period.is_some_and(|(_, last)| claim.as_of.number() > last.number() + A_YEAR);
    if late && claim.clm().element(20).is_empty() {
        report.add(Hit::new(&edit::DELAY_REASON_MISSING, claim.clm()).element(20));
    }
}
