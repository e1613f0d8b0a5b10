//! Amounts: charges against lines, and what other payers paid and adjusted.

use super::facts::{Facts, Service};
use super::signs::Signs;
use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::{Placed, Run};
use crate::edits::catalogue::balance;
use crate::edits::claim::{Claim, Line, tag};
use crate::edits::report::{Hit, Report};
use crate::edits::rules::parties::other_payer_entity;

/// Ten digits, two of them decimals.
const AMOUNT_MAX: Cents = Cents(9_999_999_999);

/// Charges of a claim's lines as they are read.
pub struct Sums {
    sum: Cents,
    tax: Cents,
    /// False once a line's charge can't be read, which has its own finding.
    whole: bool,
    lines: usize,
}

impl Default for Sums {
    fn default() -> Sums {
        Sums { sum: Cents::ZERO, tax: Cents::ZERO, whole: true, lines: 0 }
    }
}

impl Sums {
    pub fn take(&mut self, service: &Service<'_>, report: &mut Report<'_>) {
        let (line, placed) = (&service.line, service.placed);
        match service.charge {
            Some(charge) if charge.0.unsigned_abs() <= AMOUNT_MAX.0.unsigned_abs() => {}
            Some(_) => report.add(Hit::new(&balance::AMOUNT_FORM_LINE, placed).element(line.charge_element())),
            None if placed.element(line.charge_element()).is_empty() => {}
            None => report.add(Hit::new(&balance::AMOUNT_FORM_LINE, placed).element(line.charge_element())),
        }
        if service.units.is_none() && !placed.element(line.units_element()).is_empty() {
            report.add(Hit::new(&balance::UNITS_FORM, placed).element(line.units_element()));
        }
        if line.kind() == ClaimKind::Institutional && too_fine_or_large(placed.element(7)) {
            report.add(Hit::new(&balance::AMOUNT_FORM_NONCOVERED, placed).element(7));
        }
        self.lines += 1;
        // A revenue line 0001 repeats the total.
        if line.kind() == ClaimKind::Institutional && placed.element(1) == b"0001" {
            return;
        }
        match service.charge {
            Some(charge) => self.sum += charge,
            None => self.whole = false,
        }
        if line.kind() == ClaimKind::Dental
            && let Some(amt) = line.run.qualified(tag::L2400, tag::AMT, b"T")
        {
            self.tax += Cents::from_x12(amt.element(2)).unwrap_or(Cents::ZERO);
        }
    }
}

pub fn check(claim: &Claim<'_>, facts: &Facts<'_>, sums: &Sums, report: &mut Report<'_>) {
    if too_fine_or_large(claim.clm().element(2)) {
        report.add(Hit::new(&balance::AMOUNT_FORM_CHARGE, claim.clm()).element(2));
    }
    charges(claim, facts, sums, report);
    if facts.head.any(Signs::PATIENT_PAID) {
        patient_paid(claim, report);
    }
    if facts.any(Signs::ADJUSTED | Signs::PAID_LINE | Signs::OTHER_PAYER) {
        other_payers(claim, facts, report);
    }
}

/// Money in segments that hold it beside other things.
pub fn amounts(placed: Placed<'_>, report: &mut Report<'_>) {
    let elements: &[usize] = match placed.id {
        tag::HCP => &[2, 3, 7],
        tag::CN1 | tag::PS1 => &[2],
        tag::SV5 => &[4, 5],
        tag::MOA => &[2, 8, 9],
        tag::MIA => &[4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 24],
        _ => &[],
    };
    for &element in elements.iter().filter(|&&element| too_fine_or_large(placed.element(element))) {
        report.add(Hit::new(&balance::AMOUNT_FORM_REST, placed).element(element));
    }
}

/// An AMT of the claim or of a line. What the patient paid has an edit of its own.
pub fn amount(amt: Placed<'_>, report: &mut Report<'_>) {
    if amt.element(1) != b"F5" && too_fine_or_large(amt.element(2)) {
        report.add(Hit::new(&balance::AMOUNT_FORM_REST, amt).element(2));
    }
}

fn other_payers(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    amount_forms(claim, report);
    if facts.lines.any(Signs::PAID_LINE) {
        for line in claim.lines() {
            other_payers_of_line(&line, report);
        }
    }
    for other in claim.other_payers() {
        other_payer(claim, &other, report);
    }
}

/// Of what other payers paid and adjusted.
fn amount_forms(claim: &Claim<'_>, report: &mut Report<'_>) {
    for placed in claim.parts.arena.all() {
        match (placed.id, placed.loop_id) {
            (tag::AMT, tag::L2320) | (tag::SVD, _) if too_fine_or_large(placed.element(2)) => {
                report.add(Hit::new(&balance::AMOUNT_FORM_OTHER_PAYER, placed).element(2));
            }
            (tag::CAS, _) => {
                for element in (3..=18).step_by(3).filter(|&element| too_fine_or_large(placed.element(element))) {
                    report.add(Hit::new(&balance::AMOUNT_FORM_OTHER_PAYER, placed).element(element));
                }
            }
            _ => {}
        }
    }
}

