//! What only institutional claims (837I) say.

use super::facts::{Facts, Service};
use super::health::Health;
use super::procedure::Services;
use super::signs::Signs;
use crate::domain::Cents;
use crate::edits::arena::Placed;
use crate::edits::catalogue::{balance, business, claim as claim_edit, codes, line as edit, party};
use crate::edits::claim::{Claim, tag};
use crate::edits::day::Day;
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::code_lists;

/// What of the claim each of its lines is held against.
pub struct Bill {
    statement: Option<(Day, Day)>,
    outpatient: bool,
}

impl Bill {
    pub fn of(claim: &Claim<'_>, facts: &Facts<'_>, statement: Option<(Day, Day)>) -> Bill {
        Bill { statement, outpatient: !claim.is_inpatient() && forms::bill_type(facts.facility) }
    }
}

pub fn line(claim: &Claim<'_>, bill: &Bill, service: &Service<'_>, report: &mut Report<'_>) {
    revenue_line(claim, service, report);
    line_dates(bill, service, report);
    if bill.outpatient {
        outpatient_procedure(service, report);
    }
}

pub fn check(claim: &Claim<'_>, facts: &Facts<'_>, bill: &Bill, report: &mut Report<'_>) {
    let clm = claim.clm();
    if !facts.facility.is_empty() && !forms::bill_type(facts.facility) {
        report.add(Hit::new(&codes::BILL_TYPE, clm).element(5).component(1).code(facts.facility));
    }
    admission(claim, facts, report);
    providers(claim, facts, report);
    present_on_admission(claim, facts, report);
    covered_days(claim, facts, bill, report);
    visit_reason(claim, facts, report);
    match facts.facility {
        b"32" => home_health(claim, facts, bill, report),
        b"81" | b"82" => hospice(claim, facts, report),
        b"21" => nursing(claim, facts, report),
        b"11" => operations(claim, facts, report),
        _ => {}
    }
}

fn date<'a>(claim: &Claim<'a>, qualifier: &[u8]) -> Option<Placed<'a>> {
    claim.head().qualified(tag::L2300, tag::DTP, qualifier)
}

/// Bill types of stays in a hospital or nursing facility.
fn is_stay(facility: &[u8]) -> bool {
    matches!(facility, b"11" | b"12" | b"18" | b"21" | b"22" | b"41")
}

