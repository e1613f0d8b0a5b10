//! Walks one transaction along its guide: finds each segment's place, opens and closes loops, counts what
//! repeats and notes what is missing. Costs a few lookups a segment and allocates only for findings.

use super::check;
use super::hierarchy::{Hierarchy, Lines as LineNumbers};
use super::misfit::{Misfit, repeated};
use super::model::{Guide, Lines};
use super::place::Spot;
use super::quick;
use super::tell::{Here, Tell};
use super::{Found, LoopId, NodeId, Opened, Standing, Step, Tag};
use crate::x12::Segment;

/// The way through one transaction. See the top of [`super`] for its use.
#[derive(Debug)]
pub struct Walker<'g> {
    pub(super) guide: &'g Guide,
    pub(super) frames: Vec<Frame>,
    /// Uses of each kid of each open loop.
    pub(super) counts: Vec<Count>,
    missed: Vec<Missed>,
    hierarchy: Hierarchy,
    lines: LineNumbers,
    claims: u32,
    pub(super) lost: Lost,
    /// Position after a segment without place: what is missing there is likely what that one was meant to be.
    pub(super) meant: u32,
    pub(super) last: Here,
}

/// An open loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub of: LoopId,
    /// Of the kid last used: earlier ranks are past.
    pub rank: u16,
    /// The required kids that neither came nor were missed yet.
    due: u64,
    /// Where its part of [`Walker::counts`] begins.
    pub counts: u32,
    pub standing: Standing,
    /// A segment that fits nowhere came while it was open: what seems missing may be that.
    pub confused: bool,
}

/// How often a kid was used; the highest bit says that it was guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count(u32);

impl Count {
    const GUESSED: u32 = 1 << 31;

    #[inline]
    pub fn uses(self) -> u32 {
        self.0 & !Count::GUESSED
    }

    /// Taken for it though its qualifier is wrong; the right one may still come.
    #[inline]
    pub fn guessed(self) -> bool {
        self.0 & Count::GUESSED != 0
    }

    /// One more use; a right one takes the place of one that was guessed.
    #[inline]
    fn add(&mut self) {
        self.0 = match self.guessed() {
            true => self.uses(),
            false => (self.0 + 1).min(Count::GUESSED - 1),
        };
    }
}

/// A required kid that was passed by; it may still come out of order.
#[derive(Clone, Copy, Debug)]
struct Missed {
    frame: u16,
    kid: u16,
    here: Here,
}

/// After a segment without place the next ones often have none either: one finding tells of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    No,
    /// Until any segment finds its place.
    Briefly,
    /// The first segment of a loop had no place: until another loop opens.
    UntilALoop,
}

impl<'g> Walker<'g> {
    /// At the begin of a transaction, before its ST.
    pub fn start(guide: &'g Guide) -> Walker<'g> {
        let mut walker = Walker {
            guide,
            frames: Vec::with_capacity(12),
            counts: Vec::with_capacity(512),
            missed: Vec::new(),
            hierarchy: Hierarchy::default(),
            lines: LineNumbers::default(),
            claims: 0,
            lost: Lost::No,
            meant: 0,
            last: Here::default(),
        };
        walker.restart();
        walker
    }

    /// Back to the begin, for the next transaction of the same guide; keeps its memory.
    pub fn restart(&mut self) {
        self.frames.clear();
        self.counts.clear();
        self.missed.clear();
        self.hierarchy = Hierarchy::default();
        (self.claims, self.lost, self.meant) = (0, Lost::No, 0);
        self.push(LoopId(0), Standing::Transaction, 0);
    }

    pub fn guide(&self) -> &'g Guide {
        self.guide
    }

    /// Takes the next segment; `position` counts from ST = 1. Adds what it finds wrong to `out`.
    pub fn step(&mut self, segment: &Segment<'_>, position: u32, out: &mut Vec<Found>) -> Step {
        let here = Here { position, offset: segment.offset, line: segment.line };
        self.last = here;
        let guide = self.guide;
        let Some(id) = Tag::of(segment.id()).and_then(|tag| guide.ids.find(tag)) else {
            return self.unknown(segment, here, out);
        };
        if self.lost == Lost::No
            && let Some((depth, kid)) = self.place_of_sound(segment, id)
        {
            return self.enter(depth, kid, segment, here, out);
        }
        match self.place(segment, id) {
            Spot::Full { .. } | Spot::Guess { .. } if self.lost == Lost::UntilALoop => self.nowhere(segment),
            Spot::Room { depth, kid } | Spot::Full { depth, kid } => self.enter(depth, kid, segment, here, out),
            Spot::Passed { depth, kid } => self.out_of_order(depth, kid, segment, here, out),
            Spot::Guess { depth, kid } => {
                let before = out.len();
                let step = self.enter(depth, kid, segment, here, out);
                self.count_mut(depth, kid).0 |= Count::GUESSED;
                self.keep_key_findings(kid, before, out);
                step
            }
            Spot::OtherQualifier => self.misplaced(segment, id, here, Misfit::Qualifier, out),
            Spot::None => self.misplaced(segment, id, here, Misfit::Place, out),
        }
    }

