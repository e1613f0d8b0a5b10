//! Diagnoses and ICD procedures in HI: form, version, list, order.

use crate::domain::ClaimKind;
use crate::edits::arena::Placed;
use crate::edits::catalogue::{Edit, claim as claim_edit, codes};
use crate::edits::claim::{Claim, tag};
use crate::edits::codesets::{List, Listed};
use crate::edits::day::Day;
use crate::edits::forms;
use crate::edits::report::{Hit, Report};

/// Places of an HI segment.
const PLACES: usize = 12;

/// Which list a diagnosis is from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Icd9,
    Icd10,
}

/// What a qualifier of HI says: a diagnosis, with its edits for a bad form, for a code that no list has, and
/// for one that is not in force on the day.
struct Kind {
    version: Version,
    form: &'static Edit,
    unknown: &'static Edit,
    not_in_force: &'static Edit,
}

impl Kind {
    const fn icd10(form: &'static Edit, unknown: &'static Edit, not_in_force: &'static Edit) -> Kind {
        Kind { version: Version::Icd10, form, unknown, not_in_force }
    }
}

static PRINCIPAL: Kind = Kind::icd10(
    &codes::PRINCIPAL_DIAGNOSIS,
    &codes::PRINCIPAL_DIAGNOSIS_UNKNOWN,
    &codes::PRINCIPAL_DIAGNOSIS_NOT_IN_FORCE,
);
static OTHER: Kind = Kind::icd10(&codes::DIAGNOSIS, &codes::DIAGNOSIS_UNKNOWN, &codes::DIAGNOSIS_NOT_IN_FORCE);
static ADMITTING: Kind =
    Kind::icd10(&codes::ADMITTING_DIAGNOSIS, &codes::ADMITTING_DIAGNOSIS_UNKNOWN, &codes::ADMITTING_DIAGNOSIS_UNKNOWN);
static VISIT: Kind = Kind::icd10(&codes::VISIT_REASON, &codes::VISIT_REASON_UNKNOWN, &codes::VISIT_REASON_UNKNOWN);
static ICD9: Kind = Kind {
    version: Version::Icd9,
    form: &codes::DIAGNOSIS_9,
    unknown: &codes::DIAGNOSIS_UNKNOWN,
    not_in_force: &codes::DIAGNOSIS_NOT_IN_FORCE,
};

fn diagnosis(qualifier: &[u8]) -> Option<&'static Kind> {
    Some(match qualifier {
        b"ABK" => &PRINCIPAL,
        b"ABF" | b"ABN" => &OTHER,
        b"ABJ" => &ADMITTING,
        b"APR" => &VISIT,
        b"BK" | b"BF" | b"BJ" | b"PR" | b"BN" => &ICD9,
        _ => return None,
    })
}

pub fn check(claim: &Claim<'_>, report: &mut Report<'_>) {
    let days = effective_days(claim);
    let (mut seen_9, mut seen_10): (Option<Placed<'_>>, Option<Placed<'_>>) = (None, None);
    let mut listed: [&[u8]; 25] = [b""; 25];
    let mut count = 0;
    for hi in claim.head().each(tag::L2300, tag::HI) {
        let last = hi.segment.element_count().min(PLACES);
        for n in 1..=last {
            let (qualifier, code) = (hi.component(n, 1), hi.component(n, 2));
            let Some(kind) = diagnosis(qualifier) else { continue };
            match kind.version {
                Version::Icd9 => seen_9 = seen_9.or(Some(hi)),
                Version::Icd10 => seen_10 = seen_10.or(Some(hi)),
            }
            code_of(hi, n, kind, days, report);
            if qualifier == b"ABK" && matches!(code.first(), Some(b'V'..=b'Y')) {
                report.add(Hit::new(&codes::PRINCIPAL_EXTERNAL_CAUSE, hi).element(n).component(2));
            }
            if matches!(qualifier, b"ABK" | b"ABF" | b"BK" | b"BF") {
                if listed[..count].contains(&code) {
                    report.add(Hit::new(&codes::DIAGNOSIS_REPEATED, hi).element(n).component(2));
                } else if count < listed.len() {
                    listed[count] = code;
                    count += 1;
                }
            }
        }
    }
    versions(claim.kind, (seen_9, seen_10), days, report);
}

