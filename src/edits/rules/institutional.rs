//! What only institutional claims (837I) say.

use crate::domain::Cents;
use crate::edits::arena::Placed;
use crate::edits::catalogue::{claim as claim_edit, codes, line as edit, party};
use crate::edits::claim::{Claim, Line, period, tag};
use crate::edits::day::Day;
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::professional::is_unlisted;
use crate::edits::rules::{code_lists, diagnosis};

pub fn check(claim: &Claim<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    if !claim.facility().is_empty() && !forms::bill_type(claim.facility()) {
        report.add(Hit::new(&codes::BILL_TYPE, clm).element(5).component(1).code(claim.facility()));
    }
    admission(claim, report);
    providers(claim, report);
    present_on_admission(claim, report);
    for hi in claim.head().each(tag::L2300, tag::HI) {
        health_codes(claim, hi, report);
    }
    let outpatient = !claim.is_inpatient() && forms::bill_type(claim.facility());
    let statement = claim.head().qualified(tag::L2300, tag::DTP, b"434").and_then(|dtp| period(&dtp));
    for line in claim.lines() {
        revenue_line(claim, &line, report);
        line_dates(&line, statement, outpatient, report);
        if outpatient {
            outpatient_procedure(&line, report);
        }
    }
    visit_reason(claim, report);
}

fn date<'a>(claim: &Claim<'a>, qualifier: &[u8]) -> Option<Placed<'a>> {
    claim.head().qualified(tag::L2300, tag::DTP, qualifier)
}

fn has_code(claim: &Claim<'_>, qualifiers: &[&[u8]]) -> bool {
    claim.head().each(tag::L2300, tag::HI).any(|hi| qualifiers.contains(&hi.component(1, 1)))
}

/// Bill types of stays in a hospital or nursing facility.
fn is_stay(facility: &[u8]) -> bool {
    matches!(facility, b"11" | b"12" | b"18" | b"21" | b"22" | b"41")
}

fn admission(claim: &Claim<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    if is_stay(claim.facility()) {
        match date(claim, b"435") {
            None => report.add(Hit::new(&claim_edit::INPATIENT_ADMISSION_MISSING, clm).element(5).component(1)),
            Some(dtp) if dtp.element(2) != b"DT" => {
                report.add(Hit::new(&claim_edit::ADMISSION_HOUR_MISSING, dtp).element(2));
            }
            Some(_) => {}
        }
        if !has_code(claim, &[b"ABJ", b"BJ"]) {
            report.add(Hit::new(&claim_edit::ADMITTING_DIAGNOSIS_MISSING, clm).element(5).component(1));
        }
    }
    let Some(cl1) = claim.head().first(tag::L2300, tag::CL1) else { return };
    let (kind, source, status) = (cl1.element(1), cl1.element(2), cl1.element(3));
    if !kind.is_empty() && !matches!(kind, b"1" | b"2" | b"3" | b"4" | b"5" | b"9") {
        report.add(Hit::new(&claim_edit::ADMISSION_TYPE, cl1).element(1));
    }
    if !source.is_empty() && (source.len() != 1 || !forms::capitals_or_digits(source)) {
        report.add(Hit::new(&codes::ADMISSION_SOURCE, cl1).element(2));
    } else if kind == b"4" && !matches!(source, b"5" | b"6") {
        report.add(Hit::new(&claim_edit::NEWBORN_SOURCE, cl1).element(2));
    }
    if !status.is_empty() && (status.len() != 2 || !forms::digits(status)) {
        report.add(Hit::new(&codes::PATIENT_STATUS, cl1).element(3));
    } else if !status.is_empty() {
        code_lists::patient_status(claim, cl1, report);
    }
    discharge(claim, cl1, report);
}