    /// After the last segment, whether the SE came or not; `position` is that of the segment that would follow.
    pub fn finish(&mut self, position: u32, out: &mut Vec<Found>) {
        let here = Here { position, ..self.last };
        while let Some(depth) = self.frames.len().checked_sub(1) {
            self.close(depth, here, out);
        }
    }

    /// Which loops are open, outermost first.
    pub fn open_loops(&self) -> impl Iterator<Item = Tag> {
        self.frames[1..].iter().map(|frame| self.guide.loop_of(frame.of).loop_id)
    }

    pub(super) fn top(&self) -> &Frame {
        self.frames.last().expect("the transaction itself is always open")
    }

    pub(super) fn kid_local(&self, depth: usize, kid: u16) -> usize {
        let frame = &self.frames[depth];
        frame.counts as usize + usize::from(kid - self.guide.loops[usize::from(frame.of.0)].first_kid)
    }

    fn count_mut(&mut self, depth: usize, kid: u16) -> &mut Count {
        let at = self.kid_local(depth, kid);
        &mut self.counts[at]
    }

    fn push(&mut self, of: LoopId, standing: Standing, first_uses: u32) {
        let counts = self.counts.len();
        let kids = usize::from(self.guide.loops[usize::from(of.0)].kid_count);
        self.counts.resize(counts + kids, Count::default());
        self.counts[counts] = Count(first_uses);
        let counts = counts as u32;
        let shape = &self.guide.loops[usize::from(of.0)];
        let came = if first_uses > 0 { self.guide.kids[usize::from(shape.first_kid)].required_bit } else { 0 };
        let due = shape.required_all() & !came;
        self.frames.push(Frame { of, rank: 0, due, counts, standing, confused: false });
    }

