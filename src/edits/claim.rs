//! The walked claim as the rules see it: its own segments by part, and those of the billing provider,
//! subscriber and patient it stands under.

use super::arena::{Arena, Placed, Run};
use super::day::Day;
use super::facts::{ClaimFacts, LineFacts};
use crate::domain::{Cents, ClaimKind};
use crate::guide::Tag;
use crate::x12::Segment;

/// Tags of the loops and segments that rules speak of, usable as patterns.
pub mod tag {
    use crate::guide::Tag;

    macro_rules! tags {
        ($($name:ident $text:literal)*) => { $(pub const $name: Tag = Tag::new($text);)* };
    }

    tags! {
        AMT "AMT" BHT "BHT" CAS "CAS" CL1 "CL1" CLM "CLM" CR1 "CR1" CR2 "CR2" CRC "CRC" CTP "CTP" DMG "DMG"
        DN1 "DN1" DTP "DTP" HI "HI" HL "HL" K3 "K3" LIN "LIN" LX "LX" N3 "N3" N4 "N4" NM1 "NM1" NTE "NTE" OI "OI"
        PAT "PAT" PER "PER" PRV "PRV" PS1 "PS1" PWK "PWK" REF "REF" SBR "SBR" ST "ST" SV1 "SV1" SV2 "SV2" SV3 "SV3"
        SVD "SVD" TOO "TOO" L1000A "1000A" L1000B "1000B" L2000A "2000A" L2000B "2000B" L2000C "2000C"
        L2010AA "2010AA" L2010AB "2010AB" L2010AC "2010AC" L2010BA "2010BA" L2010BB "2010BB" L2010CA "2010CA"
        L2300 "2300" L2310A "2310A" L2310B "2310B" L2310C "2310C" L2310D "2310D" L2310E "2310E" L2310F "2310F"
        L2320 "2320" L2330A "2330A" L2330B "2330B" L2400 "2400" L2410 "2410" L2420A "2420A" L2420B "2420B"
        L2420C "2420C" L2430 "2430" CR3 "CR3" DN2 "DN2" LQ "LQ" QTY "QTY" SV5 "SV5" HCP "HCP" CN1 "CN1" MIA "MIA" MOA "MOA" L2420D "2420D" L2440 "2440"
    }
}

/// The parts of a claim's arena: head (2300), providers (2310x), each other payer (2320 and below), each
/// service line (2400 and below). Filled while the claim's segments come in.
#[derive(Debug, Default)]
pub struct Parts {
    pub arena: Arena,
    /// Where the first 2310 stands, and where the providers end.
    head_end: usize,
    providers_end: usize,
    other_payers: Vec<u32>,
    lines: Vec<LineFacts>,
    facts: ClaimFacts,
    /// Where the claim begins in the file.
    pub offset: u64,
}

impl Parts {
    pub fn clear(&mut self) {
        self.arena.clear();
        self.other_payers.clear();
        self.lines.clear();
        (self.head_end, self.providers_end) = (0, 0);
    }

    pub fn push(&mut self, segment: &Segment<'_>, id: Tag, loop_id: Tag, position: u32) {
        let at = self.arena.len();
        if at == 0 {
            self.offset = segment.offset;
        }
        match (loop_id, id) {
            (tag::L2320, tag::SBR) => self.other_payers.push(at as u32),
            (tag::L2400, tag::LX) => self.lines.push(LineFacts { first: at as u32, ..LineFacts::default() }),
            _ => {}
        }
        if self.other_payers.is_empty() && self.lines.is_empty() {
            self.providers_end = at + 1;
            if loop_id == tag::L2300 {
                self.head_end = at + 1;
            }
        }
        self.arena.push(segment, id, loop_id, position);
    }

    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    fn head(&self) -> Run<'_> {
        self.arena.run(0..self.head_end)
    }

    fn providers(&self) -> Run<'_> {
        self.arena.run(self.head_end..self.providers_end)
    }

    fn other_payer(&self, nth: usize) -> Run<'_> {
        let end = self.lines.first().map_or(self.arena.len(), |line| line.first as usize);
        let next = self.other_payers.get(nth + 1).map_or(end, |&next| next as usize);
        self.arena.run(self.other_payers[nth] as usize..next)
    }

    /// Reads what rules ask for, once all segments are in.
    pub fn finish(&mut self, kind: ClaimKind) {
        let mut end = self.arena.len() as u32;
        for line in self.lines.iter_mut().rev() {
            *line = LineFacts::read(&self.arena, line.first, end, kind);
            end = line.first;
        }
        self.facts = ClaimFacts::read(&self.arena, self.head_end, &self.lines, kind);
    }
}

/// A claim and all that it stands under.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub kind: ClaimKind,
    /// The receipt date, which "today" means in every edit.
    pub as_of: Day,
    pub header: &'a Arena,
    pub billing: &'a Arena,
    pub subscriber: &'a Arena,
    /// Empty when the subscriber is the patient.
    pub patient: &'a Arena,
    pub parts: &'a Parts,
    /// The subscriber itself has a claim above this one.
    pub subscriber_has_claims: bool,
}

