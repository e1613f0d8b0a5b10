//! The claim level of an 837I (005010X223A2, loop 2300 and below): stays and outpatient visits of a hospital.

use jiff::civil::Date;

use super::codes::{
    ADMISSIONS, Admission, CLINIC, DIAGNOSES, EMERGENCY_ROOM, OPERATING_ROOM, OUTPATIENT_SERVICES, Revenue,
    STAY_SERVICES,
};
use super::people::{d8, days_before};
use super::{Defect, Visit};
use crate::domain::Cents;
use crate::simulator::chance::Chance;
use crate::simulator::pen::Pen;

/// A day in a semi-private room.
const ROOM: Revenue = Revenue { code: "0120", procedure: "", cents: 184_300 };

struct Line {
    revenue: &'static Revenue,
    charge: Cents,
    /// SV204 and SV205.
    unit: &'static str,
    quantity: i64,
}

/// CLM to the last line; returns CLM02.
pub(super) fn write(pen: &mut Pen, chance: &mut Chance, visit: &Visit<'_>) -> Cents {
    // A stay in the future would break several rules at once; a spoiled claim breaks one.
    if visit.defect != Some(Defect::FutureServiceDate) && chance.below(3) == 0 {
        write_stay(pen, chance, visit)
    } else {
        write_visit(pen, chance, visit)
    }
}

fn write_stay(pen: &mut Pen, chance: &mut Chance, visit: &Visit<'_>) -> Cents {
    let admission = chance.pick(ADMISSIONS);
    let nights = chance.between(1, 9);
    let admitted = days_before(visit.day, nights);
    let mut lines = vec![line(&ROOM, "DA", nights, chance)];
    if admission.procedure.is_some() {
        lines.push(line(&OPERATING_ROOM, "UN", 1, chance));
    }
    let more = chance.between(1, 4) as usize;
    for revenue in chance.pick_some(STAY_SERVICES, more) {
        lines.push(line(revenue, "UN", 1, chance));
    }
    let charge = write_claim(pen, visit, &lines, "11");
    pen.segment(&["DTP", "096", "TM", &format!("{:02}30", chance.between(9, 17))]);
    pen.segment(&["DTP", "434", "RD8", &format!("{}-{}", d8(admitted), d8(visit.day))]);
    pen.segment(&["DTP", "435", "DT", &format!("{}{:02}15", d8(admitted), chance.between(0, 23))]);
    pen.segment(&["CL1", if admission.procedure.is_some() { "3" } else { "1" }, "1", "01"]);
    write_stay_codes(pen, visit, admission, admitted, nights);
    write_doctors(pen, chance, visit, admission.procedure);
    for (number, line) in lines.iter().enumerate() {
        write_line(pen, visit, line, number + 1, None);
    }
    charge
}

/// The HI segments of a stay. Each diagnosis says that it was present on admission.
fn write_stay_codes(pen: &mut Pen, visit: &Visit<'_>, admission: &Admission, admitted: Date, nights: i64) {
    let present =
        |pen: &Pen, qualifier: &str, code: &str| pen.composite(&[qualifier, code, "", "", "", "", "", "", "Y"]);
    let principal = present(pen, "ABK", &visit.principal(admission.principal));
    pen.segment(&["HI", &principal]);
    let admitting = pen.composite(&["ABJ", admission.principal]);
    pen.segment(&["HI", &admitting]);
    let drg = pen.composite(&["DR", admission.drg]);
    pen.segment(&["HI", &drg]);
    let others: Vec<String> = admission.others.iter().map(|code| present(pen, "ABF", code)).collect();
    let mut elements = vec!["HI"];
    elements.extend(others.iter().map(String::as_str));
    pen.segment(&elements);
    if let Some(procedure) = admission.procedure {
        let done = pen.composite(&["BBR", procedure, "D8", &d8(admitted)]);
        pen.segment(&["HI", &done]);
    }
    let covered_days = pen.composite(&["BE", "80", "", "", &nights.to_string()]);
    pen.segment(&["HI", &covered_days]);
}

fn write_visit(pen: &mut Pen, chance: &mut Chance, visit: &Visit<'_>) -> Cents {
    let emergency = chance.below(2) == 0;
    let (first, kind) = if emergency { (&EMERGENCY_ROOM, "1") } else { (&CLINIC, "3") };
    let mut lines = vec![line(first, "UN", 1, chance)];
    let more = chance.below(5) as usize;
    for revenue in chance.pick_some(OUTPATIENT_SERVICES, more) {
        lines.push(line(revenue, "UN", 1, chance));
    }
    let charge = write_claim(pen, visit, &lines, "13");
    let day = d8(visit.day);
    pen.segment(&["DTP", "434", "RD8", &format!("{day}-{day}")]);
    pen.segment(&["CL1", kind, "1", "01"]);
    let count = chance.between(1, 3) as usize;
    let codes = chance.pick_some(DIAGNOSES, count);
    let principal = pen.composite(&["ABK", &visit.principal(codes[0])]);
    pen.segment(&["HI", &principal]);
    if emergency {
        let reason = pen.composite(&["APR", codes[0]]);
        pen.segment(&["HI", &reason]);
    }
    let others: Vec<String> = codes[1..].iter().map(|code| pen.composite(&["ABF", code])).collect();
    if !others.is_empty() {
        let mut elements = vec!["HI"];
        elements.extend(others.iter().map(String::as_str));
        pen.segment(&elements);
    }
    write_doctors(pen, chance, visit, None);
    for (number, line) in lines.iter().enumerate() {
        write_line(pen, visit, line, number + 1, Some(&day));
    }
    charge
}

fn line(revenue: &'static Revenue, unit: &'static str, quantity: i64, chance: &mut Chance) -> Line {
    Line { revenue, charge: Cents(revenue.cents * chance.between(85, 125) / 100 * quantity), unit, quantity }
}

/// CLM; `bill_type` is its first two digits.
fn write_claim(pen: &mut Pen, visit: &Visit<'_>, lines: &[Line], bill_type: &str) -> Cents {
    let charge = visit.total(lines.iter().map(|line| line.charge).sum());
    let location = pen.composite(&[bill_type, "A", "1"]);
    pen.segment(&["CLM", visit.number, &charge.to_x12(), "", "", &location, "", "A", "Y", "Y"]);
    charge
}

/// 2310A, and 2310B when there was a procedure.
fn write_doctors(pen: &mut Pen, chance: &mut Chance, visit: &Visit<'_>, procedure: Option<&str>) {
    let attending = chance.pick(&visit.provider.clinicians);
    attending.write(pen, "71", &visit.clinician_npi(&attending.npi));
    pen.segment(&["PRV", "AT", "PXC", attending.taxonomy]);
    if procedure.is_some() {
        let surgeon = chance.pick(&visit.provider.clinicians);
        surgeon.write(pen, "72", &surgeon.npi);
    }
}

fn write_line(pen: &mut Pen, visit: &Visit<'_>, line: &Line, number: usize, day: Option<&str>) {
    let procedure = match line.revenue.procedure {
        "" => String::new(),
        code => pen.composite(&["HC", code]),
    };
    pen.segment(&["LX", &number.to_string()]);
    let charge = line.charge.to_x12();
    pen.segment(&["SV2", line.revenue.code, &procedure, &charge, line.unit, &line.quantity.to_string()]);
    if let Some(day) = day {
        pen.segment(&["DTP", "472", "D8", day]);
    }
    pen.segment(&["REF", "6R", &format!("{}L{number}", visit.number)]);
}