    pub(super) fn tell<'o>(
        &self,
        out: &'o mut Vec<Found>,
        segment: Tag,
        loop_id: Tag,
        standing: Standing,
        here: Here,
    ) -> Tell<'o>
    where
        'g: 'o,
    {
        Tell { out, guide: self.guide, here, segment, loop_id, standing }
    }

    /// Puts the segment at a kid of the loop at `depth`, closing the loops inside that one.
    pub(super) fn enter(
        &mut self,
        depth: usize,
        kid: u16,
        segment: &Segment<'_>,
        here: Here,
        out: &mut Vec<Found>,
    ) -> Step {
        let closed = self.frames.len() - 1 - depth;
        for inner in (depth + 1..self.frames.len()).rev() {
            self.close(inner, here, out);
        }
        let guide = self.guide;
        let shape = guide.kids[usize::from(kid)];
        let frame = &mut self.frames[depth];
        frame.rank = frame.rank.max(shape.rank);
        let passed = frame.due & shape.required_before;
        frame.due &= !(shape.required_bit | passed);
        if passed != 0 {
            self.pass(depth, passed, here);
        }
        let uses = self.count(depth, kid);
        let opened = shape.inner.map(|inner| self.open(inner, uses, segment, here, out));
        let node = &guide.hot[usize::from(shape.node)];
        let standing = self.top().standing;
        if self.lost != Lost::No && (opened.is_some() || self.lost == Lost::Briefly) {
            self.lost = Lost::No;
        }
        let too_often = shape.max != 0 && uses == shape.max + 1;
        if too_often || !quick::is_sound(guide, node, segment) {
            let mut tell = self.tell(out, node.segment, node.loop_id, standing, here);
            if too_often {
                repeated(shape, guide, &mut tell);
            }
            check::elements(guide, &guide.nodes[usize::from(shape.node)], segment, &mut tell);
        }
        let inner = shape.inner.map(|inner| &guide.loops[usize::from(inner.0)]);
        Step {
            node: Some(NodeId(shape.node)),
            segment: node.segment,
            loop_id: node.loop_id,
            closed: closed as u8,
            opened,
            depth: (self.frames.len() - 1) as u8,
            standing,
            opens_level: inner.is_some_and(|inner| inner.level.is_some()),
            opens_claim: inner.is_some_and(|inner| inner.claim.is_some()),
        }
    }

    /// Counts one more use.
    pub(super) fn count(&mut self, depth: usize, kid: u16) -> u32 {
        let count = self.count_mut(depth, kid);
        count.add();
        count.uses()
    }

    fn open(&mut self, of: LoopId, repeat: u32, segment: &Segment<'_>, here: Here, out: &mut Vec<Found>) -> Opened {
        let shape = &self.guide.loops[usize::from(of.0)];
        let outer = self.top().standing;
        let standing = match (shape.level, shape.claim) {
            (Some(level), _) => Standing::Level { level, hl: self.hierarchy.next_ordinal() },
            (None, Some(_)) => {
                self.claims = self.claims.saturating_add(1);
                self.lines = LineNumbers::default();
                Standing::Claim { hl: self.hierarchy.open_ordinal(), claim: self.claims }
            }
            (None, None) => outer,
        };
        if standing != outer {
            self.tell_missed(|_, standing| matches!(standing, Standing::Level { .. }), out);
        }
        self.push(of, standing, 1);
        let loop_id = shape.loop_id;
        let hl = Tag::of(segment.id()).unwrap_or(Tag::NONE);
        if shape.level.is_some() {
            let mut tell = self.tell(out, hl, loop_id, standing, here);
            self.hierarchy.open(segment, &mut tell);
        }
        if shape.claim.is_some() {
            self.hierarchy.claim_seen();
        }
        if shape.lines == Lines::Numbered {
            let first = self.guide.nodes[usize::from(self.guide.kids[usize::from(shape.first_kid)].node)].first_element;
            let element = self.guide.elements[first as usize];
            let mut tell = self.tell(out, hl, loop_id, standing, here);
            self.lines.next(&element, segment, &mut tell);
        }
        Opened { id: of, repeat }
    }

    /// Notes the required kids of a mask that did not come.
    #[cold]
    fn pass(&mut self, depth: usize, mut passed: u64, here: Here) {
        let guide = self.guide;
        let required = guide.required_of(&guide.loops[usize::from(self.frames[depth].of.0)]);
        while passed != 0 {
            let kid = required[passed.trailing_zeros() as usize];
            passed &= passed - 1;
            match self.meant == here.position {
                true => self.meant = 0,
                false => self.missed.push(Missed { frame: depth as u16, kid, here }),
            }
        }
    }

    /// Closes the innermost loop, which is at `depth`.
    fn close(&mut self, depth: usize, here: Here, out: &mut Vec<Found>) {
        let due = self.frames[depth].due;
        if due != 0 {
            self.pass(depth, due, here);
        }
        if self.missed.last().is_some_and(|missed| usize::from(missed.frame) == depth) {
            self.tell_missed(|frame, _| usize::from(frame) == depth, out);
        }
        let frame = self.frames[depth];
        let shape = &self.guide.loops[usize::from(frame.of.0)];
        if let Some(level) = shape.level {
            let rule = &self.guide.levels[usize::from(level)];
            let mut tell = self.tell(out, Tag::NONE, shape.loop_id, frame.standing, here);
            let without_claim = self.hierarchy.close(&mut tell);
            if without_claim && rule.claim_here_or_below && !frame.confused {
                self.claim_missing(depth, here, out);
            }
        }
        self.counts.truncate(frame.counts as usize);
        self.frames.pop();
    }

    /// Tells of what was passed by and did not come after all, in the loops chosen.
    fn tell_missed(&mut self, chosen: impl Fn(u16, Standing) -> bool, out: &mut Vec<Found>) {
        let missed = std::mem::take(&mut self.missed);
        for &one in &missed {
            if !chosen(one.frame, self.frames[usize::from(one.frame)].standing) {
                self.missed.push(one);
            } else if self.counts[self.kid_local(usize::from(one.frame), one.kid)].uses() == 0 {
                self.missing(usize::from(one.frame), one.kid, one.here, out);
            }
        }
    }

    pub(super) fn nowhere(&mut self, segment: &Segment<'_>) -> Step {
        self.meant = self.last.position.saturating_add(1);
        let top = *self.top();
        Step {
            node: None,
            segment: Tag::of(segment.id()).unwrap_or(Tag::NONE),
            loop_id: self.guide.loop_of(top.of).loop_id,
            closed: 0,
            opened: None,
            depth: (self.frames.len() - 1) as u8,
            standing: top.standing,
            opens_level: false,
            opens_claim: false,
        }
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