fn too_fine_or_large(amount: &[u8]) -> bool {
    !amount.is_empty() && Cents::from_x12(amount).is_none_or(|cents| cents > AMOUNT_MAX || cents < -AMOUNT_MAX)
}

/// CLM02 against its lines.
fn charges(claim: &Claim<'_>, facts: &Facts<'_>, sums: &Sums, report: &mut Report<'_>) {
    let (Some(charge), true) = (facts.charge, sums.whole && sums.lines == claim.line_count()) else { return };
    // Some dental payers count the sales tax of AMT*T into the total, others do not.
    if charge == sums.sum || charge == sums.sum + sums.tax || sums.lines == 0 {
        return;
    }
    let edit = match claim.kind {
        ClaimKind::Professional => &balance::CHARGES_PROFESSIONAL,
        ClaimKind::Institutional => &balance::CHARGES_INSTITUTIONAL,
        ClaimKind::Dental => &balance::CHARGES_DENTAL,
    };
    report.add(Hit::new(edit, claim.clm()).element(2).fact(charge).fact(sums.sum));
}

fn patient_paid(claim: &Claim<'_>, report: &mut Report<'_>) {
    let Some(amt) = claim.head().qualified(tag::L2300, tag::AMT, b"F5") else { return };
    if too_fine_or_large(amt.element(2)) {
        report.add(Hit::new(&balance::AMOUNT_FORM_PATIENT_PAID, amt).element(2).who("QC"));
    }
    if let (Some(paid), Some(charge)) = (Cents::from_x12(amt.element(2)), claim.charge())
        && paid > charge
    {
        report.add(Hit::new(&balance::PATIENT_PAID_TOO_MUCH, amt).element(2).fact(paid).fact(charge));
    }
}

/// The amounts of a CAS: elements 3, 6, 9, 12, 15 and 18.
fn adjustments(cas: &Placed<'_>) -> Option<Cents> {
    let amounts = (3..=18).step_by(3).map(|element| cas.element(element)).filter(|amount| !amount.is_empty());
    amounts.map(Cents::from_x12).sum()
}

/// What one payer paid (SVD02) and adjusted (CAS) in the 2430 loops of a line; `None` when it has none there
/// or an amount cannot be read.
fn adjudicated(line: &Line<'_>, payer: &[u8]) -> Option<(Cents, Cents)> {
    let (mut mine, mut any) = (false, false);
    let (mut paid, mut adjusted) = (Cents::ZERO, Cents::ZERO);
    for placed in line.run.clone().filter(|placed| placed.loop_id == tag::L2430) {
        match placed.id {
            tag::SVD => {
                mine = placed.element(1) == payer;
                if mine {
                    any = true;
                    paid += Cents::from_x12(placed.element(2))?;
                }
            }
            tag::CAS if mine => adjusted += adjustments(&placed)?,
            _ => {}
        }
    }
    any.then_some((paid, adjusted))
}

/// All 2430 loops of one payer on a line together make the line's charge: several when the payer took one
/// service apart.
fn other_payers_of_line(line: &Line<'_>, report: &mut Report<'_>) {
    let Some(charge) = line.charge() else { return };
    for (nth, svd) in line.run.each(tag::L2430, tag::SVD).enumerate() {
        let payer = svd.element(1);
        let told = line.run.each(tag::L2430, tag::SVD).take(nth).any(|earlier| earlier.element(1) == payer);
        if told {
            continue;
        }
        if let Some((paid, adjusted)) = adjudicated(line, payer)
            && paid + adjusted != charge
        {
            report.add(Hit::new(&balance::OTHER_PAYER_LINE, svd).element(2).fact(paid + adjusted).fact(charge));
        }
    }
}

fn other_payer(claim: &Claim<'_>, other: &Run<'_>, report: &mut Report<'_>) {
    let Some(amt) = other.qualified(tag::L2320, tag::AMT, b"D") else { return };
    let id = other.first(tag::L2330B, tag::NM1).map_or(&b""[..], |nm1| nm1.element(9));
    let claim_level: Option<Cents> = other.each(tag::L2320, tag::CAS).map(|cas| adjustments(&cas)).sum();
    let (Some(paid), Some(charge), Some(claim_level)) = (Cents::from_x12(amt.element(2)), claim.charge(), claim_level)
    else {
        return;
    };
    let (mut line_paid, mut line_adjusted, mut by_line) = (Cents::ZERO, Cents::ZERO, false);
    for line in claim.lines() {
        if let Some((paid, adjusted)) = adjudicated(&line, id) {
            (line_paid, line_adjusted, by_line) = (line_paid + paid, line_adjusted + adjusted, true);
        }
    }
    let total = paid + claim_level + line_adjusted;
    if total != charge {
        report.add(Hit::new(&balance::OTHER_PAYER_CLAIM, amt).element(2).fact(total).fact(charge));
    }
    if by_line && paid != line_paid - claim_level {
        let who = other.first(tag::L2320, tag::SBR).map_or("PRP", |sbr| other_payer_entity(sbr.element(1)));
        report.add(
            Hit::new(&balance::OTHER_PAYER_PAID, amt).element(2).who(who).fact(paid).fact(line_paid - claim_level),
        );
    }
}
