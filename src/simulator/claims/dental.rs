//! The claim level of an 837D (005010X224A2, loop 2300 and below).

use super::codes::{BACK_SURFACES, BACK_TEETH, DENTAL_DIAGNOSES, DENTAL_SERVICES, DentalService, QUADRANTS, Site};
use super::people::d8;
use super::{Defect, Visit};
use crate::domain::Cents;
use crate::simulator::chance::Chance;
use crate::simulator::pen::Pen;

struct Line {
    service: &'static DentalService,
    charge: Cents,
}

/// CLM to the last line; returns CLM02.
pub(super) fn write(pen: &mut Pen, chance: &mut Chance, visit: &Visit<'_>) -> Cents {
    let count = chance.between(1, 5) as usize;
    let lines: Vec<Line> = chance
        .pick_some(DENTAL_SERVICES, count)
        .into_iter()
        .map(|service| (service, chance.between(85, 120)))
        .map(|(service, percent)| Line { service, charge: Cents(service.cents * percent / 100) })
        .collect();
    let charge = visit.total(lines.iter().map(|line| line.charge).sum());
    let location = pen.composite(&["11", "B", "1"]);
    pen.segment(&["CLM", visit.number, &charge.to_x12(), "", "", &location, "Y", "A", "Y", "Y"]);
    pen.segment(&["DTP", "472", "D8", &d8(visit.day)]);
    // Few dental claims need a diagnosis; one that is spoiled in it has one.
    let diagnosed = visit.defect == Some(Defect::DiagnosisForm) || chance.below(4) == 0;
    if diagnosed {
        let diagnosis = pen.composite(&["ABK", &visit.principal(chance.draw(DENTAL_DIAGNOSES))]);
        pen.segment(&["HI", &diagnosis]);
    }
    let dentist = chance.pick(&visit.provider.clinicians);
    dentist.write(pen, "82", &visit.clinician_npi(&dentist.npi));
    pen.segment(&["PRV", "PE", "PXC", dentist.taxonomy]);
    for (number, line) in lines.iter().enumerate() {
        let pointer = if diagnosed { "1" } else { "" };
        write_line(pen, chance, line, &format!("{}L{}", visit.number, number + 1), number + 1, pointer);
    }
    charge
}

/// LX, SV3, TOO and the line's control number.
fn write_line(pen: &mut Pen, chance: &mut Chance, line: &Line, control: &str, number: usize, pointer: &str) {
    let quadrant = match line.service.site {
        Site::Quadrant => chance.draw(QUADRANTS),
        Site::Mouth | Site::Tooth { .. } | Site::Crown => "",
    };
    let placement = match line.service.site {
        Site::Crown => "I",
        Site::Mouth | Site::Tooth { .. } | Site::Quadrant => "",
    };
    let procedure = pen.composite(&["AD", line.service.code]);
    let charge = line.charge.to_x12();
    pen.segment(&["LX", &number.to_string()]);
    pen.segment(&["SV3", &procedure, &charge, "", quadrant, placement, "1", "", "", "", "", pointer]);
    let surfaces = match line.service.site {
        Site::Tooth { surfaces } => Some(surfaces),
        Site::Crown => Some(0),
        Site::Mouth | Site::Quadrant => None,
    };
    if let Some(count) = surfaces {
        let surfaces = pen.composite(&chance.pick_some(BACK_SURFACES, count).into_iter().copied().collect::<Vec<_>>());
        pen.segment(&["TOO", "JP", chance.draw(BACK_TEETH), &surfaces]);
    }
    pen.segment(&["REF", "6R", control]);
}