fn admission(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let clm = claim.clm();
    if is_stay(facts.facility) {
        match date(claim, b"435") {
            None => report.add(Hit::new(&claim_edit::INPATIENT_ADMISSION_MISSING, clm).element(5).component(1)),
            Some(dtp) if dtp.element(2) != b"DT" => {
                report.add(Hit::new(&claim_edit::ADMISSION_HOUR_MISSING, dtp).element(2));
            }
            Some(_) => {}
        }
        if !facts.health.admitting {
            report.add(Hit::new(&claim_edit::ADMITTING_DIAGNOSIS_MISSING, clm).element(5).component(1));
        }
    } else if matches!(facts.facility, b"32" | b"33" | b"81" | b"82") && facts.head.lacks(Signs::ADMISSION) {
        report.add(Hit::new(&claim_edit::CARE_ADMISSION_MISSING, clm).element(5).component(1));
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
    discharge(claim, facts, cl1, report);
}

fn discharge(claim: &Claim<'_>, facts: &Facts<'_>, cl1: Placed<'_>, report: &mut Report<'_>) {
    let still = cl1.element(3) == b"30";
    let stay = is_stay(facts.facility);
    match facts.frequency {
        b"1" | b"4" | b"7" if stay => {
            // Nursing facilities bill month by month, also with frequency 1.
            if still && !matches!(facts.facility, b"21" | b"22") {
                report.add(Hit::new(&claim_edit::STILL_PATIENT_ON_FINAL, cl1).element(3));
            } else if !still && facts.head.lacks(Signs::DISCHARGE_HOUR) {
                report.add(Hit::new(&claim_edit::DISCHARGE_HOUR_MISSING, claim.clm()));
            }
        }
        b"2" | b"3" if stay && !still => report.add(Hit::new(&claim_edit::INTERIM_NOT_STILL_PATIENT, cl1).element(3)),
        _ => {}
    }
}

fn providers(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if facts.head.lacks(Signs::ATTENDING) {
        let transport_only = claim.line_count() > 0
            && claim.lines().all(|line| line.service.is_some_and(|sv2| sv2.element(1).starts_with(b"054")));
        if !transport_only {
            report.add(Hit::new(&party::ATTENDING_MISSING, claim.clm()));
        }
    }
    if facts.head.lacks(Signs::OPERATING) {
        let Health { procedure, operation, .. } = facts.health;
        if operation && procedure.is_some() {
            report.add(Hit::new(&party::OPERATING_MISSING, claim.clm()));
        }
        if facts.head.any(Signs::OTHER_OPERATING)
            && let Some(other) = claim.providers().with_id(tag::NM1).find(|nm1| nm1.element(1) == b"ZZ")
        {
            report.add(Hit::new(&party::OTHER_OPERATING_ALONE, other));
        }
    }
    if let Some(accident) = facts.health.accident
        && facts.head.lacks(Signs::ACCIDENT_STATE)
    {
        report.add(Hit::new(&claim_edit::ACCIDENT_STATE_MISSING_I, accident.hi));
    }
}

fn present_on_admission(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    match (facts.health.present_on_admission, facts.health.first) {
        (None, Some(hi)) if facts.facility == b"11" => {
            report.add(Hit::new(&claim_edit::PRESENT_ON_ADMISSION_MISSING, hi).element(1).component(9));
        }
        (Some(said), _) if !claim.is_inpatient() => {
            report.add(Hit::new(&claim_edit::PRESENT_ON_ADMISSION_OUTPATIENT, said.hi));
        }
        (Some(_) | None, _) => {}
    }
}

/// Value codes 80 and 81 of a stay, against the nights of the statement; who is still there has one more.
fn covered_days(claim: &Claim<'_>, facts: &Facts<'_>, bill: &Bill, report: &mut Report<'_>) {
    let (Some((coded, said)), Some((from, to))) = (facts.health.days, bill.statement) else { return };
    if !is_stay(facts.facility) || to < from {
        return;
    }
    let still = claim.head().first(tag::L2300, tag::CL1).is_some_and(|cl1| cl1.element(3) == b"30");
    let days = (from.days_until(to) + i64::from(still)).max(1);
    if said != Cents(days * 100) {
        let hit = Hit::new(&balance::COVERED_DAYS, coded.hi).element(coded.nth).component(5);
        report.add(hit.fact(said.0 / 100).fact(days));
    }
}

fn revenue_line(claim: &Claim<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let (sv2, code) = (service.placed, service.code);
    let revenue = sv2.element(1);
    match forms::revenue_code(revenue) {
        true => code_lists::revenue(claim, &service.line, sv2, report),
        false if revenue.is_empty() => {}
        false => report.add(Hit::new(&codes::REVENUE_CODE, sv2).element(1).code(revenue)),
    }
    let hit = |edit| Hit::new(edit, sv2).element(2).component(2);
    match service.qualifier {
        b"HC" if code.is_empty() => {}
        b"HC" if !forms::hcpcs(code) => report.add(hit(&codes::HCPCS).code(code)),
        b"HC" => code_lists::procedure(claim, &service.line, sv2, report),
        b"HP" if !forms::hipps(code) => report.add(hit(&codes::HIPPS)),
        b"HP" => code_lists::hipps(claim, &service.line, sv2, report),
        _ => {}
    }
    if service.services.any(Services::UNLISTED) && service.description.is_empty() {
        report.add(Hit::new(&business::DESCRIPTION_MISSING, sv2).element(2).component(7));
    }
    let room = revenue.len() == 4 && matches!(&revenue[..3], [b'0', b'1', _] | [b'0', b'2', b'0' | b'1']);
    if room && sv2.element(4) != b"DA" {
        report.add(Hit::new(&edit::ACCOMMODATION_DAYS, sv2).element(4));
    }
    if !sv2.element(7).is_empty()
        && let (Some(noncovered), Some(charge)) = (Cents::from_x12(sv2.element(7)), service.charge)
        && noncovered > charge
    {
        report.add(Hit::new(&edit::NONCOVERED_OVER_CHARGE, sv2).element(7));
    }
}

fn line_dates(bill: &Bill, service: &Service<'_>, report: &mut Report<'_>) {
    let Some(dtp) = service.date else {
        if bill.outpatient && service.placed.element(1) != b"0001" {
            report.add(Hit::new(&claim_edit::OUTPATIENT_LINE_DATE_MISSING, service.placed));
        }
        return;
    };
    if let (Some((from, to)), Some((first, last))) = (service.period, bill.statement)
        && (from < first || to > last)
    {
        report.add(Hit::new(&claim_edit::LINE_OUTSIDE_STATEMENT, dtp).element(3));
    }
}

/// Revenue codes of services that outpatient claims price by procedure.
fn outpatient_procedure(service: &Service<'_>, report: &mut Report<'_>) {
    let priced = matches!(
        service.placed.element(1).get(..3),
        Some(b"030" | b"031" | b"032" | b"035" | b"042" | b"043" | b"045" | b"061")
    );
    if priced && service.code.is_empty() {
        report.add(Hit::new(&edit::OUTPATIENT_HCPCS_MISSING, service.placed).element(2));
    }
}

/// The first line of which the revenue code is so.
fn revenue<'a>(claim: &Claim<'a>, is: impl Fn(&[u8]) -> bool) -> Option<Placed<'a>> {
    claim.lines().filter_map(|line| line.service).find(|sv2| is(sv2.element(1)))
}