fn discharge(claim: &Claim<'_>, cl1: Placed<'_>, report: &mut Report<'_>) {
    let still = cl1.element(3) == b"30";
    let stay = is_stay(claim.facility());
    match claim.frequency() {
        b"1" | b"4" | b"7" if stay => {
            // Nursing facilities bill month by month, also with frequency 1.
            if still && !matches!(claim.facility(), b"21" | b"22") {
                report.add(Hit::new(&claim_edit::STILL_PATIENT_ON_FINAL, cl1).element(3));
            } else if !still && date(claim, b"096").is_none() {
                report.add(Hit::new(&claim_edit::DISCHARGE_HOUR_MISSING, claim.clm()));
            }
        }
        b"2" | b"3" if stay && !still => report.add(Hit::new(&claim_edit::INTERIM_NOT_STILL_PATIENT, cl1).element(3)),
        _ => {}
    }
}

fn providers(claim: &Claim<'_>, report: &mut Report<'_>) {
    let named = |code: &[u8]| claim.providers().with_id(tag::NM1).find(|nm1| nm1.element(1) == code);
    let transport_only = claim.line_count() > 0
        && claim.lines().all(|line| line.service.is_some_and(|sv2| sv2.element(1).starts_with(b"054")));
    if named(b"71").is_none() && !transport_only {
        report.add(Hit::new(&party::ATTENDING_MISSING, claim.clm()));
    }
    if named(b"72").is_none() {
        if has_code(claim, &[b"BBR", b"BR"]) {
            report.add(Hit::new(&party::OPERATING_MISSING, claim.clm()));
        }
        if let Some(other) = named(b"ZZ") {
            report.add(Hit::new(&party::OTHER_OPERATING_ALONE, other));
        }
    }
    let accident = claim
        .head()
        .each(tag::L2300, tag::HI)
        .find(|hi| hi.component(1, 1) == b"BH" && (1..=12).any(|n| matches!(hi.component(n, 2), b"01" | b"02")));
    if let Some(hi) = accident
        && claim.head().qualified(tag::L2300, tag::REF, b"LU").is_none()
    {
        report.add(Hit::new(&claim_edit::ACCIDENT_STATE_MISSING_I, hi));
    }
}

fn present_on_admission(claim: &Claim<'_>, report: &mut Report<'_>) {
    let mut diagnoses = claim
        .head()
        .each(tag::L2300, tag::HI)
        .filter(|hi| matches!(hi.component(1, 1), b"ABK" | b"ABF" | b"BK" | b"BF"));
    let says = |hi: &Placed<'_>| (1..=hi.segment.element_count()).any(|n| !hi.component(n, 9).is_empty());
    if claim.facility() == b"11" {
        let principal = claim.head().each(tag::L2300, tag::HI).next();
        if let Some(hi) = principal
            && !diagnoses.any(|hi| says(&hi))
        {
            report.add(Hit::new(&claim_edit::PRESENT_ON_ADMISSION_MISSING, hi).element(1).component(9));
        }
    } else if !claim.is_inpatient()
        && let Some(hi) = diagnoses.find(says)
    {
        report.add(Hit::new(&claim_edit::PRESENT_ON_ADMISSION_OUTPATIENT, hi));
    }
}

/// Procedures, occurrences, conditions, values and DRG in HI.
fn health_codes(claim: &Claim<'_>, hi: Placed<'_>, report: &mut Report<'_>) {
    for n in 1..=hi.segment.element_count().min(12) {
        let (qualifier, code) = (hi.component(n, 1), hi.component(n, 2));
        let two = code.len() == 2 && forms::capitals_or_digits(code);
        let hit = |edit| Hit::new(edit, hi).element(n).component(2);
        match qualifier {
            b"BBR" | b"BBQ" => {
                diagnosis::procedure(claim, hi, n, report);
                if !claim.is_inpatient() {
                    report.add(hit(&codes::PROCEDURE_OUTPATIENT));
                }
            }
            b"BG" if !two => report.add(hit(&codes::CONDITION_CODE)),
            b"BH" if !two || Day::read_period(hi.component(n, 3), hi.component(n, 4)).is_none() => {
                report.add(hit(&codes::OCCURRENCE_CODE));
            }
            b"BI" if !two || Day::read_period(hi.component(n, 3), hi.component(n, 4)).is_none() => {
                report.add(hit(&codes::OCCURRENCE_SPAN_CODE));
            }
            b"BE" if !two => report.add(hit(&codes::VALUE_CODE)),
            b"BE" if Cents::from_x12(hi.component(n, 5)).is_none() => {
                report.add(Hit::new(&codes::VALUE_AMOUNT, hi).element(n).component(5));
            }
            b"DR" if code.len() != 3 || !forms::digits(code) => report.add(hit(&codes::DRG)),
            _ => code_lists::health(claim, hi, n, report),
        }
    }
}

