//! What only professional claims (837P) say, whatever the line of business; that is in `business.rs`.

use super::facts::{Facts, Service};
use super::health::Places;
use super::procedure::Services;
use super::signs::Signs;
use crate::edits::arena::Placed;
use crate::edits::catalogue::{claim as claim_edit, codes, line as edit, party};
use crate::edits::claim::{Claim, Line, period, tag};
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::code_lists;

/// One line.
pub fn line(claim: &Claim<'_>, facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    procedure(claim, facts, service, report);
    pointers(service, facts.health.diagnoses, report);
    indicators(service, report);
    if service.signs.any(Signs::PURCHASE) && service.signs.lacks(Signs::PURCHASED) {
        report.add(Hit::new(&edit::PURCHASED_SERVICE_PROVIDER, service.placed));
    }
    if service.signs.any(Signs::DRUG) {
        compound(claim, &service.line, report);
    } else if facts.filing == b"MC" && service.services.any(Services::INJECTED_DRUG) {
        report.add(Hit::new(&edit::DRUG_MISSING, service.placed).element(1).component(2));
    }
}

/// The claim, once all lines are read.
pub fn check(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    place(claim, facts, report);
    consent(claim, report);
    causes(claim, facts, report);
    if facts.head.any(Signs::DISABILITY | Signs::DISABLED_FROM) {
        disability(claim, report);
    }
    if facts.head.any(Signs::CARE_ASSUMED | Signs::CARE_RELINQUISHED) {
        care(claim, report);
    }
    if facts.any(Signs::CLIA | Signs::REFERRING_CLIA | Signs::MAMMOGRAPHY) {
        certifications(claim, report);
    }
    dates_of_business(claim, facts, report);
}

fn place(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let place = facts.facility;
    code_lists::place(claim, claim.clm(), 5, Some(1), report);
    if place == b"21" && facts.head.lacks(Signs::ADMISSION) {
        report.add(Hit::new(&claim_edit::ADMISSION_DATE_MISSING, claim.clm()).element(5).component(1));
    }
}

/// Places that are a facility's own: hospitals, surgical and birthing centers, nursing and psychiatric facilities,
/// hospices, rehabilitation and renal centers. A professional's own billing address is none of them.
fn is_facility(place: &[u8]) -> bool {
    matches!(
        place,
        b"19" | b"21" | b"22" | b"23" | b"24" | b"25" | b"31" | b"32" | b"34" | b"51" | b"52" | b"56" | b"61" | b"65"
    )
}

/// CLM09 and CLM10, where a guide's lists let others through.
fn consent(claim: &Claim<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    if !matches!(clm.element(9), b"Y" | b"I" | b"") {
        report.add(Hit::new(&claim_edit::RELEASE_OF_INFORMATION, clm).element(9));
    }
    if !matches!(clm.element(10), b"P" | b"") {
        report.add(Hit::new(&claim_edit::SIGNATURE_SOURCE, clm).element(10));
    }
}

