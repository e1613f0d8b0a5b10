//! What a professional claim's line of business asks for (SNIP 6): ambulance, anesthesia, manipulation, equipment,
//! eyewear, tests, vaccines, deliveries, infusions, telehealth. Entered only for claims that have such a line.

use super::facts::{Facts, Service};
use super::procedure::Services;
use super::signs::Signs;
use crate::edits::arena::Placed;
use crate::edits::catalogue::{Edit, business as edit, codes};
use crate::edits::claim::{Claim, tag};
use crate::edits::report::{Hit, Report};

/// Modifiers of anesthesia that say who gave it.
const ANESTHETISTS: &[&[u8]] = &[b"AA", b"AD", b"QK", b"QX", b"QY", b"QZ"];
/// Modifiers that say how equipment was got, or that it was only mended or is for hospice or end stage.
const HOW_EQUIPPED: &[&[u8]] = &[
    b"RR", b"NU", b"UE", b"NR", b"KR", b"LL", b"MS", b"RA", b"RB", b"RP", b"BP", b"BR", b"BU", b"KH", b"KI", b"KJ",
    b"CG",
];
const TELEHEALTH: &[&[u8]] = &[b"95", b"GT", b"93"];
const ASSISTANTS: &[&[u8]] = &[b"80", b"81", b"82", b"AS"];

/// One line.
pub fn line(facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    if !service.modifiers[0].is_empty() {
        by_modifier(facts, service, report);
    }
    if service.services != Services::NONE {
        by_service(facts, service, report);
    }
    let rare =
        Signs::RENTAL | Signs::DME_FORM | Signs::CERTIFICATE | Signs::FORM | Signs::BATCH | Signs::OBSTETRIC_UNITS;
    if service.signs.any(rare) {
        by_form(service, report);
    }
    if service.placed.element(11) == b"Y" && !(facts.head | service.signs).any(Signs::EPSDT_REFERRAL) {
        report.add(Hit::new(&edit::SCREENING_REFERRAL, service.placed).element(11));
    }
}

fn at_code<'a>(edit: &'static Edit, placed: Placed<'a>) -> Hit<'a> {
    Hit::new(edit, placed).element(1).component(2)
}

fn by_modifier(facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let sv1 = service.placed;
    if service.has_modifier(TELEHEALTH) && !matches!(service.place, b"02" | b"10") {
        report.add(Hit::new(&edit::TELEHEALTH_PLACE, sv1).element(1));
    }
    let several = service.units.is_some_and(|units| units > 1000);
    if several && service.has_modifier(&[b"50"]) {
        report.add(Hit::new(&edit::BILATERAL_UNITS, sv1).element(4));
    }
    let assistants = service.modifiers.iter().filter(|modifier| ASSISTANTS.contains(modifier)).count();
    if assistants > 1 || assistants == 1 && several {
        report.add(Hit::new(&edit::ASSISTANT_SINGLE, sv1).element(1));
    }
    if service.has_modifier(&[b"90"]) && service.signs.lacks(Signs::REFERRING_CLIA) {
        report.add(Hit::new(&edit::OUTSIDE_LABORATORY, sv1).element(1));
    }
    let replaced = service.services.any(Services::EYEWEAR) && service.has_modifier(&[b"RA", b"RP"]);
    if replaced && facts.head.lacks(Signs::LENSES | Signs::CONTACTS | Signs::FRAMES) {
        report.add(at_code(&edit::EYEWEAR_CONDITION, sv1));
    }
}

fn by_service(facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let (sv1, services) = (service.placed, service.services);
    if services.any(Services::UNLISTED) && service.description.is_empty() {
        report.add(Hit::new(&edit::DESCRIPTION_MISSING, sv1).element(1).component(7));
    }
    if services.any(Services::ANESTHESIA) {
        if !service.has_modifier(ANESTHETISTS) {
            report.add(Hit::new(&edit::ANESTHESIA_MODIFIER, sv1).element(1));
        }
        if sv1.element(3) != b"MJ" {
            report.add(Hit::new(&edit::ANESTHESIA_NOT_IN_MINUTES, sv1).element(3));
        }
    }
    if services.any(Services::MANIPULATION) {
        if (facts.head | service.signs).lacks(Signs::FIRST_TREATMENT | Signs::SPINAL_FORM) {
            report.add(at_code(&edit::CHIROPRACTIC_TREATMENT, sv1));
        }
        if !facts.health.of_the_spine {
            report.add(at_code(&edit::CHIROPRACTIC_DIAGNOSIS, sv1));
        }
    }
    if services.any(Services::EQUIPMENT) {
        equipment(facts, service, report);
    }
    let waived = matches!(facts.filing, b"MB" | b"MC") && services.any(Services::LABORATORY);
    if waived && (facts.head | service.signs).lacks(Signs::CLIA) {
        report.add(at_code(&codes::CLIA_MISSING, sv1));
    }
    if services.any(Services::ONCE_A_DAY) && facts.is_medicare_b() {
        let days = service.period.map_or(1, |(first, last)| first.days_until(last) + 1);
        if service.units.is_some_and(|units| units > days * 1000) {
            report.add(Hit::new(&edit::UNITS_OVER_LIMIT, sv1).element(4).code(service.code));
        }
    }
}

fn equipment(facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    if !service.has_modifier(HOW_EQUIPPED) && !service.services.any(Services::UNLISTED) {
        report.add(Hit::new(&edit::EQUIPMENT_MODIFIER, service.placed).element(1));
    }
    // Medicare asked for certificates of oxygen up to the end of 2022.
    let certified = service.services.any(Services::OXYGEN)
        && facts.is_medicare_b()
        && service.period.is_some_and(|(first, _)| first.year() < 2023);
    if certified && service.signs.lacks(Signs::CERTIFICATE | Signs::FORM) {
        report.add(at_code(&edit::OXYGEN_CERTIFICATE, service.placed));
    }
}

