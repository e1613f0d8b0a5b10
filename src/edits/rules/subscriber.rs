//! Subscriber and patient: the policy, the member id, birth and death.

use super::facts::Facts;
use crate::edits::arena::{Placed, Run};
use crate::edits::catalogue::{codes, party};
use crate::edits::claim::{Claim, tag};
use crate::edits::day::Day;
use crate::edits::forms;
use crate::edits::report::{Hit, Report};

/// No one is older.
const AGE_YEARS_MAX: u32 = 130;

/// The level of the subscriber (2000B, 2010BA, 2010BB).
pub fn level(run: Run<'_>, as_of: Day, report: &mut Report<'_>) {
    if let Some(sbr) = run.first(tag::L2000B, tag::SBR) {
        policy(sbr, report);
    }
    if let Some(nm1) = run.first(tag::L2010BA, tag::NM1) {
        member_id(nm1, run.first(tag::L2000B, tag::SBR), report);
    }
    if let Some(dmg) = run.first(tag::L2010BA, tag::DMG) {
        birth(dmg, "IL", as_of, report);
    }
    if let Some(pat) = run.first(tag::L2000B, tag::PAT) {
        death_and_weight(pat, run.first(tag::L2010BA, tag::DMG), as_of, report);
    }
}

/// The level of a dependent (2000C, 2010CA).
pub fn patient(run: Run<'_>, as_of: Day, report: &mut Report<'_>) {
    let dmg = run.first(tag::L2010CA, tag::DMG);
    if let Some(dmg) = dmg {
        birth(dmg, "QC", as_of, report);
    }
    if let Some(pat) = run.first(tag::L2000C, tag::PAT) {
        if !matches!(pat.element(1), b"01" | b"19" | b"20" | b"21" | b"39" | b"40" | b"53" | b"G8") {
            report.add(Hit::new(&party::RELATIONSHIP, pat).element(1));
        }
        death_and_weight(pat, dmg, as_of, report);
    }
}

/// What the subscriber must say once it is known whose claim it is.
pub fn of_claim(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let run = claim.subscriber.all();
    let Some(sbr) = claim.sbr() else { return };
    match (claim.is_dependents(), sbr.element(2)) {
        // A subscriber may have claims of its own above those of its dependents.
        (true, b"18") if !claim.subscriber_has_claims => {
            report.add(Hit::new(&party::SELF_ON_DEPENDENT, sbr).element(2))
        }
        (false, b"") => report.add(Hit::new(&party::SELF_MISSING, sbr).element(2)),
        _ => {}
    }
    if !claim.is_dependents()
        && let Some(nm1) = run.first(tag::L2010BA, tag::NM1)
    {
        let address = run.first(tag::L2010BA, tag::N3).is_some() && run.first(tag::L2010BA, tag::N4).is_some();
        if !address {
            report.add(Hit::new(&party::SUBSCRIBER_ADDRESS_MISSING, nm1));
        }
        // An organization as subscriber (workers' compensation) is no patient of its own.
        if nm1.element(2) == b"1" && run.first(tag::L2010BA, tag::DMG).is_none() {
            report.add(Hit::new(&party::SUBSCRIBER_DEMOGRAPHICS_MISSING, nm1));
        }
    }
    atypical_billing_provider(claim, report);
    casualty_claim_number(claim, sbr, report);
    service_and_life(claim, facts, report);
}

fn policy(sbr: Placed<'_>, report: &mut Report<'_>) {
    let (order, msp, plan) = (sbr.element(1), sbr.element(5), sbr.element(9));
    if plan.is_empty() {
        report.add(Hit::new(&party::FILING_INDICATOR_MISSING, sbr).element(9));
    }
    let medicare_later = matches!(plan, b"MA" | b"MB") && order != b"P";
    match (medicare_later, msp.is_empty()) {
        (true, true) => report.add(Hit::new(&party::MSP_TYPE_MISSING, sbr).element(5)),
        (false, false) => report.add(Hit::new(&party::MSP_TYPE_UNEXPECTED, sbr).element(5)),
        (true, false) | (false, true) => {}
    }
    if !sbr.element(3).is_empty() && !sbr.element(4).is_empty() {
        report.add(Hit::new(&party::GROUP_NAME_AND_NUMBER, sbr).element(4));
    }
}

