//! The claim itself, for every kind: frequency, charge, dates, attachments, notes; and the header.

use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::{Arena, Placed};
use crate::edits::catalogue::{claim as edit, codes, line, party};
use crate::edits::claim::{Claim, period, tag};
use crate::edits::day::Day;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::parties;

pub fn header(arena: &Arena, as_of: Day, report: &mut Report<'_>) {
    parties::check(arena.all(), report);
    if let Some(bht) = arena.all().with_id(tag::BHT).next()
        && Day::read(bht.element(4)).is_some_and(|day| day > as_of)
    {
        report.add(Hit::new(&party::HEADER_DATE_FUTURE, bht).element(4));
    }
}

pub fn check(claim: &Claim<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    match claim.charge() {
        Some(charge) if charge < Cents::ZERO => report.add(Hit::new(&edit::CHARGE_NEGATIVE, clm).element(2)),
        Some(Cents::ZERO) => report.add(Hit::new(&edit::CHARGE_ZERO, clm).element(2)),
        Some(_) | None => {}
    }
    frequency(claim, report);
    for placed in claim.parts.arena.all() {
        match (placed.id, placed.loop_id) {
            (tag::PWK, tag::L2300 | tag::L2400) => attachment(placed, report),
            (tag::NTE, _) if placed.element(2).iter().all(|byte| !byte.is_ascii_alphanumeric()) => {
                report.add(Hit::new(&edit::NOTE_BLANK, placed).element(2));
            }
            (tag::DTP, tag::L2300 | tag::L2400) => service_date(placed, claim.as_of, report),
            _ => {}
        }
    }
    second_referring(claim, report);
}

fn frequency(claim: &Claim<'_>, report: &mut Report<'_>) {
    let frequency = claim.frequency();
    let known = match claim.kind {
        ClaimKind::Professional | ClaimKind::Dental => matches!(frequency, b"1" | b"7" | b"8"),
        ClaimKind::Institutional => {
            matches!(frequency, [b'0'..=b'9' | b'A'..=b'K' | b'M' | b'N' | b'P' | b'Q' | b'X'..=b'Z'])
        }
    };
    if !known && !frequency.is_empty() {
        report.add(Hit::new(&edit::FREQUENCY, claim.clm()).element(5).component(3).code(frequency));
    }
    let original = claim.head().qualified(tag::L2300, tag::REF, b"F8");
    match (frequency, original) {
        (b"7" | b"8", None) => {
            report.add(Hit::new(&edit::ORIGINAL_REFERENCE_MISSING, claim.clm()).element(5).component(3));
        }
        (b"1", Some(original)) => report.add(Hit::new(&edit::ORIGINAL_REFERENCE_UNEXPECTED, original).element(2)),
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

/// Dates of service and statements lie not after the day of receipt, and run forward.
fn service_date(dtp: Placed<'_>, as_of: Day, report: &mut Report<'_>) {
    let statement = match dtp.element(1) {
        b"472" => false,
        b"434" => true,
        _ => return,
    };
    let Some((from, to)) = period(&dtp) else { return };
    if from > as_of || to > as_of {
        report.add(Hit::new(&codes::SERVICE_IN_FUTURE, dtp).element(3).fact(from.max(to)));
    }
    if to < from {
        let order = if statement { &edit::STATEMENT_ORDER } else { &line::SERVICE_DATES_ORDER };
        report.add(Hit::new(order, dtp).element(3));
    }
}

fn second_referring(claim: &Claim<'_>, report: &mut Report<'_>) {
    let mut referring = claim.providers().with_id(tag::NM1).filter(|nm1| nm1.element(1) == b"DN");
    if let (Some(_), Some(second)) = (referring.next(), referring.next()) {
        report.add(Hit::new(&party::SECOND_REFERRING, second).element(1));
    }
}