/// Segments that belong to one kind of service.
#[cold]
fn by_form(service: &Service<'_>, report: &mut Report<'_>) {
    let (sv1, signs) = (service.placed, service.signs);
    let run = &service.line.run;
    if let Some(sv5) = run.first(tag::L2400, tag::SV5)
        && sv5.component(1, 2) != service.code
    {
        report.add(Hit::new(&edit::EQUIPMENT_RENTAL_CODE, sv5).element(1).component(2));
    }
    // A certificate is announced (PWK*CT), dated (CR3, DTP*463) and answered (2440) together.
    let certificate = [Signs::CERTIFICATE, Signs::FORM, Signs::THERAPY_BEGIN];
    let begun = signs.any(Signs::CERTIFICATE | Signs::FORM | Signs::DME_FORM);
    if begun && certificate.into_iter().any(|part| signs.lacks(part)) {
        report.add(Hit::new(&edit::EQUIPMENT_CERTIFICATE, sv1));
    }
    if signs.any(Signs::BATCH)
        && !service.services.any(Services::VACCINE)
        && let Some(batch) = service.find(tag::REF, b"BT")
    {
        report.add(Hit::new(&edit::VACCINE_BATCH, batch));
    }
    if signs.any(Signs::OBSTETRIC_UNITS)
        && !service.services.any(Services::OBSTETRIC_ANESTHESIA)
        && let Some(quantity) = service.find(tag::QTY, b"FL")
    {
        report.add(Hit::new(&edit::OBSTETRIC_UNITS, quantity));
    }
}

/// The claim, once all lines are read.
pub fn check(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let of_many = Services::AMBULANCE
        | Services::VACCINE
        | Services::VACCINATION
        | Services::DELIVERY
        | Services::HOME_INFUSION
        | Services::YEARLY_VISIT
        | Services::NEW_PATIENT;
    if !facts.services.any(of_many) {
        return;
    }
    if facts.services.any(Services::AMBULANCE) {
        ambulance(claim, facts, report);
    }
    let (vaccine, given) = (facts.services.any(Services::VACCINE), facts.services.any(Services::VACCINATION));
    match (vaccine, given) {
        (true, false) => add_for(claim, Services::VACCINE, &edit::VACCINE_ALONE, report),
        (false, true) => add_for(claim, Services::VACCINATION, &edit::VACCINATION_ALONE, report),
        (true, true) | (false, false) => {}
    }
    if facts.services.any(Services::DELIVERY) && facts.head.lacks(Signs::LAST_PERIOD) {
        add_for(claim, Services::DELIVERY, &edit::LAST_PERIOD_MISSING, report);
    }
    if facts.services.any(Services::HOME_INFUSION) && facts.lines.lacks(Signs::DRUG) {
        add_for(claim, Services::HOME_INFUSION, &edit::INFUSION_DRUG, report);
    }
    if facts.is_medicare_b() {
        exclusions(claim, report);
    }
}

/// The first line of this service.
fn first_of<'a>(claim: &Claim<'a>, services: Services) -> Option<Placed<'a>> {
    claim.lines().find(|line| Services::of(line.procedure(2), claim.kind).any(services))?.service
}

fn add_for(claim: &Claim<'_>, services: Services, edit: &'static Edit, report: &mut Report<'_>) {
    if let Some(sv1) = first_of(claim, services) {
        report.add(at_code(edit, sv1));
    }
}

/// Told once for the claim: what a transport needs, whichever line it is.
fn ambulance(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let Some(sv1) = first_of(claim, Services::AMBULANCE) else { return };
    match claim.parts.arena.all().with_id(tag::CR1).next() {
        None => report.add(at_code(&edit::AMBULANCE_FORM_MISSING, sv1)),
        Some(cr1) => {
            if cr1.element(4).is_empty() {
                report.add(Hit::new(&edit::AMBULANCE_REASON_MISSING, cr1).element(4));
            }
            if cr1.element(6).is_empty() {
                report.add(Hit::new(&edit::AMBULANCE_MILES_MISSING, cr1).element(6));
            }
        }
    }
    if !facts.any(Signs::PICK_UP) || !facts.any(Signs::DROP_OFF) {
        report.add(at_code(&edit::AMBULANCE_PLACES_MISSING, sv1));
    }
    if !facts.any(Signs::AMBULANCE_CONDITION) {
        report.add(at_code(&edit::AMBULANCE_CONDITION_MISSING, sv1));
    }
}

/// Of Medicare's yearly visits a day has one; a patient is new or known, not both on one day.
fn exclusions(claim: &Claim<'_>, report: &mut Report<'_>) {
    let kinds = [
        (Services::YEARLY_VISIT, Services::YEARLY_VISIT),
        (Services::NEW_PATIENT, Services::KNOWN_PATIENT),
        (Services::KNOWN_PATIENT, Services::NEW_PATIENT),
    ];
    for (nth, line) in claim.lines().enumerate() {
        let own = (line.procedure(2), line.service_period());
        for earlier in claim.lines().take(nth) {
            let other = (earlier.procedure(2), earlier.service_period());
            let (first, second) = (Services::of(other.0, claim.kind), Services::of(own.0, claim.kind));
            let exclude = kinds.iter().any(|(one, another)| first.any(*one) && second.any(*another));
            if exclude
                && own.1 == other.1
                && own.0 != other.0
                && let Some(sv1) = line.service
            {
                report.add(at_code(&edit::PROCEDURES_EXCLUDE, sv1).code(other.0).code(own.0));
            }
        }
    }
}
