//! What a payer's conditions see of a claim: `claim.FIELD`, and `line.FIELD` of each service line. One table for
//! each, with the field's name, its type and where its value comes from; `docs/payer-edits.md` explains them.

use cel::Value;

use super::types::Type;
use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::{Arena, Placed, Run};
use crate::edits::claim::{Claim, Line, tag};
use crate::edits::day::Day;
use crate::guide::Tag;
use crate::x12::segment::text_of;

/// What a table of fields is about: a claim or a line, however long it lives.
pub trait Seen {
    type As<'a>;
}

pub struct OfClaim;
pub struct OfLine;

impl Seen for OfClaim {
    type As<'a> = Claim<'a>;
}

impl Seen for OfLine {
    type As<'a> = Line<'a>;
}

/// One thing that conditions can ask for.
pub struct Field<S: Seen> {
    pub name: &'static str,
    get: Getter<S>,
}

/// How a field's value is got, by its type. What is not in the claim is empty.
enum Getter<S: Seen> {
    Text(fn(&S::As<'_>) -> String),
    Whole(fn(&S::As<'_>) -> i64),
    Decimal(fn(&S::As<'_>) -> f64),
    Truth(fn(&S::As<'_>) -> bool),
    Texts(fn(&S::As<'_>) -> Vec<String>),
    /// Made by the caller, who knows which of their fields are asked for.
    Lines,
}

impl<S: Seen> Field<S> {
    pub fn kind(&self) -> Type {
        match self.get {
            Getter::Text(_) => Type::Text,
            Getter::Whole(_) => Type::Whole,
            Getter::Decimal(_) => Type::Decimal,
            Getter::Truth(_) => Type::Truth,
            Getter::Texts(_) => Type::list(Type::Text),
            Getter::Lines => Type::list(Type::Line),
        }
    }

    pub fn value(&self, of: &S::As<'_>, lines: impl FnOnce() -> Value) -> Value {
        match self.get {
            Getter::Text(get) => get(of).into(),
            Getter::Whole(get) => get(of).into(),
            Getter::Decimal(get) => get(of).into(),
            Getter::Truth(get) => get(of).into(),
            Getter::Texts(get) => get(of).into(),
            Getter::Lines => lines(),
        }
    }
}

const fn text<S: Seen>(name: &'static str, get: fn(&S::As<'_>) -> String) -> Field<S> {
    Field { name, get: Getter::Text(get) }
}

const fn whole<S: Seen>(name: &'static str, get: fn(&S::As<'_>) -> i64) -> Field<S> {
    Field { name, get: Getter::Whole(get) }
}

const fn decimal<S: Seen>(name: &'static str, get: fn(&S::As<'_>) -> f64) -> Field<S> {
    Field { name, get: Getter::Decimal(get) }
}

const fn texts<S: Seen>(name: &'static str, get: fn(&S::As<'_>) -> Vec<String>) -> Field<S> {
    Field { name, get: Getter::Texts(get) }
}

/// The fields of `claim`.
pub static CLAIM: &[Field<OfClaim>] = &[
    text("kind", |claim| claim.kind.as_str().to_string()),
    text("patient_control_number", |claim| text_of(claim.clm().element(1))),
    decimal("charge", |claim| dollars(claim.charge())),
    text("place_of_service", |claim| place_of_service(claim)),
    text("type_of_bill", |claim| type_of_bill(claim)),
    text("frequency", |claim| text_of(claim.frequency())),
    text("prior_authorization", |claim| claim_reference(claim, b"G1")),
    text("referral", |claim| claim_reference(claim, b"9F")),
    text("original_reference", |claim| claim_reference(claim, b"F8")),
    Field { name: "has_attachment", get: Getter::Truth(|claim| has_attachment(claim)) },
    texts("diagnoses", |claim| diagnoses(claim)),
    text("admitting_diagnosis", |claim| codes(claim, &[b"ABJ", b"BJ"]).into_iter().next().unwrap_or_default()),
    text("service_from", |claim| day(claim.service_period().map(|period| period.0))),
    text("service_to", |claim| day(claim.service_period().map(|period| period.1))),
    text("admission_date", |claim| admission_date(claim)),
    text("admission_type", |claim| cl1(claim, 1)),
    text("admission_source", |claim| cl1(claim, 2)),
    text("discharge_status", |claim| cl1(claim, 3)),
    text("payer_id", |claim| element(claim.subscriber.all().first(tag::L2010BB, tag::NM1), 9)),
    text("payer_responsibility", |claim| element(claim.sbr(), 1)),
    text("filing_indicator", |claim| element(claim.sbr(), 9)),
    text("member_id", |claim| element(claim.subscriber.all().first(tag::L2010BA, tag::NM1), 9)),
    text("group_number", |claim| element(claim.sbr(), 3)),
    text("relationship", |claim| relationship(claim)),
    text("patient_gender", |claim| element(claim.patient_dmg(), 3)),
    text("patient_birth_date", |claim| day(birth_date(claim))),
    whole("patient_age", |claim| patient_age(claim)),
    whole("other_payers", |claim| claim.other_payers().count() as i64),
    text("billing_npi", |claim| element(claim.billing.all().first(tag::L2010AA, tag::NM1), 9)),
    text("billing_tax_id", |claim| billing_tax_id(claim)),
    text("billing_taxonomy", |claim| element(claim.billing.all().first(tag::L2000A, tag::PRV), 3)),
    text("billing_state", |claim| element(claim.billing.all().first(tag::L2010AA, tag::N4), 2)),
    text("billing_zip", |claim| element(claim.billing.all().first(tag::L2010AA, tag::N4), 3)),
    text("rendering_npi", |claim| npi(claim.providers(), b"82")),
    text("rendering_taxonomy", |claim| taxonomy(claim.providers(), b"82")),
    text("attending_npi", |claim| npi(claim.providers(), b"71")),
    text("attending_taxonomy", |claim| taxonomy(claim.providers(), b"71")),
    text("operating_npi", |claim| npi(claim.providers(), b"72")),
    text("referring_npi", |claim| npi(claim.providers(), b"DN")),
    text("supervising_npi", |claim| npi(claim.providers(), b"DQ")),
    text("facility_npi", |claim| npi(claim.providers(), b"77")),
    Field { name: "lines", get: Getter::Lines },
];

/// The fields of each of `claim.lines`.
pub static LINE: &[Field<OfLine>] = &[
    text("procedure", |line| text_of(line.procedure(2))),
    texts("modifiers", |line| line.modifiers().map(text_of).collect()),
    text("revenue_code", |line| match line.kind() {
        ClaimKind::Institutional => element(line.service, 1),
        ClaimKind::Professional | ClaimKind::Dental => String::new(),
    }),
    decimal("charge", |line| dollars(line.charge())),
    decimal("units", |line| element(line.service, line.units_element()).parse().unwrap_or(0.0)),
    text("place_of_service", |line| match line.kind() {
        ClaimKind::Professional => element(line.service, 5),
        ClaimKind::Dental => element(line.service, 3),
        ClaimKind::Institutional => String::new(),
    }),
    text("service_from", |line| day(line.service_period().map(|period| period.0))),
    text("service_to", |line| day(line.service_period().map(|period| period.1))),
    text("ndc", |line| {
        let lin = line.run.first(tag::L2410, tag::LIN).filter(|lin| lin.element(2) == b"N4");
        element(lin, 3)
    }),
    texts("teeth", |line| line.run.each(tag::L2400, tag::TOO).map(|too| text_of(too.element(2))).collect()),
    text("prior_authorization", |line| element(line.run.qualified(tag::L2400, tag::REF, b"G1"), 2)),
    text("referral", |line| element(line.run.qualified(tag::L2400, tag::REF, b"9F"), 2)),
    text("rendering_npi", |line| npi(line.run.clone(), b"82")),
];

fn element(placed: Option<Placed<'_>>, n: usize) -> String {
    placed.map_or_else(String::new, |placed| text_of(placed.element(n)))
}

/// The condition language knows no decimals but doubles, and the double nearest to a number of cents is the one
/// that the same number written in a condition becomes. So amounts compare as they are written; nothing is added up.
fn dollars(amount: Option<Cents>) -> f64 {
    amount.map_or(0.0, |Cents(cents)| cents as f64 / 100.0)
}

fn day(day: Option<Day>) -> String {
    day.map_or_else(String::new, |day| day.to_string())
}

/// An institutional claim has a type of bill in its place.
fn place_of_service(claim: &Claim<'_>) -> String {
    match claim.kind {
        ClaimKind::Professional | ClaimKind::Dental => text_of(claim.facility()),
        ClaimKind::Institutional => String::new(),
    }
}

fn type_of_bill(claim: &Claim<'_>) -> String {
    match claim.kind {
        ClaimKind::Institutional => text_of(claim.facility()) + &text_of(claim.frequency()),
        ClaimKind::Professional | ClaimKind::Dental => String::new(),
    }
}

fn claim_reference(claim: &Claim<'_>, qualifier: &[u8]) -> String {
    element(claim.head().qualified(tag::L2300, tag::REF, qualifier), 2)
}

fn has_attachment(claim: &Claim<'_>) -> bool {
    claim.parts.arena.all().with_id(tag::PWK).next().is_some()
}

/// Principal and other diagnoses, in the order to which lines point.
fn diagnoses(claim: &Claim<'_>) -> Vec<String> {
    codes(claim, &[b"ABK", b"ABF", b"BK", b"BF"])
}

/// The codes of HI that have one of these qualifiers.
fn codes(claim: &Claim<'_>, qualifiers: &[&[u8]]) -> Vec<String> {
    let his = claim.head().each(tag::L2300, tag::HI);
    let places =
        his.flat_map(|hi| (1..=hi.segment.element_count()).map(move |n| (hi.component(n, 1), hi.component(n, 2))));
    places.filter(|(qualifier, _)| qualifiers.contains(qualifier)).map(|(_, code)| text_of(code)).collect()
}

fn admission_date(claim: &Claim<'_>) -> String {
    let dtp = claim.head().qualified(tag::L2300, tag::DTP, b"435");
    day(dtp.and_then(|dtp| Day::read_period(dtp.element(2), dtp.element(3))).map(|period| period.0))
}

fn cl1(claim: &Claim<'_>, n: usize) -> String {
    element(claim.head().first(tag::L2300, tag::CL1), n)
}

fn relationship(claim: &Claim<'_>) -> String {
    match claim.is_dependents() {
        true => element(claim.patient.all().first(tag::L2000C, tag::PAT), 1),
        false => element(claim.sbr(), 2),
    }
}

fn birth_date(claim: &Claim<'_>) -> Option<Day> {
    Day::read(claim.patient_dmg()?.element(2))
}

/// On the first day of service, or on the day of receipt when that is not known; -1 without a birth date.
fn patient_age(claim: &Claim<'_>) -> i64 {
    let on = claim.service_period().map_or(claim.as_of, |period| period.0);
    birth_date(claim).map_or(-1, |birth| i64::from(birth.years_until(on)))
}

fn billing_tax_id(claim: &Claim<'_>) -> String {
    let reference = |qualifier: &[u8]| reference_of(claim.billing, tag::L2010AA, qualifier);
    reference(b"EI").or_else(|| reference(b"SY")).unwrap_or_default()
}

fn reference_of(arena: &Arena, loop_id: Tag, qualifier: &[u8]) -> Option<String> {
    arena.all().qualified(loop_id, tag::REF, qualifier).map(|reference| text_of(reference.element(2)))
}

/// The NM1 of a provider, by its entity code.
fn provider<'a>(run: &Run<'a>, entity: &[u8]) -> Option<Placed<'a>> {
    run.with_id(tag::NM1).find(|nm1| nm1.element(1) == entity)
}

fn npi(run: Run<'_>, entity: &[u8]) -> String {
    element(provider(&run, entity), 9)
}

fn taxonomy(run: Run<'_>, entity: &[u8]) -> String {
    let nm1 = provider(&run, entity);
    element(nm1.and_then(|nm1| run.first(nm1.loop_id, tag::PRV)), 3)
}
