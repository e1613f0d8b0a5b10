//! Service lines of every kind: charges, units, modifiers, drugs, doubles.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::Placed;
use crate::edits::catalogue::{codes, line as edit, party};
use crate::edits::claim::{Claim, Line, tag};
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::code_lists;

pub fn check(claim: &Claim<'_>, report: &mut Report<'_>) {
    for line in claim.lines() {
        let Some(service) = line.service else { continue };
        let charge = line.charge();
        if charge.is_some_and(|charge| charge < Cents::ZERO) {
            report.add(Hit::new(&edit::LINE_CHARGE_NEGATIVE, service).element(line.charge_element()));
        }
        let units = service.element(line.units_element());
        if forms::thousandths(units).is_some_and(|units| units <= 0) && charge != Some(Cents::ZERO) {
            report.add(Hit::new(&edit::UNITS_ZERO, service).element(line.units_element()));
        }
        if claim.kind != ClaimKind::Dental {
            modifiers(claim, &line, report);
            drug(claim, &line, report);
        }
    }
    rendering(claim, report);
    doubles(claim, report);
}

fn modifiers(claim: &Claim<'_>, line: &Line<'_>, report: &mut Report<'_>) {
    let Some(service) = line.service else { return };
    let element = line.procedure_element();
    for component in 3..=6 {
        let modifier = line.procedure(component);
        if modifier.is_empty() {
            continue;
        }
        let hit = |edit| Hit::new(edit, service).element(element).component(component);
        if !forms::modifier(modifier) {
            report.add(hit(&codes::MODIFIER));
        } else if (3..component).any(|earlier| line.procedure(earlier) == modifier) {
            report.add(hit(&codes::MODIFIER_REPEATED));
        } else {
            code_lists::modifier(claim, line, service, component, report);
        }
    }
}

fn drug(claim: &Claim<'_>, line: &Line<'_>, report: &mut Report<'_>) {
    let Some(lin) = line.run.first(tag::L2410, tag::LIN) else { return };
    if lin.element(2) == b"N4" && !lin.element(3).is_empty() {
        match forms::ndc(lin.element(3)) {
            true => code_lists::drug(claim, line, lin, report),
            false => report.add(Hit::new(&codes::NDC, lin).element(3)),
        }
    }
    let Some(ctp) = line.run.first(tag::L2410, tag::CTP) else { return };
    if forms::thousandths(ctp.element(4)).is_none_or(|quantity| quantity <= 0) {
        report.add(Hit::new(&edit::DRUG_QUANTITY_MISSING, ctp).element(4));
    }
    if !matches!(ctp.component(5, 1), b"F2" | b"GR" | b"ME" | b"ML" | b"UN") {
        report.add(Hit::new(&edit::DRUG_UNIT, ctp).element(5).component(1));
    }
}

/// Who rendered: a group must say, and a line only where it differs.
fn rendering(claim: &Claim<'_>, report: &mut Report<'_>) {
    let own = claim.providers().with_id(tag::NM1).find(|nm1| nm1.element(1) == b"82");
    if let Some(own) = own {
        for again in claim.lines().filter_map(|line| rendered_by(&line)).filter(|nm1| nm1.element(9) == own.element(9))
        {
            report.add(Hit::new(&party::RENDERING_REPEATED, again).element(9));
        }
        return;
    }
    let billing = claim.billing.all().first(tag::L2010AA, tag::NM1);
    let group = billing.is_some_and(|nm1| nm1.element(2) == b"2");
    let needed = group && claim.kind != ClaimKind::Institutional;
    if needed && !claim.lines().all(|line| rendered_by(&line).is_some()) {
        report.add(Hit::new(&party::RENDERING_MISSING, claim.clm()));
    }
}

fn rendered_by<'a>(line: &Line<'a>) -> Option<Placed<'a>> {
    line.run.with_id(tag::NM1).find(|nm1| nm1.element(1) == b"82")
}

/// Modifiers that say a repeated service is meant.
const MEANT: &[&[u8]] = &[b"76", b"77", b"59", b"XE", b"XP", b"XS", b"XU", b"50"];

fn doubles(claim: &Claim<'_>, report: &mut Report<'_>) {
    if claim.line_count() < 2 {
        return;
    }
    let mut seen: Vec<u64> = Vec::with_capacity(claim.line_count());
    for line in claim.lines() {
        let Some(service) = line.service else { continue };
        let mut hasher = DefaultHasher::new();
        service.segment.bytes.hash(&mut hasher);
        for placed in line.run.clone() {
            let tells = matches!(
                (placed.id, placed.element(1)),
                (tag::DTP, b"472") | (tag::NM1, _) | (tag::TOO, _) | (tag::LIN, _)
            );
            if tells {
                placed.segment.bytes.hash(&mut hasher);
            }
        }
        let hash = hasher.finish();
        if seen.contains(&hash) && !line.has_modifier(MEANT) {
            report.add(Hit::new(&edit::LINE_DUPLICATE, service));
        }
        seen.push(hash);
    }
}