/// The days that decide which list is in force: the day a stay ended, else the days of the service.
fn effective_days(claim: &Claim<'_>) -> Option<(Day, Day)> {
    let (first, last) = claim.service_period()?;
    Some(if claim.is_inpatient() { (last, last) } else { (first, last) })
}

fn code_of(hi: Placed<'_>, n: usize, kind: &Kind, days: Option<(Day, Day)>, report: &mut Report<'_>) {
    let code = hi.component(n, 2);
    let sound = match kind.version {
        Version::Icd9 => forms::icd9_diagnosis(code),
        Version::Icd10 => forms::icd10_diagnosis(code),
    };
    if !sound {
        report.add(Hit::new(kind.form, hi).element(n).component(2).code(code));
        return;
    }
    // Before ICD-10 was in force, that it is sent at all is what is wrong.
    let Some(days) = days.filter(|days| kind.version == Version::Icd10 && days.1.number() >= ICD10_FROM) else {
        return;
    };
    let edit = match report.judge(List::Icd10Cm, code, || Some(days)) {
        Listed::InForce | Listed::Newer | Listed::FormOnly => return,
        Listed::Heading => &codes::DIAGNOSIS_NOT_SPECIFIC,
        Listed::OutOfForce => kind.not_in_force,
        Listed::Unknown => kind.unknown,
        Listed::Doubtful => &codes::DIAGNOSIS_LIST_OLD,
    };
    report.add(Hit::new(edit, hi).element(n).component(2).code(code));
}

/// The ICD-10-PCS code at place `n` of an HI: in the list of the day the stay ended.
pub fn procedure(claim: &Claim<'_>, hi: Placed<'_>, n: usize, report: &mut Report<'_>) {
    let (qualifier, code) = (hi.component(n, 1), hi.component(n, 2));
    let principal = qualifier == b"BBR";
    if !forms::icd10_procedure(code) {
        let edit = if principal { &codes::PRINCIPAL_PROCEDURE } else { &codes::OTHER_PROCEDURE };
        report.add(Hit::new(edit, hi).element(n).component(2).code(code));
        return;
    }
    let Some(days) = effective_days(claim).filter(|days| days.1.number() >= ICD10_FROM) else { return };
    let edit = match report.judge(List::Icd10Pcs, code, || Some(days)) {
        Listed::InForce | Listed::Newer | Listed::FormOnly => return,
        // A code of seven characters heads none; it is one that is not in force, or none at all.
        Listed::Heading | Listed::OutOfForce | Listed::Unknown if principal => &codes::PRINCIPAL_PROCEDURE_UNKNOWN,
        Listed::Heading | Listed::OutOfForce | Listed::Unknown => &codes::OTHER_PROCEDURE_UNKNOWN,
        Listed::Doubtful => &codes::PROCEDURE_LIST_OLD,
    };
    report.add(Hit::new(edit, hi).element(n).component(2).code(code));
}

/// ICD-10 is in force from 1 October 2015, and never both in one claim. The first of `days` decides.
fn versions(
    kind: ClaimKind,
    (seen_9, seen_10): (Option<Placed<'_>>, Option<Placed<'_>>),
    days: Option<(Day, Day)>,
    report: &mut Report<'_>,
) {
    let on = days.map_or(0, |(first, _)| first.number());
    let (late, early) = match kind {
        ClaimKind::Professional | ClaimKind::Dental => (&codes::ICD9_TOO_LATE, &codes::ICD10_TOO_EARLY),
        ClaimKind::Institutional => (&codes::ICD9_TOO_LATE_I, &codes::ICD10_TOO_EARLY_I),
    };
    match (seen_9, seen_10) {
        (Some(hi), Some(_)) => report.add(Hit::new(&claim_edit::DIAGNOSIS_VERSIONS_MIXED, hi)),
        (Some(hi), None) if on >= ICD10_FROM => report.add(Hit::new(late, hi)),
        (None, Some(hi)) if on > 0 && on < ICD10_FROM => report.add(Hit::new(early, hi)),
        _ => {}
    }
}

/// 1 October 2015 as CCYYMMDD.
const ICD10_FROM: u32 = 20_151_001;
