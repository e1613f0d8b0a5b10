//! The state of one transaction's walk: the header, the open levels and the claim being read, each with the
//! segments kept of it and what was found in it. Buffers live as long as the check and are used again.

use super::arena::Arena;
use super::claim::{Claim, Parts, tag};
use super::codesets::{CodeSets, ListSet};
use super::day::Day;
use super::report::{Report, has_room};
use super::rules;
use super::settings::Lookups;
use super::sink::Ranges;
use super::weights::{Severities, Weights};
use crate::domain::finding::{Place, StatusCode};
use crate::domain::{ClaimKind, Finding, Scope, Severity};
use crate::guide::{Standing, Step};
use crate::x12::Segment;
use crate::x12::segment::text_of;

/// Billing provider, subscriber, patient; guides of other transactions have up to one more.
const LEVELS_MAX: usize = 4;

/// What stands above claims and is shared by all below it.
#[derive(Debug, Default)]
pub struct Level {
    /// Ordinal of its HL in the transaction; 0 for the header.
    hl: u32,
    arena: Arena,
    pub syntax: Vec<Finding>,
    pub edits: Vec<Finding>,
    edits_done: bool,
    /// A claim stands right under it.
    has_claims: bool,
    start: u64,
    /// 0 while it is open.
    end: u64,
}

impl Level {
    fn open(&mut self, hl: u32, start: u64) {
        self.arena.clear();
        self.syntax.clear();
        self.edits.clear();
        (self.hl, self.start, self.end, self.edits_done, self.has_claims) = (hl, start, 0, false, false);
    }

    fn close(&mut self, at: u64) {
        if self.end == 0 {
            self.end = at;
        }
    }

    fn rejects(&self) -> bool {
        rejects(&self.syntax) || rejects(&self.edits)
    }

    fn keep(list: &mut Vec<Finding>, finding: Finding) {
        if has_room(list, finding.severity) {
            list.push(finding);
        }
    }
}

pub fn rejects(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// A 276, 277 or 835 names what it is about in TRN02; each level of the first two begins with HL.
pub fn note_trace(trace: &mut Option<String>, segment: &Segment<'_>) {
    match segment.id() {
        b"TRN" => *trace = Some(text_of(segment.element(2))),
        b"HL" => *trace = None,
        _ => {}
    }
}

/// A finding as the 999 tells it: its place's `claim` is what the business unit is named by.
pub fn for_999(finding: &Finding, kind: Option<ClaimKind>, trace: &Option<String>) -> Finding {
    let mut finding = finding.clone();
    if kind.is_none() {
        finding.place.claim = trace.clone();
    }
    finding
}

/// What stands above a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Above {
    Header,
    Billing,
    Subscriber,
    Patient,
}

impl Above {
    /// 0 the header, then the levels from the outermost.
    fn nth(nth: usize) -> Above {
        [Above::Header, Above::Billing, Above::Subscriber, Above::Patient][nth.min(3)]
    }

    /// Whether a finding there is told with the claim under it: a subscriber or patient has one or a few, a
    /// billing provider thousands.
    pub fn is_told_with_claim(self) -> bool {
        match self {
            Above::Header | Above::Billing => false,
            Above::Subscriber | Above::Patient => true,
        }
    }
}

/// See the top of this file.
#[derive(Debug, Default)]
pub struct Walked {
    pub header: Level,
    levels: [Level; LEVELS_MAX],
    open: usize,
    parts: Parts,
    pub claim_syntax: Vec<Finding>,
    pub claim_edits: Vec<Finding>,
    /// Ordinal of the claim being read, 0 outside of claims.
    claim: u32,
    empty: Arena,
    /// Code lists that the edits have asked for.
    pub lists: ListSet,
}

/// What rules need besides the segments.
pub struct Rulebook<'a> {
    pub kind: ClaimKind,
    pub as_of: Day,
    pub snip_max: u8,
    pub severities: &'a Severities,
    pub lookups: Option<&'a dyn Lookups>,
    pub codes: &'a CodeSets,
    pub place: &'a Place,
}

impl Walked {
    pub fn start(&mut self) {
        self.header.open(0, 0);
        (self.open, self.claim) = (0, 0);
        self.leave_claim();
    }

    pub fn in_claim(&self) -> bool {
        self.claim != 0
    }

    /// True when the segment of `step` ends the claim being read.
    #[inline]
    pub fn leaves_claim(&self, step: &Step) -> bool {
        let stays = !step.opens_claim && matches!(step.standing, Standing::Claim { claim, .. } if claim == self.claim);
        self.in_claim() && !stays
    }

    pub fn leave_claim(&mut self) {
        self.claim = 0;
        self.parts.clear();
        self.claim_syntax.clear();
        self.claim_edits.clear();
    }

