//! What many rules ask of a claim, found out once: its signs, its services, who pays, when it was. And the same
//! of one service line.

use super::health::Health;
use super::procedure::Services;
use super::signs::Signs;
use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::Placed;
use crate::edits::claim::{Claim, Line};
use crate::edits::day::Day;
use crate::edits::forms;

/// Modifiers that one line has room for.
const MODIFIERS_MAX: usize = 4;

/// Of the whole claim.
pub struct Facts<'a> {
    /// Of everything above the first line.
    pub head: Signs,
    /// Of all lines together.
    pub lines: Signs,
    pub services: Services,
    pub health: Health<'a>,
    /// CLM05-1.
    pub facility: &'a [u8],
    /// CLM05-3.
    pub frequency: &'a [u8],
    pub charge: Option<Cents>,
    /// SBR09.
    pub filing: &'a [u8],
    pub sex: Sex,
    pub birth: Option<Day>,
    /// First and last day of service.
    pub period: Option<(Day, Day)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
    Unknown,
}

impl<'a> Facts<'a> {
    /// Of all but the signs and services of the lines, which are added as they are read.
    pub fn new(claim: &Claim<'a>, head: Signs, health: Health<'a>) -> Facts<'a> {
        let dmg = claim.patient_dmg();
        let sex = match dmg.map_or(&b""[..], |dmg| dmg.element(3)) {
            b"F" => Sex::Female,
            b"M" => Sex::Male,
            _ => Sex::Unknown,
        };
        Facts {
            head,
            lines: Signs::NONE,
            services: Services::NONE,
            health,
            facility: claim.facility(),
            frequency: claim.frequency(),
            charge: claim.charge(),
            filing: claim.sbr().map_or(b"", |sbr| sbr.element(9)),
            sex,
            birth: dmg.and_then(|dmg| Day::read(dmg.element(2))),
            period: claim.service_period(),
        }
    }

    /// On the claim or on any of its lines.
    pub fn any(&self, signs: Signs) -> bool {
        (self.head | self.lines).any(signs)
    }

    /// Medicare's part B, which pays for professional services and equipment.
    pub fn is_medicare_b(&self) -> bool {
        self.filing == b"MB"
    }

    pub fn is_medicare(&self) -> bool {
        matches!(self.filing, b"MA" | b"MB")
    }

    /// Whole years on the first day of service.
    pub fn age(&self) -> Option<u32> {
        let (birth, (first, _)) = (self.birth?, self.period?);
        (birth <= first).then(|| birth.years_until(first))
    }
}

/// One service line, its composite taken apart.
pub struct Service<'a> {
    pub line: Line<'a>,
    /// SV1, SV2 or SV3.
    pub placed: Placed<'a>,
    pub signs: Signs,
    pub services: Services,
    /// HC, AD, HP and so on.
    pub qualifier: &'a [u8],
    pub code: &'a [u8],
    pub modifiers: [&'a [u8]; MODIFIERS_MAX],
    pub description: &'a [u8],
    pub charge: Option<Cents>,
    /// Thousandths; `None` when there are none or they can't be read.
    pub units: Option<i64>,
    /// The line's own place of service, else the claim's.
    pub place: &'a [u8],
    pub date: Option<Placed<'a>>,
    pub period: Option<(Day, Day)>,
}

impl<'a> Service<'a> {
    /// `None` for a line without SV1, SV2 or SV3, which is a finding of the walk.
    pub fn new(line: Line<'a>, signs: Signs, claims_place: &'a [u8]) -> Option<Service<'a>> {
        let placed = line.service?;
        let kind = line.kind();
        let own_place = match kind {
            ClaimKind::Professional => placed.element(5),
            ClaimKind::Dental => placed.element(3),
            ClaimKind::Institutional => b"",
        };
        let code = line.procedure(2);
        Some(Service {
            services: Services::of(code, kind),
            qualifier: line.procedure(1),
            code,
            modifiers: [line.procedure(3), line.procedure(4), line.procedure(5), line.procedure(6)],
            description: line.procedure(7),
            charge: line.charge(),
            units: forms::thousandths(placed.element(line.units_element())),
            place: if own_place.is_empty() { claims_place } else { own_place },
            period: line.service_period(),
            date: line.date(),
            placed,
            signs,
            line,
        })
    }

    pub fn has_modifier(&self, any: &[&[u8]]) -> bool {
        !self.modifiers[0].is_empty() && self.modifiers.iter().any(|own| !own.is_empty() && any.contains(own))
    }

    /// Where a segment of the line is wanted: the first with this id and first element.
    pub fn find(&self, id: crate::guide::Tag, qualifier: &[u8]) -> Option<Placed<'a>> {
        self.line.run.with_id(id).find(|placed| placed.element(1) == qualifier)
    }
}
