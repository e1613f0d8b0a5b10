//! The rules that fire the catalogue's edits. Those on a provider, subscriber or patient run once for the level,
//! those on a claim at its end.
//!
//! A claim's segments are gone through once: what each says by itself is judged, and what is there is remembered as
//! signs (`signs.rs`). Each line is taken apart once (`facts.rs`) and shown to the rules on lines; those on the whole
//! claim come last and ask the signs first, so that a claim pays for what it has and not for what there could be.

use self::facts::{Facts, Service};
use self::health::{Health, Stay};
use self::institutional::Bill;
use self::parties::Parties;
use self::signs::Signs;
use super::answers::odd_contact;
use super::arena::{Arena, Run};
use super::catalogue::answers::CONTACT_FORM;
use super::claim::{Claim, Line, tag};
use super::day::Day;
use super::report::{Hit, Report};
use crate::domain::ClaimKind;

mod balance;
mod business;
mod claim;
mod code_lists;
mod dental;
mod diagnosis;
mod facts;
mod health;
mod institutional;
mod lines;
mod other_payers;
mod parties;
mod patient;
mod procedure;
mod professional;
pub mod requirements;
mod signs;
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
    let mut parties = Parties::default();
    let Head { mut facts, statement } = head(claim, &mut parties, report);
    let facts = &mut facts;
    let bill = Bill::of(claim, facts, statement);
    let (mut sums, mut doubles) = (balance::Sums::default(), lines::Doubles::default());
    for (nth, line) in claim.lines().enumerate() {
        let signs = line_signs(&line, &mut parties, report);
        facts.lines |= signs;
        let Some(service) = Service::new(line, signs, facts.facility) else { continue };
        facts.services |= service.services;
        lines::check(claim, &service, report);
        sums.take(&service, report);
        doubles.take(claim, &service, nth, report);
        match claim.kind {
            ClaimKind::Professional => {
                professional::line(claim, facts, &service, report);
                professional::people(facts, &service, report);
                business::line(facts, &service, report);
                patient::line(facts, &service, report);
            }
            ClaimKind::Institutional => {
                institutional::line(claim, &bill, &service, report);
                patient::line(facts, &service, report);
            }
            ClaimKind::Dental => dental::line(claim, facts, &service, report),
        }
    }
    claim::check(claim, facts, report);
    subscriber::of_claim(claim, facts, report);
    other_payers::check(claim, facts, report);
    diagnosis::check(claim, report);
    code_lists::check(claim, report);
    lines::all(claim, facts, report);
    balance::check(claim, facts, &sums, report);
    match claim.kind {
        ClaimKind::Professional => {
            professional::check(claim, facts, report);
            professional::facility(claim, facts, report);
            business::check(claim, facts, report);
            patient::check(facts, report);
        }
        ClaimKind::Institutional => {
            institutional::check(claim, facts, &bill, report);
            patient::check(facts, report);
        }
        ClaimKind::Dental => {
            dental::check(claim, facts, report);
            professional::facility(claim, facts, report);
        }
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

/// What is known of a claim before its lines.
struct Head<'a> {
    facts: Facts<'a>,
    /// DTP*434, of an institutional claim.
    statement: Option<(Day, Day)>,
}

fn head<'a>(claim: &Claim<'a>, parties: &mut Parties, report: &mut Report<'_>) -> Head<'a> {
    let (mut signs, mut health, mut statement) = (Signs::NONE, Health::default(), None);
    let stay = Stay::of(claim.kind, claim.is_inpatient());
    for placed in before_lines(claim) {
        signs |= signs::of(&placed);
        parties.take(&placed, report);
        claim::segment(&placed, report);
        match (placed.id, placed.loop_id) {
            (tag::HI, tag::L2300) => health.take(claim, placed, stay, report),
            (tag::DTP, tag::L2300) => {
                let days = claim::own_date(placed, claim.as_of, report);
                if placed.element(1) == b"434" {
                    statement = days;
                }
            }
            _ => {}
        }
    }
    Head { facts: Facts::new(claim, signs, health), statement }
}

/// The claim's own loop, its providers and its other payers.
fn before_lines<'a>(claim: &Claim<'a>) -> Run<'a> {
    let end = claim.lines().next().map_or(claim.parts.arena.len(), |line| line.run.range().start);
    claim.parts.arena.run(0..end)
}

/// What a line has.
fn line_signs(line: &Line<'_>, parties: &mut Parties, report: &mut Report<'_>) -> Signs {
    let mut signs = Signs::NONE;
    for placed in line.run.clone() {
        signs |= signs::of(&placed);
        parties.take(&placed, report);
        claim::segment(&placed, report);
    }
    signs
}
