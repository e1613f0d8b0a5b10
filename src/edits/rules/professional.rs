//! What only professional claims (837P) say.

use crate::edits::arena::{Placed, Run};
use crate::edits::catalogue::{claim as claim_edit, codes, line as edit};
use crate::edits::claim::{Claim, Line, period, tag};
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::{code_lists, diagnosis};

pub fn check(claim: &Claim<'_>, report: &mut Report<'_>) {
    place(claim, report);
    causes(claim, report);
    disability(claim, report);
    care(claim, report);
    certifications(claim, report);
    let diagnoses = diagnosis::count(claim);
    for line in claim.lines() {
        service(claim, &line, report);
        pointers(&line, diagnoses, report);
        lines_of_business(claim, &line, report);
    }
    ambulance(claim, report);
}

fn place(claim: &Claim<'_>, report: &mut Report<'_>) {
    let place = claim.facility();
    code_lists::place(claim, claim.clm(), 5, Some(1), report);
    let admitted = claim.head().qualified(tag::L2300, tag::DTP, b"435").is_some();
    if place == b"21" && !admitted {
        report.add(Hit::new(&claim_edit::ADMISSION_DATE_MISSING, claim.clm()).element(5).component(1));
    }
}

/// CLM11: what caused the claim.
fn causes(claim: &Claim<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    if clm.element(11).is_empty() {
        return;
    }
    let is = |cause: &[u8]| clm.component(11, 1) == cause || clm.component(11, 2) == cause;
    if claim.head().qualified(tag::L2300, tag::DTP, b"439").is_none() {
        if is(b"AA") || is(b"OA") {
            report.add(Hit::new(&claim_edit::ACCIDENT_DATE_MISSING, clm).element(11));
        } else if is(b"EM") {
            report.add(Hit::new(&claim_edit::ACCIDENT_DATE_ADVISED, clm).element(11));
        }
    }
    if is(b"AA") && clm.component(11, 4).is_empty() && clm.component(11, 5).is_empty() {
        report.add(Hit::new(&claim_edit::ACCIDENT_STATE_MISSING, clm).element(11));
    }
}

fn disability(claim: &Claim<'_>, report: &mut Report<'_>) {
    let day = |qualifier: &[u8]| claim.head().qualified(tag::L2300, tag::DTP, qualifier);
    if let Some(both) = day(b"314")
        && period(&both).is_some_and(|(from, to)| to < from)
    {
        report.add(Hit::new(&claim_edit::DISABILITY_DATES_ORDER, both).element(3));
    }
    if let (Some(from), Some(to)) = (day(b"360"), day(b"361"))
        && let (Some(first), Some(last)) = (period(&from), period(&to))
        && last.1 < first.0
    {
        report.add(Hit::new(&claim_edit::DISABILITY_DATES_ORDER, to).element(3));
    }
}

fn care(claim: &Claim<'_>, report: &mut Report<'_>) {
    let head = claim.head();
    let date = head.qualified(tag::L2300, tag::DTP, b"090").or_else(|| head.qualified(tag::L2300, tag::DTP, b"091"));
    if let Some(date) = date
        && !claim.lines().any(|line| line.has_modifier(&[b"54", b"55"]))
    {
        report.add(Hit::new(&claim_edit::CARE_DATE_ASSUMED, date));
    }
}

fn certifications(claim: &Claim<'_>, report: &mut Report<'_>) {
    for placed in claim.parts.arena.all().with_id(tag::REF) {
        let edit = match placed.element(1) {
            b"X4" | b"F4" if !forms::clia(placed.element(2)) => &codes::CLIA_FORM,
            b"EW" if placed.element(2).len() != 6 || !forms::digits(placed.element(2)) => &codes::MAMMOGRAPHY_FORM,
            _ => continue,
        };
        report.add(Hit::new(edit, placed).element(2));
    }
}

fn service(claim: &Claim<'_>, line: &Line<'_>, report: &mut Report<'_>) {
    let Some(sv1) = line.service else { return };
    let code = line.procedure(2);
    if line.procedure(1) == b"HC" && !code.is_empty() {
        match forms::hcpcs(code) {
            true => code_lists::procedure(claim, line, sv1, report),
            false => report.add(Hit::new(&codes::HCPCS, sv1).element(1).component(2).code(code)),
        }
    }
    let place = sv1.element(5);
    code_lists::place(claim, sv1, 5, None, report);
    if !place.is_empty() && place == claim.facility() {
        report.add(Hit::new(&edit::LINE_PLACE_SAME, sv1).element(5));
    }
    if sv1.element(3) == b"MJ" {
        let minutes = forms::thousandths(sv1.element(4));
        if !is_anesthesia(code) {
            report.add(Hit::new(&edit::ANESTHESIA_UNIT, sv1).element(3));
        } else if minutes.is_none_or(|minutes| minutes <= 0 || minutes % 1000 != 0) {
            report.add(Hit::new(&edit::ANESTHESIA_MINUTES, sv1).element(4));
        }
    }
    if line.run.first(tag::L2400, tag::PS1).is_some() && !line.run.has_loop(tag::L2420B) {
        report.add(Hit::new(&edit::PURCHASED_SERVICE_PROVIDER, sv1));
    }
    compound(claim, line, report);
}

