//! The rules that fire the catalogue's edits. Those on a provider, subscriber or patient run once for the
//! level, those on a claim at its end.

use super::answers::odd_contact;
use super::arena::{Arena, Run};
use super::catalogue::answers::CONTACT_FORM;
use super::claim::{Claim, tag};
use super::day::Day;
use super::report::{Hit, Report};

mod balance;
mod claim;
mod code_lists;
mod dental;
mod diagnosis;
mod institutional;
mod lines;
mod other_payers;
mod parties;
mod professional;
mod subscriber;

/// Everything above the first HL: submitter and receiver.
pub fn header(arena: &Arena, as_of: Day, report: &mut Report<'_>) {
    claim::header(arena, as_of, report);
    contacts(arena.all(), report);
}

/// A billing provider's level.
pub fn billing(arena: &Arena, report: &mut Report<'_>) {
    parties::check(arena.all(), report);
    parties::billing(arena.all(), report);
    contacts(arena.all(), report);
}

/// A subscriber's level, above its claims and dependents.
pub fn subscriber(arena: &Arena, as_of: Day, report: &mut Report<'_>) {
    parties::check(arena.all(), report);
    subscriber::level(arena.all(), as_of, report);
}

/// A dependent's level, above its claims.
pub fn patient(arena: &Arena, as_of: Day, report: &mut Report<'_>) {
    parties::check(arena.all(), report);
    subscriber::patient(arena.all(), as_of, report);
}

/// A whole claim.
pub fn claim(claim: &Claim<'_>, report: &mut Report<'_>) {
    claim::check(claim, report);
    subscriber::of_claim(claim, report);
    parties::check(claims_own(claim), report);
    other_payers::check(claim, report);
    diagnosis::check(claim, report);
    code_lists::check(claim, report);
    lines::check(claim, report);
    balance::check(claim, report);
    match claim.kind {
        crate::domain::ClaimKind::Professional => professional::check(claim, report),
        crate::domain::ClaimKind::Institutional => institutional::check(claim, report),
        crate::domain::ClaimKind::Dental => dental::check(claim, report),
    }
}

/// Telephone numbers and addresses of contacts.
fn contacts(run: Run<'_>, report: &mut Report<'_>) {
    for per in run.with_id(tag::PER) {
        if let Some((element, what)) = odd_contact(&per.segment) {
            report.add(Hit::new(&CONTACT_FORM, per).element(element).fact(what));
        }
    }
}

fn claims_own<'a>(claim: &Claim<'a>) -> Run<'a> {
    claim.parts.arena.all()
}
