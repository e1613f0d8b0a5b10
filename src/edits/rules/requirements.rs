//! What a payer's file asks of its claims (SNIP 7). Run only where a payer asks for something.

use crate::domain::requirements::Requirements;
use crate::edits::arena::Placed;
use crate::edits::catalogue::payer as edit;
use crate::edits::claim::{Claim, tag};
use crate::edits::report::{Hit, Report};

pub fn check(claim: &Claim<'_>, asks: &Requirements, report: &mut Report<'_>) {
    timely(claim, asks, report);
    if let Some(pattern) = &asks.member_id
        && let Some(nm1) = claim.subscriber.all().first(tag::L2010BA, tag::NM1)
        && !nm1.element(9).is_empty()
        && !pattern.fits(nm1.element(9))
    {
        report.add(Hit::new(&edit::MEMBER_ID_PATTERN, nm1).element(9));
    }
    needs(claim, asks, report);
    refusals(claim, asks, report);
    sizes(claim, asks, report);
    if asks.capitals_only
        && let Some((placed, element)) = small_letters(claim)
    {
        report.add(Hit::new(&edit::SMALL_LETTERS, placed).element(element));
    }
    if asks.one_calendar_year && claim.service_period().is_some_and(|(first, last)| first.year() != last.year()) {
        report.add(Hit::new(&edit::SEVERAL_YEARS, claim.clm()));
    }
    let billing = claim.billing.all().first(tag::L2010AA, tag::NM1);
    if !asks.remittance_npis.is_empty()
        && let Some(nm1) = billing
        && !asks.remittance_npis.iter().any(|npi| npi.as_bytes() == nm1.element(9))
    {
        report.add(Hit::new(&edit::REMITTANCE_NOT_ENROLLED, nm1).element(9));
    }
}

/// Days from the last service to the receipt; a reason of the delay is for the payer to judge.
fn timely(claim: &Claim<'_>, asks: &Requirements, report: &mut Report<'_>) {
    let (limit, edit) = match claim.frequency() {
        b"7" => (asks.timely_correction_days, &edit::TIMELY_CORRECTION),
        b"8" => return,
        _ => (asks.timely_filing_days, &edit::TIMELY_FILING),
    };
    let (Some(limit), Some((_, last))) = (limit, claim.service_period()) else { return };
    let days = last.days_until(claim.as_of);
    if days > i64::from(limit) && claim.clm().element(20).is_empty() {
        report.add(Hit::new(edit, claim.clm()).fact(days).fact(limit));
    }
}

fn needs(claim: &Claim<'_>, asks: &Requirements, report: &mut Report<'_>) {
    let needs = asks.needs;
    if needs.billing_taxonomy && claim.billing.all().first(tag::L2000A, tag::PRV).is_none() {
        report.add(Hit::new(&edit::TAXONOMY_NEEDED, claim.clm()));
    }
    if needs.group_number
        && let Some(sbr) = claim.sbr().filter(|sbr| sbr.element(3).is_empty())
    {
        report.add(Hit::new(&edit::GROUP_NEEDED, sbr).element(3));
    }
    let own = |placed: &Placed<'_>| placed.element(1) == b"G1" && matches!(placed.loop_id, tag::L2300 | tag::L2400);
    if needs.authorization && !claim.parts.arena.all().with_id(tag::REF).any(|placed| own(&placed)) {
        report.add(Hit::new(&edit::AUTHORIZATION_NEEDED, claim.clm()));
    }
}

fn refusals(claim: &Claim<'_>, asks: &Requirements, report: &mut Report<'_>) {
    let refuses = asks.refuses;
    if refuses.replacements && matches!(claim.frequency(), b"7" | b"8") {
        report.add(Hit::new(&edit::REPLACEMENTS_NOT_TAKEN, claim.clm()).element(5).component(3));
    }
    if refuses.secondary
        && let Some(sbr) = claim.sbr().filter(|sbr| !matches!(sbr.element(1), b"P" | b"U" | b""))
    {
        report.add(Hit::new(&edit::SECONDARY_NOT_TAKEN, sbr).element(1));
    }
    if refuses.attachments
        && let Some(pwk) = claim.parts.arena.all().with_id(tag::PWK).next()
    {
        report.add(Hit::new(&edit::ATTACHMENTS_NOT_TAKEN, pwk));
    }
}

fn sizes(claim: &Claim<'_>, asks: &Requirements, report: &mut Report<'_>) {
    let lines = claim.line_count();
    if let Some(limit) = asks.lines_max.filter(|&limit| lines > limit as usize) {
        report.add(Hit::new(&edit::TOO_MANY_LINES, claim.clm()).fact(lines).fact(limit));
    }
    let clm = claim.clm();
    if let Some(limit) = asks.control_number_chars_max.filter(|&limit| clm.element(1).len() > limit as usize) {
        report.add(Hit::new(&edit::CONTROL_NUMBER_TOO_LONG, clm).element(1).fact(limit));
    }
}

/// The first element of the claim, its subscriber or its patient with a small letter.
fn small_letters<'a>(claim: &Claim<'a>) -> Option<(Placed<'a>, usize)> {
    let small = |text: &[u8]| text.iter().any(u8::is_ascii_lowercase);
    let levels = [claim.subscriber, claim.patient, &claim.parts.arena];
    let placed = levels.into_iter().flat_map(|level| level.all()).find(|placed| small(placed.segment.bytes))?;
    let element = (1..=placed.segment.element_count()).find(|&n| small(placed.element(n)))?;
    Some((placed, element))
}