    /// Opens what the segment of `step` opens.
    #[inline]
    pub fn enter(&mut self, step: &Step, segment: &Segment<'_>) {
        if !step.opens_level && !step.opens_claim {
            return;
        }
        self.levels[..self.open].iter_mut().for_each(|level| level.close(segment.offset));
        match step.standing {
            Standing::Level { level, hl } if step.opens_level && usize::from(level) < LEVELS_MAX => {
                self.levels[usize::from(level)].open(hl, segment.offset);
                self.open = usize::from(level) + 1;
            }
            Standing::Claim { claim, .. } => {
                self.claim = claim;
                if let Some(level) = self.levels[..self.open].last_mut() {
                    level.has_claims = true;
                }
            }
            Standing::Level { .. } | Standing::Transaction => {}
        }
    }

    #[inline]
    pub fn keep(&mut self, step: &Step, segment: &Segment<'_>, position: u32) {
        match step.standing {
            Standing::Claim { .. } => self.parts.push(segment, step.segment, step.loop_id, position),
            Standing::Level { level, .. } => {
                if let Some(level) = self.levels.get_mut(usize::from(level)) {
                    level.arena.push(segment, step.segment, step.loop_id, position);
                }
            }
            Standing::Transaction => self.header.arena.push(segment, step.segment, step.loop_id, position),
        }
    }

    /// Whether what a finding is about is open already, so that it is told before the segment's own.
    pub fn knows(&self, standing: Standing) -> bool {
        match standing {
            Standing::Claim { claim, .. } => claim == self.claim,
            Standing::Level { level, hl } => self.levels.get(usize::from(level)).is_some_and(|level| level.hl == hl),
            Standing::Transaction => true,
        }
    }

    /// Puts a finding of the walk where it belongs. One about a level that has ended already concerns no
    /// claim that is still to come.
    pub fn blame(&mut self, standing: Standing, finding: Finding) {
        match standing {
            Standing::Claim { claim, .. } if claim == self.claim => Level::keep(&mut self.claim_syntax, finding),
            Standing::Level { level, hl } => {
                if let Some(level) = self.levels[..self.open].get_mut(usize::from(level)).filter(|level| level.hl == hl)
                {
                    Level::keep(&mut level.syntax, finding);
                }
            }
            Standing::Claim { .. } | Standing::Transaction => {}
        }
    }

    /// CLM01 of the claim being read; empty while its CLM is the segment in hand.
    pub fn claim_name(&self) -> &[u8] {
        if self.in_claim() && !self.parts.arena.is_empty() { self.parts.arena.get(0).element(1) } else { b"" }
    }

    fn level(&self, at: usize) -> Option<&Level> {
        self.levels[..self.open].get(at)
    }

