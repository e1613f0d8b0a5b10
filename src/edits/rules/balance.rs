//! Amounts: charges against lines, and what other payers paid and adjusted.

use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::{Placed, Run};
use crate::edits::catalogue::balance;
use crate::edits::claim::{Claim, Line, tag};
use crate::edits::report::{Hit, Report};
use crate::edits::rules::parties::other_payer_entity;

/// Ten digits, two of them decimals.
const AMOUNT_MAX: Cents = Cents(9_999_999_999);

pub fn check(claim: &Claim<'_>, report: &mut Report<'_>) {
    amount_forms(claim, report);
    charges(claim, report);
    patient_paid(claim, report);
    for line in claim.lines() {
        other_payers_of_line(&line, report);
    }
    for other in claim.other_payers() {
        other_payer(claim, &other, report);
    }
}

fn amount_forms(claim: &Claim<'_>, report: &mut Report<'_>) {
    if too_fine_or_large(claim.clm().element(2)) {
        report.add(Hit::new(&balance::AMOUNT_FORM_CHARGE, claim.clm()).element(2));
    }
    for line in claim.lines() {
        let Some(service) = line.service else { continue };
        if too_fine_or_large(service.element(line.charge_element())) {
            report.add(Hit::new(&balance::AMOUNT_FORM_LINE, service).element(line.charge_element()));
        }
        let units = service.element(line.units_element());
        if !units.is_empty() && crate::edits::forms::thousandths(units).is_none() {
            report.add(Hit::new(&balance::UNITS_FORM, service).element(line.units_element()));
        }
    }
    if claim.other_payers().next().is_none() {
        return;
    }
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

/// CLM02 against its lines. A line whose charge cannot be read has its own finding.
fn charges(claim: &Claim<'_>, report: &mut Report<'_>) {
    let Some(charge) = claim.charge() else { return };
    let (mut sum, mut tax) = (Cents::ZERO, Cents::ZERO);
    for line in claim.lines() {
        // A revenue line 0001 repeats the total.
        if claim.kind == ClaimKind::Institutional && line.service.is_some_and(|service| service.element(1) == b"0001") {
            continue;
        }
        let Some(amount) = line.charge() else { return };
        sum += amount;
        let amt = line.run.qualified(tag::L2400, tag::AMT, b"T");
        tax += amt.and_then(|amt| Cents::from_x12(amt.element(2))).unwrap_or(Cents::ZERO);
    }
    let edit = match claim.kind {
        ClaimKind::Professional => &balance::CHARGES_PROFESSIONAL,
        ClaimKind::Institutional => &balance::CHARGES_INSTITUTIONAL,
        ClaimKind::Dental => &balance::CHARGES_DENTAL,
    };
    // Some dental payers count the sales tax of AMT*T into the total, others do not.
    let with_tax = claim.kind == ClaimKind::Dental && charge == sum + tax;
    if charge != sum && !with_tax && claim.line_count() > 0 {
        report.add(Hit::new(edit, claim.clm()).element(2).fact(charge).fact(sum));
    }
}

fn patient_paid(claim: &Claim<'_>, report: &mut Report<'_>) {
    let Some(amt) = claim.head().qualified(tag::L2300, tag::AMT, b"F5") else { return };
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