impl<'a> Claim<'a> {
    /// The CLM segment; every claim has one, as it opens the loop.
    #[inline]
    pub fn clm(&self) -> Placed<'a> {
        self.parts.arena.get(0)
    }

    /// The segments of loop 2300 itself.
    pub fn head(&self) -> Run<'a> {
        self.parts.head()
    }

    /// Loops 2310A and following.
    pub fn providers(&self) -> Run<'a> {
        self.parts.providers()
    }

    /// Each 2320 with its 2330 loops.
    pub fn other_payers(&self) -> impl Iterator<Item = Run<'a>> + use<'a> {
        let parts = self.parts;
        (0..parts.other_payers.len()).map(|nth| parts.other_payer(nth))
    }

    /// Each 2400 with the loops under it.
    pub fn lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let (parts, kind) = (self.parts, self.kind);
        parts.lines.iter().map(move |facts| Line::new(&parts.arena, facts, kind))
    }

    pub fn line_count(&self) -> usize {
        self.parts.lines.len()
    }

    pub fn is_dependents(&self) -> bool {
        !self.patient.is_empty()
    }

    pub fn charge(&self) -> Option<Cents> {
        self.parts.facts.charge
    }

    /// CLM05-1: place of service, or facility and class of the bill type.
    #[inline]
    pub fn facility(&self) -> &'a [u8] {
        self.parts.facts.facility.get(&self.parts.arena, 1)
    }

    /// CLM05-3.
    #[inline]
    pub fn frequency(&self) -> &'a [u8] {
        self.parts.facts.facility.get(&self.parts.arena, 3)
    }

    pub fn sbr(&self) -> Option<Placed<'a>> {
        self.subscriber.all().first(tag::L2000B, tag::SBR)
    }

    /// The patient's demographics: 2010CA, or 2010BA when the subscriber is the patient.
    pub fn patient_dmg(&self) -> Option<Placed<'a>> {
        match self.is_dependents() {
            true => self.patient.all().first(tag::L2010CA, tag::DMG),
            false => self.subscriber.all().first(tag::L2010BA, tag::DMG),
        }
    }

    /// First and last day of service: the statement (I), the claim's own date (D), else the lines'.
    pub fn service_period(&self) -> Option<(Day, Day)> {
        self.parts.facts.service_period
    }

    /// Inpatient by its bill type: hospital, nursing facility and the like, and no ancillary class.
    pub fn is_inpatient(&self) -> bool {
        self.kind == ClaimKind::Institutional
            && matches!(
                self.facility(),
                b"11" | b"12" | b"15" | b"16" | b"17" | b"18" | b"21" | b"22" | b"28" | b"41" | b"65" | b"66" | b"86"
            )
    }
}

/// One service line.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    pub run: Run<'a>,
    /// The SV1, SV2 or SV3; `None` when it is missing, which is a finding of the walk.
    pub service: Option<Placed<'a>>,
    kind: ClaimKind,
    arena: &'a Arena,
    facts: &'a LineFacts,
}

impl<'a> Line<'a> {
    #[inline]
    fn new(arena: &'a Arena, facts: &'a LineFacts, kind: ClaimKind) -> Line<'a> {
        let run = arena.run(facts.first as usize..facts.end as usize);
        let service = facts.service.map(|at| arena.get(at as usize));
        Line { run, service, kind, arena, facts }
    }

    pub fn kind(&self) -> ClaimKind {
        self.kind
    }

    /// The element that holds the procedure composite: SV101, SV202, SV301.
    pub fn procedure_element(&self) -> usize {
        match self.kind {
            ClaimKind::Professional | ClaimKind::Dental => 1,
            ClaimKind::Institutional => 2,
        }
    }

    /// Component `c` of the procedure composite; 2 is the code, 3 to 6 the modifiers.
    #[inline]
    pub fn procedure(&self, c: usize) -> &'a [u8] {
        self.facts.procedure.get(self.arena, c)
    }

    #[inline]
    pub fn modifiers(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (facts, arena) = (self.facts, self.arena);
        (3..=6).map(move |c| facts.procedure.get(arena, c)).filter(|modifier| !modifier.is_empty())
    }

    pub fn has_modifier(&self, any: &[&[u8]]) -> bool {
        self.modifiers().any(|modifier| any.contains(&modifier))
    }

    /// SV102, SV203 or SV302.
    pub fn charge_element(&self) -> usize {
        match self.kind {
            ClaimKind::Professional | ClaimKind::Dental => 2,
            ClaimKind::Institutional => 3,
        }
    }

    pub fn charge(&self) -> Option<Cents> {
        self.facts.charge
    }

    /// SV104, SV205 or SV306.
    pub fn units_element(&self) -> usize {
        match self.kind {
            ClaimKind::Professional => 4,
            ClaimKind::Institutional => 5,
            ClaimKind::Dental => 6,
        }
    }

    /// DTP*472.
    pub fn date(&self) -> Option<Placed<'a>> {
        self.facts.date.map(|at| self.arena.get(at as usize))
    }

    pub fn service_period(&self) -> Option<(Day, Day)> {
        self.facts.period
    }
}

/// The days of a DTP.
pub fn period(dtp: &Placed<'_>) -> Option<(Day, Day)> {
    Day::read_period(dtp.element(2), dtp.element(3))
}