    /// Runs the rules of the levels above the claim that have not run yet, and `more` after each. Returns which
    /// did, so that their findings are told once: bit 0 the header, then the levels.
    pub fn check_levels(&mut self, book: &Rulebook<'_>, mut more: impl FnMut(Above, &Arena, &mut Report<'_>)) -> u8 {
        let mut done = 0;
        let Walked { header, levels, open, lists, .. } = self;
        let above = std::iter::once(header).chain(levels[..*open].iter_mut());
        for (nth, level) in above.enumerate().filter(|(_, level)| !level.edits_done) {
            level.edits_done = true;
            done |= 1 << nth;
            let Level { arena, syntax, edits, .. } = level;
            let mut report = book.report(b"", syntax, edits);
            let above = Above::nth(nth);
            match above {
                Above::Header => {
                    report.scope = Scope::Transaction;
                    rules::header(arena, book.as_of, &mut report);
                }
                Above::Billing => rules::billing(arena, &mut report),
                Above::Subscriber => rules::subscriber(arena, book.as_of, &mut report),
                Above::Patient => rules::patient(arena, book.as_of, &mut report),
            }
            more(above, arena, &mut report);
            lists.merge(report.used);
        }
        if done != 0 && self.level_edits(done).next().is_some() {
            self.weigh_levels(done, book);
        }
        done
    }

    /// Gives the new edits of the levels their severities. The payer is known from the subscriber on.
    fn weigh_levels(&mut self, done: u8, book: &Rulebook<'_>) {
        let payer = book.weights(&self.levels[1].arena);
        let submitter = book.weights(&self.empty);
        let above = std::iter::once(&mut self.header).chain(self.levels[..self.open].iter_mut());
        for (nth, level) in above.enumerate().filter(|(nth, level)| done & 1 << nth != 0 && !level.edits.is_empty()) {
            let weights = if nth < 2 { submitter } else { payer };
            weights.weigh(&mut level.edits);
        }
    }

    /// The payer of the open subscriber: NM109 of 2010BB.
    pub fn payer_id(&self) -> &[u8] {
        self.level(1).map_or(b"", |level| payer_id(&level.arena))
    }

    /// The edits of the levels that `done` names, each with whose level it is.
    pub fn level_edits(&self, done: u8) -> impl Iterator<Item = (Above, &Finding)> {
        let above = std::iter::once(&self.header).chain(&self.levels[..self.open]);
        above
            .enumerate()
            .filter(move |(nth, _)| done & 1 << nth != 0)
            .flat_map(|(nth, level)| level.edits.iter().map(move |edit| (Above::nth(nth), edit)))
    }

    /// All segments of the claim being read are in.
    pub fn finish_claim(&mut self, kind: ClaimKind) {
        self.parts.finish(kind);
    }

    /// Runs the rules of the claim, and `more` with its report: what only the check itself can tell.
    pub fn check_claim(&mut self, book: &Rulebook<'_>, more: impl FnOnce(&Claim<'_>, &mut Report<'_>)) {
        let Walked { header, levels, open, parts, claim_syntax, claim_edits, empty, lists, .. } = self;
        let arena = |at: usize| levels[..*open].get(at).map_or(&*empty, |level| &level.arena);
        let (billing, subscriber, patient) = (arena(0), arena(1), arena(2));
        let (kind, as_of) = (book.kind, book.as_of);
        let subscriber_has_claims = levels[..*open].get(1).is_some_and(|level| level.has_claims);
        let header = &header.arena;
        let claim = Claim { kind, as_of, header, billing, subscriber, patient, parts, subscriber_has_claims };
        let name = claim.clm().element(1);
        let mut report = book.report(name, claim_syntax, claim_edits);
        rules::claim(&claim, &mut report);
        more(&claim, &mut report);
        lists.merge(report.used);
        if !claim_edits.is_empty() {
            book.weights(subscriber).weigh(claim_edits);
        }
    }

    pub fn claim(&self, book: &Rulebook<'_>) -> Claim<'_> {
        let arena = |at: usize| self.level(at).map_or(&self.empty, |level| &level.arena);
        Claim {
            kind: book.kind,
            as_of: book.as_of,
            header: &self.header.arena,
            billing: arena(0),
            subscriber: arena(1),
            patient: arena(2),
            parts: &self.parts,
            subscriber_has_claims: self.level(1).is_some_and(|level| level.has_claims),
        }
    }

    /// Segments above the first level.
    pub fn header_arena(&self) -> &Arena {
        &self.header.arena
    }

    /// The statuses of the first edit that refuses the whole batch, as one by a submitter id not the partner's.
    pub fn refusal(&self) -> Vec<StatusCode> {
        let refused = self.header.edits.iter().find(|finding| finding.severity == Severity::Error);
        refused.map_or_else(Vec::new, |finding| finding.statuses.clone())
    }

    pub fn claim_is_rejected(&self) -> bool {
        let above = self.header.rejects() || self.levels[..self.open].iter().any(Level::rejects);
        above || rejects(&self.claim_syntax) || rejects(&self.claim_edits)
    }

    /// Findings from the header down to the claim.
    pub fn findings(&self) -> [&[Finding]; 10] {
        let of = |at: usize| self.level(at).map_or((&[][..], &[][..]), |level| (&level.syntax[..], &level.edits[..]));
        let (header, levels) = ((&self.header.syntax[..], &self.header.edits[..]), [of(0), of(1), of(2)]);
        let [billing, subscriber, patient] = levels;
        [
            header.0,
            header.1,
            billing.0,
            billing.1,
            subscriber.0,
            subscriber.1,
            patient.0,
            patient.1,
            &self.claim_syntax,
            &self.claim_edits,
        ]
    }

    /// Where claim and levels lie; `end` is where the next segment begins.
    pub fn ranges(&self, end: u64) -> Ranges {
        let of = |at: usize| self.level(at).map(|level| level.start..level.end);
        Ranges {
            billing: of(0).unwrap_or_default(),
            subscriber: of(1).unwrap_or_default(),
            patient: of(2),
            claim: self.parts.offset..end,
        }
    }
}

fn payer_id(subscriber: &Arena) -> &[u8] {
    subscriber.all().first(tag::L2010BB, tag::NM1).map_or(b"", |nm1| nm1.element(9))
}

impl<'a> Rulebook<'a> {
    fn report<'r>(&'r self, claim_name: &'r [u8], syntax: &'r [Finding], out: &'r mut Vec<Finding>) -> Report<'r> {
        let (kind, snip_max, place) = (self.kind, self.snip_max, self.place);
        let (scope, codes, used) = (Scope::Claim, self.codes, ListSet::default());
        Report { kind, snip_max, place, claim_name, scope, syntax, out, codes, used }
    }

    /// What holds under a subscriber.
    fn weights(&self, subscriber: &Arena) -> Weights<'_> {
        Weights::of(self.severities, self.lookups, payer_id(subscriber))
    }
}
