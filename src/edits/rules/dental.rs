//! What only dental claims (837D) say.

use super::facts::{Facts, Service};
use super::health::Places;
use super::procedure::Services;
use super::signs::Signs;
use crate::edits::arena::Placed;
use crate::edits::catalogue::{business, claim as claim_edit, codes, line as edit};
use crate::edits::claim::{Claim, tag};
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::code_lists;

pub fn line(claim: &Claim<'_>, facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let sv3 = service.placed;
    procedure(claim, service, report);
    pointers(service, facts.health.diagnoses, report);
    if service.signs.any(Signs::TOOTH) {
        teeth(claim, facts, service, report);
    } else if service.services.any(Services::OF_A_TOOTH) {
        report.add(Hit::new(&edit::TOOTH_MISSING, sv3).element(1).component(2));
    }
    match (is_predetermination(claim), service.date) {
        (true, Some(date)) => report.add(Hit::new(&edit::PREDETERMINATION_DATE, date).element(3)),
        (false, None) if own_date(claim).is_none() => report.add(Hit::new(&edit::LINE_DATE_MISSING, sv3)),
        (true, None) | (false, _) => {}
    }
    if sv3.element(5) == b"R" && service.signs.lacks(Signs::PRIOR_PLACEMENT) {
        report.add(Hit::new(&edit::PRIOR_PLACEMENT_MISSING, sv3).element(5));
    }
}

pub fn check(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    code_lists::place(claim, claim.clm(), 5, Some(1), report);
    if is_predetermination(claim)
        && let Some(date) = own_date(claim)
    {
        report.add(Hit::new(&edit::PREDETERMINATION_DATE, date).element(3));
    }
    if facts.services.any(Services::ORTHODONTICS) {
        orthodontics(claim, facts, report);
    }
    accident_date(claim, facts, report);
}

fn is_predetermination(claim: &Claim<'_>) -> bool {
    claim.clm().element(19) == b"PB"
}

fn own_date<'a>(claim: &Claim<'a>) -> Option<Placed<'a>> {
    claim.head().qualified(tag::L2300, tag::DTP, b"472")
}

fn procedure(claim: &Claim<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let (sv3, code) = (service.placed, service.code);
    if service.qualifier == b"AD" && !code.is_empty() {
        match forms::cdt(code) {
            true => code_lists::dental(claim, &service.line, sv3, report),
            false => report.add(Hit::new(&codes::CDT, sv3).element(1).component(2).code(code)),
        }
    }
    if !sv3.element(3).is_empty() {
        code_lists::place(claim, sv3, 3, None, report);
    }
    if sv3.element(4).is_empty() {
        return;
    }
    for (nth, area) in sv3.segment.components(4).enumerate() {
        if !area.is_empty() && !forms::oral_cavity(area) {
            report.add(Hit::new(&codes::ORAL_CAVITY, sv3).element(4).component(nth + 1));
        }
    }
}

/// SV311: up to four pointers to diagnoses of the claim.
fn pointers(service: &Service<'_>, diagnoses: Places, report: &mut Report<'_>) {
    let sv3 = service.placed;
    for (nth, pointer) in sv3.segment.components(11).enumerate() {
        let sound = forms::whole(pointer).is_some_and(|place| (1..=4).contains(&place) && diagnoses.has(place));
        if !pointer.is_empty() && !sound {
            report
                .add(Hit::new(&edit::POINTER_DENTAL, sv3).element(11).component(nth + 1).code(pointer).fact(diagnoses));
        }
    }
}

fn teeth(claim: &Claim<'_>, facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    for too in service.line.run.each(tag::L2400, tag::TOO) {
        let tooth = too.element(2);
        if tooth.is_empty() {
            if service.services.any(Services::OF_A_TOOTH) {
                report.add(Hit::new(&edit::TOOTH_MISSING, too).element(2));
            }
        } else if !forms::tooth(tooth) {
            report.add(Hit::new(&codes::TOOTH, too).element(2).code(tooth));
        }
        for (nth, surface) in too.segment.components(3).enumerate().filter(|(_, surface)| !surface.is_empty()) {
            let hit = |edit| Hit::new(edit, too).element(3).component(nth + 1);
            match surface {
                b"B" | b"D" | b"F" | b"L" | b"M" => {}
                b"I" if is_front(tooth) == Some(false) => report.add(hit(&edit::SURFACE_OF_TOOTH)),
                b"O" if is_front(tooth) == Some(true) => report.add(hit(&edit::SURFACE_OF_TOOTH)),
                b"I" | b"O" => {}
                _ => report.add(hit(&codes::TOOTH_SURFACE)),
            }
        }
        if facts.head.any(Signs::TEETH)
            && !service.services.any(Services::TOOTH_REPLACEMENT)
            && is_missing(claim, tooth)
        {
            report.add(Hit::new(&business::MISSING_TOOTH_TREATED, too).element(2));
        }
    }
}

/// Front teeth are 6 to 11 and 22 to 27, of milk teeth C to H and M to R. Of a supernumerary tooth nothing is known.
fn is_front(tooth: &[u8]) -> Option<bool> {
    match tooth {
        [b'C'..=b'H' | b'M'..=b'R'] => Some(true),
        [b'A'..=b'T'] => Some(false),
        _ => match forms::whole(tooth) {
            Some(6..=11 | 22..=27) => Some(true),
            Some(1..=32) => Some(false),
            Some(_) | None => None,
        },
    }
}

/// DN2 says M of a tooth that is not there; E of one that is to be extracted.
fn is_missing(claim: &Claim<'_>, tooth: &[u8]) -> bool {
    !tooth.is_empty()
        && claim.head().each(tag::L2300, tag::DN2).any(|dn2| dn2.element(1) == tooth && dn2.element(2) == b"M")
}

fn orthodontics(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let line = claim.lines().find(|line| line.procedure(2).starts_with(b"D8"));
    let Some(sv3) = line.as_ref().and_then(|line| line.service) else { return };
    if facts.head.lacks(Signs::ORTHODONTIC) || !facts.any(Signs::BANDING) {
        report.add(Hit::new(&edit::ORTHODONTIC_DATES, sv3).element(1).component(2));
    }
}

fn accident_date(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    if clm.element(11).is_empty() || facts.head.any(Signs::ACCIDENT) {
        return;
    }
    let accident = matches!(clm.component(11, 1), b"AA" | b"OA") || matches!(clm.component(11, 2), b"AA" | b"OA");
    if accident {
        report.add(Hit::new(&claim_edit::ACCIDENT_DATE_MISSING, clm).element(11));
    }
}