/// CLM11: what caused the claim.
fn causes(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    if clm.element(11).is_empty() {
        return;
    }
    let is = |cause: &[u8]| clm.component(11, 1) == cause || clm.component(11, 2) == cause;
    if facts.head.lacks(Signs::ACCIDENT) {
        if is(b"AA") || is(b"OA") {
            report.add(Hit::new(&claim_edit::ACCIDENT_DATE_MISSING, clm).element(11));
        } else if is(b"EM") && facts.head.lacks(Signs::ONSET) && facts.filing != b"WC" {
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
    if claim.lines().any(|line| line.has_modifier(&[b"54", b"55"])) {
        return;
    }
    for (qualifier, edit) in [(b"090", &claim_edit::CARE_ASSUMED), (b"091", &claim_edit::CARE_RELINQUISHED)] {
        if let Some(date) = claim.head().qualified(tag::L2300, tag::DTP, qualifier) {
            report.add(Hit::new(edit, date));
        }
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

/// Days that a line of business needs: the accident or onset for workers' compensation, the physician's last visit
/// for routine foot care, the last X-ray only for manipulations.
fn dates_of_business(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if facts.filing == b"WC" && facts.head.lacks(Signs::ACCIDENT | Signs::ONSET) {
        report.add(Hit::new(&claim_edit::ONSET_MISSING, claim.clm()));
    }
    if facts.is_medicare_b() && facts.services.any(Services::FOOT_CARE) && !facts.any(Signs::LAST_SEEN) {
        report.add(Hit::new(&claim_edit::LAST_SEEN_MISSING, claim.clm()));
    }
    if facts.any(Signs::LAST_XRAY)
        && !facts.services.any(Services::MANIPULATION)
        && let Some(date) = claim.parts.arena.all().with_id(tag::DTP).find(|dtp| dtp.element(1) == b"455")
    {
        report.add(Hit::new(&claim_edit::LAST_XRAY_UNEXPECTED, date));
    }
}

fn procedure(claim: &Claim<'_>, facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let (sv1, code) = (service.placed, service.code);
    if service.qualifier == b"HC" && !code.is_empty() {
        match forms::hcpcs(code) {
            true => code_lists::procedure(claim, &service.line, sv1, report),
            false => report.add(Hit::new(&codes::HCPCS, sv1).element(1).component(2).code(code)),
        }
    }
    let place = sv1.element(5);
    if !place.is_empty() {
        code_lists::place(claim, sv1, 5, None, report);
        if place == facts.facility {
            report.add(Hit::new(&edit::LINE_PLACE_SAME, sv1).element(5));
        }
    }
    if sv1.element(3) == b"MJ" {
        if !service.services.any(Services::ANESTHESIA) {
            report.add(Hit::new(&edit::ANESTHESIA_UNIT, sv1).element(3));
        } else if service.units.is_none_or(|minutes| minutes <= 0 || minutes % 1000 != 0) {
            report.add(Hit::new(&edit::ANESTHESIA_MINUTES, sv1).element(4));
        }
    }
}

/// SV109, SV111 and SV112 say Y or nothing.
fn indicators(service: &Service<'_>, report: &mut Report<'_>) {
    let sv1 = service.placed;
    if sv1.segment.element_count() < 9 {
        return;
    }
    for (element, edit) in [(9, &edit::EMERGENCY_FLAG), (11, &edit::SCREENING_FLAG), (12, &edit::FAMILY_PLANNING_FLAG)]
    {
        if !matches!(sv1.element(element), b"Y" | b"") {
            report.add(Hit::new(edit, sv1).element(element));
        }
    }
}

/// SV107: one to four pointers to diagnoses of the claim, each once.
fn pointers(service: &Service<'_>, diagnoses: Places, report: &mut Report<'_>) {
    let sv1 = service.placed;
    // Without any diagnosis the walk misses HI, and pointers are right to point to it.
    if diagnoses.is_empty() {
        return;
    }
    let mut seen = 0u32;
    for (nth, pointer) in sv1.segment.components(7).enumerate().take(4) {
        if pointer.is_empty() {
            if nth == 0 {
                report.add(Hit::new(&edit::POINTER_MISSING, sv1).element(7).component(1));
                return;
            }
            continue;
        }
        let hit = |edit| Hit::new(edit, sv1).element(7).component(nth + 1);
        match forms::whole(pointer) {
            Some(place @ 1..=12) if diagnoses.has(place) => {
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

/// Who stood behind a service: its supervisor, who ordered it, and where it was given.
pub fn people(facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let named = facts.head | service.signs;
    // A nurse anesthetist under direction, an intern, a resident under the primary care exception.
    if service.has_modifier(&[b"QX", b"HL", b"GE"]) && named.lacks(Signs::SUPERVISING) {
        report.add(Hit::new(&party::SUPERVISING_MISSING, service.placed).element(1));
    }
    let tested = Services::LABORATORY | Services::IMAGING;
    let equipment = service.services.any(Services::EQUIPMENT) && service.signs.lacks(Signs::ORDERING);
    let test = facts.is_medicare_b() && service.services.any(tested) && named.lacks(Signs::ORDERING | Signs::REFERRING);
    if equipment || test {
        report.add(Hit::new(&party::ORDERING_MISSING, service.placed).element(1).component(2));
    }
    let own_place = service.placed.element(5);
    if is_facility(own_place) && !service.services.any(Services::AMBULANCE) && named.lacks(Signs::FACILITY) {
        report.add(Hit::new(&party::FACILITY_MISSING, service.placed).element(5).code(own_place));
    }
}

/// The place of a whole professional or dental claim, when it is a facility's: which one.
pub fn facility(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let place = facts.facility;
    if is_facility(place) && !facts.any(Signs::FACILITY) && !facts.services.any(Services::AMBULANCE) {
        report.add(Hit::new(&party::FACILITY_MISSING, claim.clm()).element(5).component(1).code(place));
    }
}
