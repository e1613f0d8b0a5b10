//! Service lines of every kind: charges, units, modifiers, drugs, doubles.

use super::facts::{Facts, Service};
use super::signs::Signs;
use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::Placed;
use crate::edits::catalogue::{codes, line as edit, party};
use crate::edits::claim::{Claim, tag};
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::claim::service_days;
use crate::edits::rules::code_lists;
use crate::edits::rules::procedure::Services;

/// One line.
pub fn check(claim: &Claim<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let (placed, line) = (service.placed, &service.line);
    if service.charge.is_some_and(|charge| charge < Cents::ZERO) {
        report.add(Hit::new(&edit::LINE_CHARGE_NEGATIVE, placed).element(line.charge_element()));
    }
    if service.units.is_some_and(|units| units <= 0) && service.charge != Some(Cents::ZERO) {
        report.add(Hit::new(&edit::UNITS_ZERO, placed).element(line.units_element()));
    }
    if let (Some(dtp), Some(days)) = (service.date, service.period) {
        service_days(dtp, days, claim.as_of, &edit::SERVICE_DATES_ORDER, report);
    }
    match claim.kind {
        ClaimKind::Professional | ClaimKind::Institutional => {
            modifiers(claim, service, report);
            if service.signs.any(Signs::DRUG) {
                drug(claim, service, report);
            }
        }
        ClaimKind::Dental => {}
    }
}

fn modifiers(claim: &Claim<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    if service.modifiers[0].is_empty() && service.modifiers[1].is_empty() {
        return;
    }
    let element = service.line.procedure_element();
    for (nth, modifier) in service.modifiers.iter().enumerate().filter(|(_, modifier)| !modifier.is_empty()) {
        let hit = |edit| Hit::new(edit, service.placed).element(element).component(nth + 3);
        if !forms::modifier(modifier) {
            report.add(hit(&codes::MODIFIER));
        } else if service.modifiers[..nth].contains(modifier) {
            report.add(hit(&codes::MODIFIER_REPEATED));
        } else {
            code_lists::modifier(claim, &service.line, service.placed, nth + 3, report);
        }
    }
}

fn drug(claim: &Claim<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let run = &service.line.run;
    let Some(lin) = run.first(tag::L2410, tag::LIN) else { return };
    if lin.element(2) == b"N4" && !lin.element(3).is_empty() {
        match forms::ndc(lin.element(3)) {
            true => code_lists::drug(claim, &service.line, lin, report),
            false => report.add(Hit::new(&codes::NDC, lin).element(3)),
        }
    }
    let Some(ctp) = run.first(tag::L2410, tag::CTP) else { return };
    if forms::thousandths(ctp.element(4)).is_none_or(|quantity| quantity <= 0) {
        report.add(Hit::new(&edit::DRUG_QUANTITY_MISSING, ctp).element(4));
    }
    if !matches!(ctp.component(5, 1), b"F2" | b"GR" | b"ME" | b"ML" | b"UN") {
        report.add(Hit::new(&edit::DRUG_UNIT, ctp).element(5).component(1));
    }
}

/// All lines together.
pub fn all(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    rendering(claim, facts, report);
    if facts.head.any(Signs::RENDERING) && facts.lines.any(Signs::RENDERING) {
        rendering_repeated(claim, report);
    }
}

/// Who rendered: a group must say, and a claim only where it is someone else than the billing provider.
fn rendering(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let Some(billing) = claim.billing.all().first(tag::L2010AA, tag::NM1) else { return };
    if facts.head.any(Signs::RENDERING) {
        if let Some(own) = rendered_by(claim.providers())
            && own.element(9) == billing.element(9)
            && !own.element(9).is_empty()
        {
            report.add(Hit::new(&party::RENDERING_IS_BILLING, own).element(9));
        }
        return;
    }
    if claim.kind == ClaimKind::Institutional {
        return;
    }
    // Suppliers, laboratories and ambulances are groups in which nobody renders.
    let of_nobody = Services::AMBULANCE | Services::EQUIPMENT | Services::SUPPLY | Services::LABORATORY;
    let named_on_all = || claim.lines().all(|line| rendered_by(line.run.clone()).is_some());
    if billing.element(2) == b"2" && !facts.services.any(of_nobody) && !named_on_all() {
        report.add(Hit::new(&party::RENDERING_MISSING, claim.clm()));
    }
}

fn rendering_repeated(claim: &Claim<'_>, report: &mut Report<'_>) {
    let Some(own) = rendered_by(claim.providers()) else { return };
    for again in claim.lines().filter_map(|line| rendered_by(line.run.clone())) {
        if again.element(9) == own.element(9) {
            report.add(Hit::new(&party::RENDERING_REPEATED, again).element(9));
        }
    }
}

/// NM1*82 of 2310B (837I: 2310D), or of 2420A (837I: 2420C).
fn rendered_by(run: crate::edits::arena::Run<'_>) -> Option<Placed<'_>> {
    let own = |nm1: &Placed<'_>| nm1.element(1) == b"82" && nm1.loop_id != tag::L2430;
    run.with_id(tag::NM1).find(own)
}

/// Lines that most claims have, and for which room is kept on the stack.
const LINES_USUAL: usize = 16;

/// Finds lines that say the same: first by a number over the service segment, then by all that tells lines apart.
#[derive(Default)]
pub struct Doubles {
    few: [u64; LINES_USUAL],
    many: Vec<u64>,
    count: usize,
}

/// Modifiers that say a repeated service is meant.
const MEANT: &[&[u8]] = &[b"76", b"77", b"59", b"XE", b"XP", b"XS", b"XU", b"50"];

impl Doubles {
    /// Takes the next line; `nth` is its place among all lines of the claim.
    pub fn take(&mut self, claim: &Claim<'_>, service: &Service<'_>, nth: usize, report: &mut Report<'_>) {
        let number = fold(service.placed.segment.bytes);
        let known = if self.many.is_empty() { &self.few[..self.count] } else { &self.many[..] };
        if known.contains(&number) && !service.has_modifier(MEANT) && has_double(claim, service, nth) {
            report.add(Hit::new(&edit::LINE_DUPLICATE, service.placed));
        }
        if self.count < LINES_USUAL {
            self.few[self.count] = number;
        } else {
            if self.many.is_empty() {
                self.many.extend_from_slice(&self.few);
            }
            self.many.push(number);
        }
        self.count += 1;
    }
}

#[cold]
fn has_double(claim: &Claim<'_>, service: &Service<'_>, nth: usize) -> bool {
    claim.lines().take(nth).any(|earlier| {
        earlier.service.is_some_and(|placed| placed.segment.bytes == service.placed.segment.bytes)
            && telling(earlier.run).eq(telling(service.line.run.clone()))
    })
}

/// Date, providers, teeth and drug.
fn telling<'a>(run: crate::edits::arena::Run<'a>) -> impl Iterator<Item = &'a [u8]> {
    let tells = |placed: &Placed<'a>| match placed.id {
        tag::DTP => placed.element(1) == b"472",
        tag::NM1 | tag::TOO | tag::LIN => true,
        _ => false,
    };
    run.filter(tells).map(|placed| placed.segment.bytes)
}

#[inline]
fn fold(bytes: &[u8]) -> u64 {
    let mut number = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        number = (number ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
    number
}