/// CPT 00100 to 01999.
fn is_anesthesia(code: &[u8]) -> bool {
    code.len() == 5 && forms::whole(code).is_some_and(|number| (100..2000).contains(&number))
}

/// SV107: one to four pointers to diagnoses of the claim, each once.
fn pointers(line: &Line<'_>, diagnoses: usize, report: &mut Report<'_>) {
    let Some(sv1) = line.service else { return };
    // Without any diagnosis the walk misses HI, and pointers are right to point to it.
    if diagnoses == 0 {
        return;
    }
    if sv1.component(7, 1).is_empty() {
        report.add(Hit::new(&edit::POINTER_MISSING, sv1).element(7).component(1));
        return;
    }
    let mut seen = 0u32;
    for (nth, pointer) in sv1.segment.components(7).enumerate().take(4) {
        if pointer.is_empty() {
            continue;
        }
        let hit = |edit| Hit::new(edit, sv1).element(7).component(nth + 1);
        match forms::whole(pointer) {
            Some(place @ 1..=12) if place as usize <= diagnoses => {
                if seen & 1 << place != 0 {
                    report.add(hit(&edit::POINTER_REPEATED));
                }
                seen |= 1 << place;
            }
            Some(_) | None => report.add(hit(&edit::POINTER).code(pointer).fact(diagnoses)),
        }
    }
}

fn compound(claim: &Claim<'_>, line: &Line<'_>, report: &mut Report<'_>) {
    let Some(own) = link_number(line) else { return };
    let sharing =
        claim.lines().filter_map(|line| link_number(&line)).filter(|other| other.element(2) == own.element(2)).count();
    if sharing < 2 {
        report.add(Hit::new(&edit::COMPOUND_LINK, own).element(2));
    }
}

fn link_number<'a>(line: &Line<'a>) -> Option<Placed<'a>> {
    line.run.qualified(tag::L2410, tag::REF, b"VY")
}

/// Procedures that say nothing by themselves.
const UNLISTED: &[&[u8]] = &[
    b"A0999", b"A4649", b"A9999", b"B9998", b"B9999", b"E1399", b"J3490", b"J3590", b"J7999", b"J8999", b"J9999",
    b"K0108", b"L0999", b"L1499", b"L2999", b"L3999", b"L5999", b"L7499", b"L8499", b"Q4050", b"Q4051", b"V2799",
    b"V5299",
];

/// CPT's unlisted procedures end in 99 but not all codes that do are unlisted, so only these are known here.
pub fn is_unlisted(code: &[u8]) -> bool {
    UNLISTED.contains(&code)
}

fn lines_of_business(claim: &Claim<'_>, line: &Line<'_>, report: &mut Report<'_>) {
    let Some(sv1) = line.service else { return };
    let code = line.procedure(2);
    if is_unlisted(code) && line.procedure(7).is_empty() {
        report.add(Hit::new(&edit::DESCRIPTION_MISSING, sv1).element(1).component(7));
    }
    if is_anesthesia(code) && !line.has_modifier(&[b"AA", b"AD", b"QK", b"QX", b"QY", b"QZ"]) {
        report.add(Hit::new(&edit::ANESTHESIA_MODIFIER, sv1).element(1));
    }
    let head = claim.head();
    let first_treatment = |run: &Run<'_>, loop_id| run.qualified(loop_id, tag::DTP, b"454").is_some();
    if matches!(code, b"98940" | b"98941" | b"98942")
        && !first_treatment(&head, tag::L2300)
        && !first_treatment(&line.run, tag::L2400)
        && head.first(tag::L2300, tag::CR2).is_none()
    {
        report.add(Hit::new(&edit::CHIROPRACTIC_TREATMENT, sv1).element(1).component(2));
    }
    let place = if sv1.element(5).is_empty() { claim.facility() } else { sv1.element(5) };
    if line.has_modifier(&[b"95", b"GT", b"93"]) && !matches!(place, b"02" | b"10") {
        report.add(Hit::new(&edit::TELEHEALTH_PLACE, sv1).element(1));
    }
    if line.has_modifier(&[b"50"]) && forms::thousandths(sv1.element(4)).is_some_and(|units| units > 1000) {
        report.add(Hit::new(&edit::BILATERAL_UNITS, sv1).element(4));
    }
}

/// A0021 to A0999: told once for the claim.
fn ambulance(claim: &Claim<'_>, report: &mut Report<'_>) {
    let transport = claim.lines().find(|line| {
        let code = line.procedure(2);
        code.len() == 5
            && code.starts_with(b"A0")
            && forms::whole(&code[1..]).is_some_and(|number| (21..1000).contains(&number))
    });
    let Some(sv1) = transport.and_then(|line| line.service) else { return };
    let details = claim.parts.arena.all().with_id(tag::CR1).next().is_some();
    let pick_up = claim.parts.arena.all().with_id(tag::NM1).any(|nm1| nm1.element(1) == b"PW");
    if !details || !pick_up {
        report.add(Hit::new(&edit::AMBULANCE_TRANSPORT, sv1).element(1).component(2));
    }
}
