//! The claim level of an 837P (005010X222A1, loop 2300 and below).

use super::Visit;
use super::codes::{DIAGNOSES, HOSPITAL_VISITS, LABORATORY, OFFICE_SERVICES, Service, VISITS};
use super::people::{d8, days_before};
use super::practice::Clinician;
use crate::domain::Cents;
use crate::simulator::chance::Chance;
use crate::simulator::pen::Pen;

/// Where a visit takes place, as CLM05-1 says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Office,
    OutpatientDepartment,
    Inpatient,
    Video,
}

impl Place {
    fn draw(chance: &mut Chance) -> Place {
        match chance.below(20) {
            0..=1 => Place::OutpatientDepartment,
            2..=3 => Place::Inpatient,
            4 => Place::Video,
            _ => Place::Office,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Place::Office => "11",
            Place::OutpatientDepartment => "22",
            Place::Inpatient => "21",
            Place::Video => "10",
        }
    }

    fn visits(self) -> &'static [Service] {
        match self {
            Place::Inpatient => HOSPITAL_VISITS,
            Place::Office | Place::OutpatientDepartment | Place::Video => VISITS,
        }
    }
}

/// One service line before it is written.
struct Line {
    service: &'static Service,
    charge: Cents,
    laboratory: Laboratory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Laboratory {
    Yes,
    No,
}

/// CLM to the last line; returns CLM02.
pub(super) fn write(pen: &mut Pen, chance: &mut Chance, visit: &Visit<'_>) -> Cents {
    let place = Place::draw(chance);
    let lines = draw_lines(place, chance);
    let charge = visit.total(lines.iter().map(|line| line.charge).sum());
    let location = pen.composite(&[place.code(), "B", "1"]);
    pen.segment(&["CLM", visit.number, &charge.to_x12(), "", "", &location, "Y", "A", "Y", "Y"]);
    if place == Place::Inpatient {
        pen.segment(&["DTP", "435", "D8", &d8(days_before(visit.day, chance.between(0, 3)))]);
    }
    if lines.iter().any(|line| line.laboratory == Laboratory::Yes) {
        pen.segment(&["REF", "X4", &visit.provider.clia]);
    }
    let diagnoses = write_diagnoses(pen, chance, visit);
    let clinician = chance.pick(&visit.provider.clinicians).clone();
    write_providers(pen, chance, visit, place, &clinician);
    for (number, line) in lines.iter().enumerate() {
        write_line(pen, visit, place, line, number + 1, diagnoses);
        if line.laboratory == Laboratory::Yes {
            clinician.write(pen, "DK", &clinician.npi);
        }
    }
    charge
}

fn draw_lines(place: Place, chance: &mut Chance) -> Vec<Line> {
    let mut lines = vec![draw_line(chance.pick(place.visits()), Laboratory::No, chance)];
    if place == Place::Office {
        let more = chance.below(4) as usize;
        for service in chance.pick_some(OFFICE_SERVICES, more) {
            lines.push(draw_line(service, Laboratory::No, chance));
        }
        let tests = chance.below(3) as usize;
        for service in chance.pick_some(LABORATORY, tests) {
            lines.push(draw_line(service, Laboratory::Yes, chance));
        }
    }
    lines
}

fn draw_line(service: &'static Service, laboratory: Laboratory, chance: &mut Chance) -> Line {
    Line { service, charge: Cents(service.cents * chance.between(80, 130) / 100), laboratory }
}

/// HI; returns how many diagnoses there are.
fn write_diagnoses(pen: &mut Pen, chance: &mut Chance, visit: &Visit<'_>) -> usize {
    let count = chance.between(1, 4) as usize;
    let codes = chance.pick_some(DIAGNOSES, count);
    let mut elements = vec!["HI".to_string(), pen.composite(&["ABK", &visit.principal(codes[0])])];
    elements.extend(codes[1..].iter().map(|code| pen.composite(&["ABF", code])));
    pen.segment(&elements.iter().map(String::as_str).collect::<Vec<_>>());
    codes.len()
}

/// 2310A to 2310C.
fn write_providers(pen: &mut Pen, chance: &mut Chance, visit: &Visit<'_>, place: Place, clinician: &Clinician) {
    if chance.below(5) == 0 {
        let colleague = visit.provider.clinicians.iter().find(|other| other.npi != clinician.npi).unwrap_or(clinician);
        colleague.write(pen, "DN", &colleague.npi);
    }
    clinician.write(pen, "82", &visit.clinician_npi(&clinician.npi));
    pen.segment(&["PRV", "PE", "PXC", clinician.taxonomy]);
    if matches!(place, Place::Inpatient | Place::OutpatientDepartment) {
        let facility = &visit.provider.facility;
        pen.segment(&["NM1", "77", "2", &facility.name, "", "", "", "", "XX", &facility.npi]);
        facility.address.write(pen);
    }
}

fn write_line(pen: &mut Pen, visit: &Visit<'_>, place: Place, line: &Line, number: usize, diagnoses: usize) {
    let pointers: Vec<String> = (1..=diagnoses.min(if number == 1 { 4 } else { 1 })).map(|p| p.to_string()).collect();
    let pointers = pen.composite(&pointers.iter().map(String::as_str).collect::<Vec<_>>());
    let modifier = if place == Place::Video { "95" } else { "" };
    let procedure = pen.composite(&["HC", line.service.code, modifier]);
    pen.segment(&["LX", &number.to_string()]);
    pen.segment(&["SV1", &procedure, &line.charge.to_x12(), "UN", "1", "", "", &pointers]);
    pen.segment(&["DTP", "472", "D8", &d8(visit.day)]);
    pen.segment(&["REF", "6R", &format!("{}L{number}", visit.number)]);
}
