//! What only dental claims (837D) say.

use crate::edits::catalogue::{claim as claim_edit, codes, line as edit};
use crate::edits::claim::{Claim, Line, tag};
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::{code_lists, diagnosis};

pub fn check(claim: &Claim<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    code_lists::place(claim, clm, 5, Some(1), report);
    let own_date = claim.head().qualified(tag::L2300, tag::DTP, b"472");
    let predetermination = clm.element(19) == b"PB";
    let diagnoses = diagnosis::count(claim);
    for line in claim.lines() {
        procedure(claim, &line, report);
        pointers(&line, diagnoses, report);
        teeth(&line, report);
        let Some(sv3) = line.service else { continue };
        match (predetermination, line.date()) {
            (true, Some(date)) => report.add(Hit::new(&edit::PREDETERMINATION_DATE, date).element(3)),
            (false, None) if own_date.is_none() => report.add(Hit::new(&edit::LINE_DATE_MISSING, sv3)),
            (true, None) | (false, _) => {}
        }
        if sv3.element(5) == b"R" && line.run.qualified(tag::L2400, tag::DTP, b"441").is_none() {
            report.add(Hit::new(&edit::PRIOR_PLACEMENT_MISSING, sv3).element(5));
        }
    }
    if predetermination && let Some(date) = own_date {
        report.add(Hit::new(&edit::PREDETERMINATION_DATE, date).element(3));
    }
    orthodontics(claim, report);
    accident_date(claim, report);
}

fn procedure(claim: &Claim<'_>, line: &Line<'_>, report: &mut Report<'_>) {
    let Some(sv3) = line.service else { return };
    let code = line.procedure(2);
    if line.procedure(1) == b"AD" && !code.is_empty() {
        match forms::cdt(code) {
            true => code_lists::dental(claim, line, sv3, report),
            false => report.add(Hit::new(&codes::CDT, sv3).element(1).component(2).code(code)),
        }
    }
    code_lists::place(claim, sv3, 3, None, report);
    for (nth, area) in sv3.segment.components(4).enumerate() {
        if !area.is_empty() && !forms::oral_cavity(area) {
            report.add(Hit::new(&codes::ORAL_CAVITY, sv3).element(4).component(nth + 1));
        }
    }
}

/// SV311: up to four pointers to diagnoses of the claim.
fn pointers(line: &Line<'_>, diagnoses: usize, report: &mut Report<'_>) {
    let Some(sv3) = line.service else { return };
    for (nth, pointer) in sv3.segment.components(11).enumerate() {
        let sound = forms::whole(pointer).is_some_and(|place| (1..=4).contains(&place) && place as usize <= diagnoses);
        if !pointer.is_empty() && !sound {
            report
                .add(Hit::new(&edit::POINTER_DENTAL, sv3).element(11).component(nth + 1).code(pointer).fact(diagnoses));
        }
    }
}

fn teeth(line: &Line<'_>, report: &mut Report<'_>) {
    for too in line.run.each(tag::L2400, tag::TOO) {
        let tooth = too.element(2);
        if !tooth.is_empty() && !forms::tooth(tooth) {
            report.add(Hit::new(&codes::TOOTH, too).element(2).code(tooth));
        }
        for (nth, surface) in too.segment.components(3).enumerate() {
            if !surface.is_empty() && !matches!(surface, b"B" | b"D" | b"F" | b"I" | b"L" | b"M" | b"O") {
                report.add(Hit::new(&codes::TOOTH_SURFACE, too).element(3).component(nth + 1));
            }
        }
    }
}

fn orthodontics(claim: &Claim<'_>, report: &mut Report<'_>) {
    let line = claim.lines().find(|line| line.procedure(2).starts_with(b"D8"));
    let Some(sv3) = line.as_ref().and_then(|line| line.service) else { return };
    let head = claim.head();
    let banded = head.qualified(tag::L2300, tag::DTP, b"452").is_some()
        || claim.lines().any(|line| line.run.qualified(tag::L2400, tag::DTP, b"452").is_some());
    if head.first(tag::L2300, tag::DN1).is_none() || !banded {
        report.add(Hit::new(&edit::ORTHODONTIC_DATES, sv3).element(1).component(2));
    }
}

fn accident_date(claim: &Claim<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    let accident = matches!(clm.component(11, 1), b"AA" | b"OA") || matches!(clm.component(11, 2), b"AA" | b"OA");
    if accident && claim.head().qualified(tag::L2300, tag::DTP, b"439").is_none() {
        report.add(Hit::new(&claim_edit::ACCIDENT_DATE_MISSING, clm).element(11));
    }
}