fn revenue_line(claim: &Claim<'_>, line: &Line<'_>, report: &mut Report<'_>) {
    let Some(sv2) = line.service else { return };
    let revenue = sv2.element(1);
    match forms::revenue_code(revenue) {
        true => code_lists::revenue(claim, line, sv2, report),
        false if revenue.is_empty() => {}
        false => report.add(Hit::new(&codes::REVENUE_CODE, sv2).element(1).code(revenue)),
    }
    let code = line.procedure(2);
    let hit = |edit| Hit::new(edit, sv2).element(2).component(2);
    match line.procedure(1) {
        b"HC" if code.is_empty() => {}
        b"HC" if !forms::hcpcs(code) => report.add(hit(&codes::HCPCS).code(code)),
        b"HC" => code_lists::procedure(claim, line, sv2, report),
        b"HP" if !forms::hipps(code) => report.add(hit(&codes::HIPPS)),
        b"HP" => code_lists::hipps(claim, line, sv2, report),
        _ => {}
    }
    if is_unlisted(code) && line.procedure(7).is_empty() {
        report.add(Hit::new(&edit::DESCRIPTION_MISSING, sv2).element(2).component(7));
    }
    let room = revenue.len() == 4 && matches!(&revenue[..3], [b'0', b'1', _] | [b'0', b'2', b'0' | b'1']);
    if room && sv2.element(4) != b"DA" {
        report.add(Hit::new(&edit::ACCOMMODATION_DAYS, sv2).element(4));
    }
    let noncovered = Cents::from_x12(sv2.element(7));
    if let (Some(noncovered), Some(charge)) = (noncovered, line.charge())
        && noncovered > charge
    {
        report.add(Hit::new(&edit::NONCOVERED_OVER_CHARGE, sv2).element(7));
    }
}

fn line_dates(line: &Line<'_>, statement: Option<(Day, Day)>, outpatient: bool, report: &mut Report<'_>) {
    let Some(sv2) = line.service else { return };
    let Some(dtp) = line.date() else {
        if outpatient && sv2.element(1) != b"0001" {
            report.add(Hit::new(&claim_edit::OUTPATIENT_LINE_DATE_MISSING, sv2));
        }
        return;
    };
    if let (Some((from, to)), Some((first, last))) = (period(&dtp), statement)
        && (from < first || to > last)
    {
        report.add(Hit::new(&claim_edit::LINE_OUTSIDE_STATEMENT, dtp).element(3));
    }
}

/// Revenue codes of services that outpatient claims price by procedure.
fn outpatient_procedure(line: &Line<'_>, report: &mut Report<'_>) {
    let Some(sv2) = line.service else { return };
    let priced =
        matches!(sv2.element(1).get(..3), Some(b"030" | b"031" | b"032" | b"035" | b"042" | b"043" | b"045" | b"061"));
    if priced && line.procedure(2).is_empty() {
        report.add(Hit::new(&edit::OUTPATIENT_HCPCS_MISSING, sv2).element(2));
    }
}

fn visit_reason(claim: &Claim<'_>, report: &mut Report<'_>) {
    if !matches!(claim.facility(), b"13" | b"85") || has_code(claim, &[b"APR", b"PR"]) {
        return;
    }
    let unscheduled = claim.lines().find(|line| {
        line.service.is_some_and(|sv2| {
            sv2.element(1).starts_with(b"045") || matches!(sv2.element(1), b"0516" | b"0526" | b"0762")
        })
    });
    let cl1 = claim.head().first(tag::L2300, tag::CL1);
    let scheduled = cl1.is_some_and(|cl1| matches!(cl1.element(1), b"3" | b"4"));
    if let Some(sv2) = unscheduled.and_then(|line| line.service)
        && !scheduled
    {
        report.add(Hit::new(&claim_edit::VISIT_REASON_MISSING, sv2).element(1));
    }
}
