//! What many rules ask of a claim and its lines, read once when the claim ends. Places are counted in the claim's
//! [`Arena`], so that the facts live as long as its buffers.

use super::arena::{Arena, Placed};
use super::claim::{period, tag};
use super::day::Day;
use crate::domain::{Cents, ClaimKind};
use crate::guide::Tag;

/// Components of a procedure: qualifier, code, four modifiers, and what follows.
const COMPONENTS: usize = 8;

/// The components of one composite, as ranges of the arena's bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Composite {
    ranges: [(u32, u32); COMPONENTS],
}

impl Composite {
    /// Of the first repetition of element `n`.
    fn read(arena: &Arena, placed: &Placed<'_>, n: usize) -> Composite {
        let mut composite = Composite::default();
        let value = placed.element(n);
        let delimiters = placed.segment.delimiters;
        let (mut at, mut begin) = (0, 0);
        let base = arena.place_of(value);
        for (n, &byte) in value.iter().enumerate() {
            if byte == delimiters.component {
                composite.ranges[at] = (base + begin, base + n as u32);
                (at, begin) = (at + 1, n as u32 + 1);
                if at == COMPONENTS {
                    return composite;
                }
            } else if Some(byte) == delimiters.repetition {
                composite.ranges[at] = (base + begin, base + n as u32);
                return composite;
            }
        }
        composite.ranges[at] = (base + begin, base + value.len() as u32);
        composite
    }

    /// Component `c`, from 1.
    #[inline]
    pub fn get<'a>(&self, arena: &'a Arena, c: usize) -> &'a [u8] {
        let Some(&(begin, end)) = self.ranges.get(c - 1) else { return b"" };
        arena.text(begin, end)
    }
}

/// Of the claim itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClaimFacts {
    /// CLM02.
    pub charge: Option<Cents>,
    /// CLM05.
    pub facility: Composite,
    /// First and last day of service.
    pub service_period: Option<(Day, Day)>,
}

/// Of a service line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineFacts {
    /// Where its segments begin and end.
    pub first: u32,
    pub end: u32,
    /// SV1, SV2 or SV3.
    pub service: Option<u32>,
    /// DTP*472.
    pub date: Option<u32>,
    pub period: Option<(Day, Day)>,
    /// SV101, SV202 or SV301.
    pub procedure: Composite,
    /// SV102, SV203 or SV302.
    pub charge: Option<Cents>,
}

impl LineFacts {
    /// Reads the line whose segments are `first..end` of the arena.
    pub fn read(arena: &Arena, first: u32, end: u32, kind: ClaimKind) -> LineFacts {
        let mut facts = LineFacts { first, end, ..LineFacts::default() };
        let (service, procedure, charge): (Tag, usize, usize) = match kind {
            ClaimKind::Professional => (tag::SV1, 1, 2),
            ClaimKind::Institutional => (tag::SV2, 2, 3),
            ClaimKind::Dental => (tag::SV3, 1, 2),
        };
        let run = arena.run(first as usize..end as usize);
        if let Some((at, placed)) = run.find(tag::L2400, service, |_| true) {
            facts.service = Some(at);
            facts.procedure = Composite::read(arena, &placed, procedure);
            facts.charge = Cents::from_x12(placed.element(charge));
        }
        if let Some((at, dtp)) = run.find(tag::L2400, tag::DTP, |dtp| dtp.element(1) == b"472") {
            facts.date = Some(at);
            facts.period = period(&dtp);
        }
        facts
    }
}

impl ClaimFacts {
    /// Reads the claim whose first segments are `head`, once its lines are read.
    pub fn read(arena: &Arena, head: usize, lines: &[LineFacts], kind: ClaimKind) -> ClaimFacts {
        let clm = arena.get(0);
        let qualifier: Option<&[u8]> = match kind {
            ClaimKind::Institutional => Some(b"434"),
            ClaimKind::Dental => Some(b"472"),
            ClaimKind::Professional => None,
        };
        let own = qualifier.and_then(|qualifier| arena.run(0..head).qualified(tag::L2300, tag::DTP, qualifier));
        let days = || lines.iter().filter_map(|line| line.period);
        ClaimFacts {
            charge: Cents::from_x12(clm.element(2)),
            facility: Composite::read(arena, &clm, 5),
            service_period: own
                .and_then(|dtp| period(&dtp))
                .or_else(|| days().reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))),
        }
    }
}
