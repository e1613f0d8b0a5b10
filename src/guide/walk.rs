//! Walks one transaction along its guide: finds each segment's place, opens and closes loops, counts what
//! repeats and notes what is missing. Costs a few lookups a segment and allocates only for findings.

use super::check;
use super::hierarchy::{Hierarchy, Lines as LineNumbers};
use super::model::{Guide, Kid, Lines};
use super::place::{Full, Spot};
use super::tell::{Fault, Here, Tell, spoken};
use super::{Found, LoopId, NodeId, Opened, Standing, Step, Tag};
use crate::domain::finding::StatusCode;
use crate::x12::Segment;

/// The trailer of the transaction: whether it is there is judged with the envelopes.
const SE: Tag = Tag::new("SE");

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
    instances: u32,
    claims: u32,
    lost: Lost,
    last: Here,
}

/// An open loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub of: LoopId,
    /// Of the kid last used: earlier ranks are past.
    pub rank: u16,
    /// How many of the loop's required kids were looked at.
    checked: u16,
    /// Where its part of [`Walker::counts`] begins.
    pub counts: u32,
    instance: u32,
    standing: Standing,
    /// A segment that fits nowhere came while it was open: what seems missing may be that.
    confused: bool,
}

/// How often a kid was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub uses: u32,
    /// Taken for it though its qualifier is wrong; the right one may still come.
    pub guessed: bool,
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
enum Lost {
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
            instances: 0,
            claims: 0,
            lost: Lost::No,
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
        (self.instances, self.claims, self.lost) = (0, 0, Lost::No);
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
            self.unknown(segment, here, out);
            return self.nowhere(segment);
        };
        match self.place(segment, id) {
            Spot::Room { depth, kid } | Spot::Full(Full { depth, kid }) => self.enter(depth, kid, segment, here, out),
            Spot::Passed { depth, kid } => self.out_of_order(depth, kid, segment, here, out),
            Spot::Guess { depth, kid } => {
                let step = self.enter(depth, kid, segment, here, out);
                self.count_mut(depth, kid).guessed = true;
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

    fn top(&self) -> &Frame {
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
        self.counts[counts].uses = first_uses;
        let instance = self.instances;
        let counts = counts as u32;
        self.frames.push(Frame { of, rank: 0, checked: 0, counts, instance, standing, confused: false });
    }

    fn tell<'o>(&self, out: &'o mut Vec<Found>, segment: Tag, loop_id: Tag, standing: Standing, here: Here) -> Tell<'o>
    where
        'g: 'o,
    {
        Tell { out, guide: self.guide, here, segment, loop_id, standing }
    }

    /// Puts the segment at a kid of the loop at `depth`, closing the loops inside that one.
    fn enter(&mut self, depth: usize, kid: u16, segment: &Segment<'_>, here: Here, out: &mut Vec<Found>) -> Step {
        let closed = self.frames.len() - 1 - depth;
        for inner in (depth + 1..self.frames.len()).rev() {
            self.close(inner, here, out);
        }
        let guide = self.guide;
        let shape = guide.kids[usize::from(kid)];
        if shape.rank > self.frames[depth].rank {
            self.pass(depth, shape.rank, here);
            self.frames[depth].rank = shape.rank;
        }
        let uses = self.count(depth, kid);
        let opened = shape.inner.map(|inner| self.open(inner, uses, segment, here, out));
        let node = &guide.nodes[usize::from(shape.node)];
        let top = *self.top();
        if self.lost != Lost::No && (opened.is_some() || self.lost == Lost::Briefly) {
            self.lost = Lost::No;
        }
        let mut tell = self.tell(out, node.segment, node.loop_id, top.standing, here);
        if shape.max != 0 && uses == shape.max + 1 {
            repeated(shape, guide, &mut tell);
        }
        check::elements(guide, node, segment, &mut tell);
        let inner = shape.inner.map(|inner| &guide.loops[usize::from(inner.0)]);
        Step {
            node: Some(NodeId(shape.node)),
            segment: node.segment,
            loop_id: node.loop_id,
            closed: closed as u8,
            opened,
            depth: (self.frames.len() - 1) as u8,
            instance: top.instance,
            standing: top.standing,
            opens_level: inner.is_some_and(|inner| inner.level.is_some()),
            opens_claim: inner.is_some_and(|inner| inner.claim.is_some()),
        }
    }

    /// One more use; a right one takes the place of one that was guessed.
    fn count(&mut self, depth: usize, kid: u16) -> u32 {
        let count = self.count_mut(depth, kid);
        if count.guessed {
            count.guessed = false;
        } else {
            count.uses = count.uses.saturating_add(1);
        }
        count.uses
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
        self.instances = self.instances.saturating_add(1);
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
        Opened { id: of, loop_id, repeat }
    }

    /// Notes the required kids before `rank` that did not come.
    fn pass(&mut self, depth: usize, rank: u16, here: Here) {
        let frame = self.frames[depth];
        let shape = &self.guide.loops[usize::from(frame.of.0)];
        let mut checked = frame.checked;
        while let Some(&kid) = self.guide.required_of(shape).get(usize::from(checked)) {
            if self.guide.kids[usize::from(kid)].rank >= rank {
                break;
            }
            if self.counts[self.kid_local(depth, kid)].uses == 0 {
                self.missed.push(Missed { frame: depth as u16, kid, here });
            }
            checked += 1;
        }
        self.frames[depth].checked = checked;
    }

    /// Closes the innermost loop, which is at `depth`.
    fn close(&mut self, depth: usize, here: Here, out: &mut Vec<Found>) {
        self.pass(depth, u16::MAX, here);
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
            } else if self.counts[self.kid_local(usize::from(one.frame), one.kid)].uses == 0 {
                self.missing(usize::from(one.frame), one.kid, one.here, out);
            }
        }
    }

    #[cold]
    fn missing(&mut self, depth: usize, kid: u16, here: Here, out: &mut Vec<Found>) {
        let (guide, frame) = (self.guide, self.frames[depth]);
        let kid = guide.kids[usize::from(kid)];
        let node = &guide.nodes[usize::from(kid.node)];
        if node.segment == SE || (kid.inner.is_some() && frame.confused) {
            return;
        }
        let mut tell = self.tell(out, node.segment, node.loop_id, frame.standing, here);
        tell.push(match kid.inner {
            None => {
                let message = format!("{} ({}) is missing; it is required here", node.segment, spoken(&node.name));
                Fault::new("segment-missing", 2, "3", message)
            }
            Some(inner) => {
                let name = spoken(&guide.loop_of(inner).name);
                let message = format!("Loop {} ({name}) is missing; it begins with {}", node.loop_id, node.segment);
                Fault::new("loop-missing", 2, "3", message)
            }
        });
    }

    /// The level at `depth` has neither a claim nor a level below it.
    #[cold]
    fn claim_missing(&mut self, depth: usize, here: Here, out: &mut Vec<Found>) {
        let frame = self.frames[depth];
        let shape = &self.guide.loops[usize::from(frame.of.0)];
        let kids = shape.first_kid..shape.first_kid + shape.kid_count;
        let is_claim = |kid: &u16| {
            let inner = self.guide.kids[usize::from(*kid)].inner;
            inner.is_some_and(|inner| self.guide.loop_of(inner).claim.is_some())
        };
        if let Some(kid) = kids.into_iter().find(is_claim) {
            self.missing(depth, kid, here, out);
        }
    }

    /// The right segment after its place in a loop that is open.
    #[cold]
    fn out_of_order(
        &mut self,
        depth: usize,
        kid: u16,
        segment: &Segment<'_>,
        here: Here,
        out: &mut Vec<Found>,
    ) -> Step {
        let guide = self.guide;
        let shape = guide.kids[usize::from(kid)];
        let node = &guide.nodes[usize::from(shape.node)];
        let uses = self.counts[self.kid_local(depth, kid)].uses;
        if self.lost != Lost::UntilALoop || uses == 0 {
            let top = *self.top();
            let mut tell = self.tell(out, node.segment, node.loop_id, top.standing, here);
            if shape.max != 0 && uses >= shape.max {
                repeated(shape, guide, &mut tell);
            } else {
                let message = format!("{} ({}) comes too late in its loop", node.segment, spoken(&node.name));
                let fault = Fault::new("segment-out-of-order", 1, "7", message);
                tell.push(fault.fix("Put the segments in the order of the guide."));
            }
        }
        // Going back must not close what the next segments belong to.
        let inside = |frame: &Frame| {
            let shape = &guide.loops[usize::from(frame.of.0)];
            shape.level.is_some() || shape.claim.is_some() || shape.lines != Lines::No
        };
        let harmless = !self.frames[depth + 1..].iter().any(inside);
        if harmless && (shape.inner.is_some() || depth + 1 == self.frames.len()) {
            let rank = self.frames[depth].rank;
            let before = out.len();
            let step = self.enter(depth, kid, segment, here, out);
            self.frames[depth].rank = rank;
            let again = |found: &Found| matches!(found.finding.edit.as_ref(), "segment-too-many" | "loop-too-many");
            let mut n = 0;
            out.retain(|found| {
                n += 1;
                n <= before || !again(found)
            });
            return step;
        }
        self.count(depth, kid);
        self.lost = if shape.inner.is_some() { Lost::UntilALoop } else { self.lost };
        self.nowhere(segment)
    }

    /// A segment the guide has, but not here.
    #[cold]
    fn misplaced(
        &mut self,
        segment: &Segment<'_>,
        id: usize,
        here: Here,
        misfit: Misfit,
        out: &mut Vec<Found>,
    ) -> Step {
        let tag = self.guide.ids.tags[id];
        if self.lost == Lost::No {
            let (loop_id, standing) = self.around();
            let mut tell = self.tell(out, tag, loop_id, standing, here);
            let place = if loop_id.is_none() { "here".to_string() } else { format!("here, in loop {loop_id}") };
            let value = segment.element(1);
            let mut fault = match misfit {
                Misfit::Place => {
                    let message = format!("{tag} is not expected {place}");
                    Fault::new("segment-unexpected", 1, "2", message)
                        .fix("Look for a segment that is missing before it, or a qualifier that is wrong.")
                }
                Misfit::Qualifier => {
                    let message = format!("{tag} with this qualifier is not used {place}");
                    Fault::new("segment-not-used", 2, "I4", message)
                        .fix("Check the qualifier, or take the segment out.")
                }
            };
            fault.value = value;
            tell.push(fault);
            self.confuse();
        }
        let begins_loop = self
            .guide
            .kids
            .iter()
            .any(|kid| kid.inner.is_some() && self.guide.nodes[usize::from(kid.node)].segment == tag);
        self.lost = match (begins_loop, misfit, self.lost) {
            (true, _, _) | (_, _, Lost::UntilALoop) => Lost::UntilALoop,
            (false, Misfit::Place, _) | (false, _, Lost::Briefly) => Lost::Briefly,
            (false, Misfit::Qualifier, Lost::No) => Lost::No,
        };
        self.nowhere(segment)
    }

    /// A segment the guide does not have at all.
    #[cold]
    fn unknown(&mut self, segment: &Segment<'_>, here: Here, out: &mut Vec<Found>) {
        use super::base::Known;
        let id = String::from_utf8_lossy(&segment.id()[..segment.id().len().min(8)]).into_owned();
        let (loop_id, standing) = self.around();
        let known = self.guide.base.known(&self.guide.st01, &id);
        let tag = Tag::of(segment.id()).unwrap_or(Tag::NONE);
        let mut tell = self.tell(out, tag, loop_id, standing, here);
        tell.push(match known {
            Known::InTransaction => {
                let message = format!("{id} is not used in this guide");
                Fault::new("segment-not-used", 2, "I4", message).fix("Take the segment out.")
            }
            Known::Elsewhere => {
                let message = format!("{id} is no segment of this transaction");
                Fault::new("segment-not-in-transaction", 1, "6", message).fix("Take the segment out.")
            }
            Known::Nowhere => {
                let message = "A segment begins with an id that X12 does not know".to_string();
                Fault::new("segment-unknown", 1, "1", message)
                    .fix("Look for a misspelt id, or a terminator inside the segment before it.")
            }
        });
    }

    /// The loop a segment without place seems to be in, and whom it harms: its claim, or the transaction.
    fn around(&self) -> (Tag, Standing) {
        let top = self.top();
        let standing = match top.standing {
            Standing::Claim { .. } => top.standing,
            Standing::Level { .. } | Standing::Transaction => Standing::Transaction,
        };
        (self.guide.loop_of(top.of).loop_id, standing)
    }

    /// Marks the open loops up to the claim or level.
    fn confuse(&mut self) {
        let guide = self.guide;
        for frame in self.frames.iter_mut().rev() {
            frame.confused = true;
            let shape = &guide.loops[usize::from(frame.of.0)];
            if shape.level.is_some() || shape.claim.is_some() {
                break;
            }
        }
    }

    fn nowhere(&self, segment: &Segment<'_>) -> Step {
        let top = self.top();
        Step {
            node: None,
            segment: Tag::of(segment.id()).unwrap_or(Tag::NONE),
            loop_id: self.guide.loop_of(top.of).loop_id,
            closed: 0,
            opened: None,
            depth: (self.frames.len() - 1) as u8,
            instance: top.instance,
            standing: top.standing,
            opens_level: false,
            opens_claim: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misfit {
    /// No open loop has such a segment from here on.
    Place,
    /// One has, with other qualifiers.
    Qualifier,
}

#[cold]
fn repeated(kid: Kid, guide: &Guide, tell: &mut Tell<'_>) {
    let node = &guide.nodes[usize::from(kid.node)];
    let times = if kid.max == 1 { "once".to_string() } else { format!("{} times", kid.max) };
    tell.push(match kid.inner {
        None => {
            let message = format!("{} ({}) may come only {times} here", node.segment, spoken(&node.name));
            Fault::new("segment-too-many", 2, "5", message)
        }
        Some(inner) => {
            let inner = guide.loop_of(inner);
            let message = format!("Loop {} ({}) may come only {times} here", inner.loop_id, spoken(&inner.name));
            let mut fault = Fault::new("loop-too-many", 2, "4", message);
            if inner.lines != Lines::No {
                // 121: more service lines than a claim may have.
                fault.statuses.push(StatusCode { category: "A7".into(), code: "121".into(), entity: None });
            }
            fault
        }
    });
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
