//! Diagnoses and ICD procedures in HI: form, version, order.

use crate::domain::ClaimKind;
use crate::edits::arena::Placed;
use crate::edits::catalogue::{Edit, claim as claim_edit, codes};
use crate::edits::claim::{Claim, tag};
use crate::edits::codesets::{CodeSets, Listed};
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

/// What a qualifier of HI says: a diagnosis and its edit for a bad form.
fn diagnosis(qualifier: &[u8]) -> Option<(Version, &'static Edit)> {
    Some(match qualifier {
        b"ABK" => (Version::Icd10, &codes::PRINCIPAL_DIAGNOSIS),
        b"ABF" | b"ABN" => (Version::Icd10, &codes::DIAGNOSIS),
        b"ABJ" => (Version::Icd10, &codes::ADMITTING_DIAGNOSIS),
        b"APR" => (Version::Icd10, &codes::VISIT_REASON),
        b"BK" | b"BF" | b"BJ" | b"PR" | b"BN" => (Version::Icd9, &codes::DIAGNOSIS_9),
        _ => return None,
    })
}

/// How many diagnoses service lines can point to.
pub fn count(claim: &Claim<'_>) -> usize {
    let his = claim.head().each(tag::L2300, tag::HI);
    his.flat_map(|hi| (1..=PLACES).map(move |n| hi.component(n, 1)))
        .filter(|qualifier| matches!(*qualifier, b"ABK" | b"ABF" | b"BK" | b"BF" | b"TQ"))
        .count()
}

pub fn check(claim: &Claim<'_>, sets: &CodeSets, report: &mut Report<'_>) {
    let on = effective_day(claim);
    let (mut seen_9, mut seen_10): (Option<Placed<'_>>, Option<Placed<'_>>) = (None, None);
    let mut listed: [&[u8]; 25] = [b""; 25];
    let mut count = 0;
    for hi in claim.head().each(tag::L2300, tag::HI) {
        let last = hi.segment.element_count().min(PLACES);
        for n in 1..=last {
            let (qualifier, code) = (hi.component(n, 1), hi.component(n, 2));
            let Some((version, edit)) = diagnosis(qualifier) else { continue };
            match version {
                Version::Icd9 => seen_9 = seen_9.or(Some(hi)),
                Version::Icd10 => seen_10 = seen_10.or(Some(hi)),
            }
            form(hi, n, code, version, edit, (sets, on), report);
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
    versions(seen_9, seen_10, on, report);
}

/// The day that decides which list is in force: the last day of a stay, else the service.
fn effective_day(claim: &Claim<'_>) -> Option<Day> {
    let (first, last) = claim.service_period()?;
    Some(if claim.kind == ClaimKind::Institutional { last } else { first })
}

fn form(
    hi: Placed<'_>,
    n: usize,
    code: &[u8],
    version: Version,
    edit: &'static Edit,
    (sets, on): (&CodeSets, Option<Day>),
    report: &mut Report<'_>,
) {
    let sound = match version {
        Version::Icd9 => forms::icd9_diagnosis(code),
        Version::Icd10 => forms::icd10_diagnosis(code),
    };
    let edit = match (sound, version, on) {
        (false, _, _) => edit,
        (true, Version::Icd10, Some(on)) => match sets.diagnosis(code, on) {
            Listed::Billable => return,
            Listed::Heading => &codes::DIAGNOSIS_NOT_SPECIFIC,
            Listed::Unknown => &codes::DIAGNOSIS_UNKNOWN,
        },
        (true, Version::Icd10, None) | (true, Version::Icd9, _) => return,
    };
    report.add(Hit::new(edit, hi).element(n).component(2).code(code));
}

/// ICD-10 is in force from 1 October 2015, and never both in one claim.
fn versions(seen_9: Option<Placed<'_>>, seen_10: Option<Placed<'_>>, on: Option<Day>, report: &mut Report<'_>) {
    match (seen_9, seen_10) {
        (Some(hi), Some(_)) => report.add(Hit::new(&claim_edit::DIAGNOSIS_VERSIONS_MIXED, hi)),
        (Some(hi), None) if on.is_some_and(|day| day.number() >= ICD10_FROM) => {
            report.add(Hit::new(&codes::ICD9_TOO_LATE, hi));
        }
        (None, Some(hi)) if on.is_some_and(|day| day.number() < ICD10_FROM) => {
            report.add(Hit::new(&codes::ICD10_TOO_EARLY, hi));
        }
        _ => {}
    }
}

/// 1 October 2015 as CCYYMMDD.
const ICD10_FROM: u32 = 20_151_001;
