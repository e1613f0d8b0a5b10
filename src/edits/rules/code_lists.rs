//! Codes in lists that an operator loads, and what other payers said, in lists that are old. Each code has its
//! form judged where it stands; here the list is asked, which costs next to nothing where there is none.

use crate::edits::arena::Placed;
use crate::edits::catalogue::{Edit, codes, party};
use crate::edits::claim::{Claim, Line, tag};
use crate::edits::codesets::{List, Listed};
use crate::edits::day::Day;
use crate::edits::report::{Hit, Report};
use crate::guide::Tag;

const MIA: Tag = Tag::new("MIA");
const MOA: Tag = Tag::new("MOA");

pub fn check(claim: &Claim<'_>, report: &mut Report<'_>) {
    member_id(claim, report);
    if claim.other_payers().next().is_some() {
        adjustments(claim, report);
    }
}

/// A practice system that has the two numbers mixed up sends the billing NPI as member id.
fn member_id(claim: &Claim<'_>, report: &mut Report<'_>) {
    let billing = claim.billing.all().first(tag::L2010AA, tag::NM1);
    let member = claim.subscriber.all().first(tag::L2010BA, tag::NM1);
    if let (Some(billing), Some(member)) = (billing, member)
        && !member.element(9).is_empty()
        && billing.element(9) == member.element(9)
    {
        report.add(Hit::new(&party::MEMBER_ID_IS_NPI, member).element(9));
    }
}

/// Reasons (CAS) and remarks (MIA, MOA) that other payers gave.
fn adjustments(claim: &Claim<'_>, report: &mut Report<'_>) {
    for placed in claim.parts.arena.all() {
        let (list, elements, edit): (List, &[usize], &'static Edit) = match placed.id {
            tag::CAS => (List::Carc, &[2, 5, 8, 11, 14, 17], &codes::ADJUSTMENT_REASON),
            MIA => (List::Rarc, &[5, 20, 21, 22, 23], &codes::REMARK),
            MOA => (List::Rarc, &[3, 4, 5, 6, 7], &codes::REMARK),
            _ => continue,
        };
        for &element in elements {
            let code = placed.element(element);
            if code.is_empty() {
                continue;
            }
            if let Listed::Unknown | Listed::Doubtful = report.judge(list, code, || claim.service_period()) {
                report.add(Hit::new(edit, placed).element(element).code(code));
            }
        }
    }
}

/// A place of service: in the CMS list on the claim's days. Component 1 of CLM05, or an element of a line.
pub fn place(claim: &Claim<'_>, placed: Placed<'_>, element: usize, component: Option<usize>, report: &mut Report<'_>) {
    let code = component.map_or_else(|| placed.element(element), |component| placed.component(element, component));
    let hit = |edit| {
        let hit = Hit::new(edit, placed).element(element);
        match component {
            Some(component) => hit.component(component),
            None => hit,
        }
    };
    let edits: (&'static Edit, &'static Edit) = (&codes::PLACE_OF_SERVICE, &codes::PLACE_OF_SERVICE);
    if !code.is_empty() {
        tell(List::PlaceOfService, code, || claim.service_period(), edits, hit, report);
    }
}

/// A CPT or HCPCS code of sound form.
pub fn procedure(claim: &Claim<'_>, line: &Line<'_>, service: Placed<'_>, report: &mut Report<'_>) {
    let code = line.procedure(2);
    let list = List::of_procedure(code);
    let unknown = if list == List::Cpt { &codes::CPT_UNKNOWN } else { &codes::HCPCS_UNKNOWN };
    of_line(claim, line, service, (2, list), (unknown, &codes::PROCEDURE_NOT_IN_FORCE), report);
}

/// A dental code of sound form.
pub fn dental(claim: &Claim<'_>, line: &Line<'_>, service: Placed<'_>, report: &mut Report<'_>) {
    of_line(claim, line, service, (2, List::Cdt), (&codes::CDT_UNKNOWN, &codes::PROCEDURE_NOT_IN_FORCE), report);
}