fn member_id(nm1: Placed<'_>, sbr: Option<Placed<'_>>, report: &mut Report<'_>) {
    let id = nm1.element(9);
    if id.is_empty() {
        if nm1.element(2) == b"1" {
            report.add(Hit::new(&party::MEMBER_ID_MISSING, nm1).element(9));
        }
        return;
    }
    let medicare = sbr.is_some_and(|sbr| matches!(sbr.element(9), b"MA" | b"MB"));
    if medicare && !forms::mbi(id) {
        report.add(Hit::new(&codes::MBI, nm1).element(9));
    }
}

fn birth(dmg: Placed<'_>, who: &'static str, as_of: Day, report: &mut Report<'_>) {
    if let Some(day) = Day::read(dmg.element(2))
        && (day > as_of || day.years_until(as_of) > AGE_YEARS_MAX)
    {
        report.add(Hit::new(&codes::BIRTH_DATE_FUTURE, dmg).element(2).who(who));
    }
}

fn death_and_weight(pat: Placed<'_>, dmg: Option<Placed<'_>>, as_of: Day, report: &mut Report<'_>) {
    if !pat.element(6).is_empty() {
        let birth = dmg.and_then(|dmg| Day::read(dmg.element(2)));
        let sound = pat.element(5) == b"D8"
            && Day::read(pat.element(6)).is_some_and(|day| day <= as_of && birth.is_none_or(|birth| birth <= day));
        if !sound {
            report.add(Hit::new(&party::DEATH_DATE, pat).element(6));
        }
    }
    if pat.element(7).is_empty() != pat.element(8).is_empty() {
        report.add(Hit::new(&party::WEIGHT_PAIR, pat).element(8));
    }
    if pat.element(9) == b"Y" && dmg.is_some_and(|dmg| dmg.element(3) == b"M") {
        report.add(Hit::new(&party::PREGNANCY_GENDER, pat).element(9));
    }
}

/// A billing provider without an NPI is one that gives no health care, and then the payer's own number for
/// it stands with the payer.
fn atypical_billing_provider(claim: &Claim<'_>, report: &mut Report<'_>) {
    let Some(nm1) = claim.billing.all().first(tag::L2010AA, tag::NM1) else { return };
    if nm1.element(9).is_empty() && claim.subscriber.all().qualified(tag::L2010BB, tag::REF, b"G2").is_none() {
        report.add(Hit::new(&party::BILLING_NPI_MISSING, nm1).element(9));
    }
}

fn casualty_claim_number(claim: &Claim<'_>, sbr: Placed<'_>, report: &mut Report<'_>) {
    if !matches!(sbr.element(9), b"WC" | b"AM") {
        return;
    }
    let number = claim.subscriber.all().qualified(tag::L2010BA, tag::REF, b"Y4");
    let number = number.or_else(|| claim.patient.all().qualified(tag::L2010CA, tag::REF, b"Y4"));
    if number.is_none() {
        report.add(Hit::new(&crate::edits::catalogue::claim::ACCIDENT_CLAIM_NUMBER_MISSING, sbr).element(9));
    }
}

/// Services fall between birth and death. A newborn's claim may begin on the day of birth; a bill after
/// death is only warned of, as rentals and transports end late.
fn service_and_life(claim: &Claim<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let Some((first, _)) = facts.period else { return };
    let who = if claim.is_dependents() { "QC" } else { "IL" };
    if facts.birth.is_some_and(|birth| first < birth && birth <= claim.as_of)
        && let Some(dmg) = claim.patient_dmg()
    {
        report.add(Hit::new(&codes::SERVICE_BEFORE_BIRTH, dmg).element(2).who(who));
    }
    let pat = match claim.is_dependents() {
        true => claim.patient.all().first(tag::L2000C, tag::PAT),
        false => claim.subscriber.all().first(tag::L2000B, tag::PAT),
    };
    if let Some(pat) = pat
        && Day::read(pat.element(6)).is_some_and(|death| first > death)
    {
        report.add(Hit::new(&codes::SERVICE_AFTER_DEATH, pat).element(6).who(who));
    }
}