fn visit_reason(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if !matches!(facts.facility, b"13" | b"85") || facts.health.visit_reason {
        return;
    }
    let unscheduled = |code: &[u8]| code.starts_with(b"045") || matches!(code, b"0516" | b"0526" | b"0762");
    let cl1 = claim.head().first(tag::L2300, tag::CL1);
    let scheduled = cl1.is_some_and(|cl1| matches!(cl1.element(1), b"3" | b"4"));
    if !scheduled && let Some(sv2) = revenue(claim, unscheduled) {
        report.add(Hit::new(&claim_edit::VISIT_REASON_MISSING, sv2).element(1));
    }
}

/// Whether the claim is a bill and no notice (frequencies A to D) or request (0).
fn is_bill(facts: &Facts<'_>) -> bool {
    matches!(facts.frequency, [b'1'..=b'9'])
}

/// Whether a line with this revenue code has its rate code.
fn has_rate(claim: &Claim<'_>, code: &[u8]) -> bool {
    claim.lines().any(|line| line.procedure(1) == b"HP" && line.service.is_some_and(|sv2| sv2.element(1) == code))
}

/// Medicare: a rate code, and before 2020 the authorization that the patient's assessment gave.
fn home_health(claim: &Claim<'_>, facts: &Facts<'_>, bill: &Bill, report: &mut Report<'_>) {
    if facts.filing != b"MA" || !is_bill(facts) {
        return;
    }
    if !has_rate(claim, b"0023") {
        report.add(Hit::new(&business::HOME_HEALTH_RATE, claim.clm()).element(5).component(1));
    }
    let assessed = bill.statement.is_some_and(|(from, _)| from.year() < 2020);
    let authorization = claim.head().qualified(tag::L2300, tag::REF, b"G1");
    if assessed && authorization.is_none_or(|number| number.element(2).len() != 18) {
        report.add(Hit::new(&business::HOME_HEALTH_AUTHORIZATION, authorization.unwrap_or(claim.clm())));
    }
}

/// A first bill holds the day of certification, as care begins with it; each day of care says where it was given.
fn hospice(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if !is_bill(facts) {
        return;
    }
    if matches!(facts.frequency, b"1" | b"2") && !facts.health.hospice_certified {
        report.add(Hit::new(&business::HOSPICE_CERTIFICATION, claim.clm()).element(5).component(1));
    }
    let care = |sv2: &Placed<'_>| matches!(sv2.element(1), b"0651" | b"0652" | b"0655" | b"0656");
    let placeless = claim.lines().find(|line| {
        line.service.as_ref().is_some_and(care)
            && !Services::of(line.procedure(2), claim.kind).any(Services::HOSPICE_PLACE)
    });
    if let Some(sv2) = placeless.and_then(|line| line.service) {
        report.add(Hit::new(&business::HOSPICE_PLACE, sv2).element(2));
    }
}

fn nursing(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if facts.filing != b"MA" || !is_bill(facts) {
        return;
    }
    if !facts.health.qualifying_stay {
        report.add(Hit::new(&business::NURSING_STAY_MISSING, claim.clm()).element(5).component(1));
    }
    if !has_rate(claim, b"0022") {
        report.add(Hit::new(&business::NURSING_RATE_MISSING, claim.clm()).element(5).component(1));
    }
}

/// Operating room charges (036x) of a stay come with a procedure, and a procedure with its day.
fn operations(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if facts.health.procedure.is_none()
        && let Some(sv2) = revenue(claim, |code| code.starts_with(b"036"))
    {
        report.add(Hit::new(&business::OPERATION_CODE_MISSING, sv2).element(1));
    }
    if let Some(undated) = facts.health.undated_procedure {
        report.add(Hit::new(&business::OPERATION_DATE_MISSING, undated.hi).element(undated.nth).component(4));
    }
}