/// A modifier of sound form at a component of the procedure.
pub fn modifier(claim: &Claim<'_>, line: &Line<'_>, service: Placed<'_>, component: usize, report: &mut Report<'_>) {
    let edits = (&codes::MODIFIER_UNKNOWN, &codes::MODIFIER_UNKNOWN);
    of_line(claim, line, service, (component, List::Modifier), edits, report);
}

/// A HIPPS code of sound form.
pub fn hipps(claim: &Claim<'_>, line: &Line<'_>, service: Placed<'_>, report: &mut Report<'_>) {
    of_line(claim, line, service, (2, List::Hipps), (&codes::HIPPS_UNKNOWN, &codes::HIPPS_UNKNOWN), report);
}

/// A revenue code of sound form in SV201.
pub fn revenue(claim: &Claim<'_>, line: &Line<'_>, service: Placed<'_>, report: &mut Report<'_>) {
    let edits = (&codes::REVENUE_CODE_UNKNOWN, &codes::REVENUE_CODE_UNKNOWN);
    let hit = |edit| Hit::new(edit, service).element(1);
    tell(List::Revenue, service.element(1), || days_of(claim, line), edits, hit, report);
}

/// A drug code of sound form in LIN03.
pub fn drug(claim: &Claim<'_>, line: &Line<'_>, lin: Placed<'_>, report: &mut Report<'_>) {
    let edits = (&codes::NDC_UNKNOWN, &codes::NDC_UNKNOWN);
    tell(List::Ndc, lin.element(3), || days_of(claim, line), edits, |edit| Hit::new(edit, lin).element(3), report);
}

/// Condition, occurrence and value codes and the DRG, of sound form, at place `n` of an HI.
pub fn health(claim: &Claim<'_>, hi: Placed<'_>, n: usize, report: &mut Report<'_>) {
    let (list, edit) = match hi.component(n, 1) {
        b"BG" => (List::Condition, &codes::CONDITION_CODE_UNKNOWN),
        b"BH" | b"BI" => (List::Occurrence, &codes::OCCURRENCE_CODE_UNKNOWN),
        b"BE" => (List::Value, &codes::VALUE_CODE_UNKNOWN),
        b"DR" => (List::Drg, &codes::DRG_UNKNOWN),
        _ => return,
    };
    let hit = |edit| Hit::new(edit, hi).element(n).component(2);
    tell(list, hi.component(n, 2), || claim.service_period(), (edit, edit), hit, report);
}

/// A patient status of sound form in CL103.
pub fn patient_status(claim: &Claim<'_>, cl1: Placed<'_>, report: &mut Report<'_>) {
    let edits = (&codes::PATIENT_STATUS_UNKNOWN, &codes::PATIENT_STATUS_UNKNOWN);
    let hit = |edit| Hit::new(edit, cl1).element(3);
    tell(List::PatientStatus, cl1.element(3), || claim.service_period(), edits, hit, report);
}

fn of_line(
    claim: &Claim<'_>,
    line: &Line<'_>,
    service: Placed<'_>,
    (component, list): (usize, List),
    edits: (&'static Edit, &'static Edit),
    report: &mut Report<'_>,
) {
    let hit = |edit| Hit::new(edit, service).element(line.procedure_element()).component(component);
    tell(list, line.procedure(component), || days_of(claim, line), edits, hit, report);
}

/// The line's own days, else the claim's.
fn days_of(claim: &Claim<'_>, line: &Line<'_>) -> Option<(Day, Day)> {
    line.service_period().or_else(|| claim.service_period())
}

/// Says what is wrong with a code: that its list has it not, or not on these days. A list that is old, or does
/// not reach to these days, says nothing.
fn tell<'a>(
    list: List,
    code: &[u8],
    days: impl FnOnce() -> Option<(Day, Day)>,
    (unknown, not_in_force): (&'static Edit, &'static Edit),
    hit: impl FnOnce(&'static Edit) -> Hit<'a>,
    report: &mut Report<'_>,
) {
    let edit = match report.judge(list, code, days) {
        Listed::InForce | Listed::Newer | Listed::Doubtful | Listed::FormOnly => return,
        Listed::OutOfForce => not_in_force,
        Listed::Heading | Listed::Unknown => unknown,
    };
    report.add(hit(edit).code(code));
}
