//! What the walk says of segments that do not fit: missing, too many, out of order, not expected, not known. Going
//! on after one of them so that one fault is one finding.

use super::base::Known;
use super::edits;
use super::model::{Guide, Key, Kid, Lines};
use super::tell::{Fault, Here, Tell, spoken};
use super::walk::{Frame, Lost, Walker};
use super::{Found, Standing, Step, Tag};
use crate::domain::finding::Place;
use crate::x12::Segment;

/// The trailer of the transaction: whether it is there is judged with the envelopes.
const SE: Tag = Tag::new("SE");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// No open loop has such a segment from here on.
    Place,
    /// One has, with other qualifiers.
    Qualifier,
}

impl Walker<'_> {
    #[cold]
    pub(super) fn missing(&mut self, depth: usize, kid: u16, here: Here, out: &mut Vec<Found>) {
        let (guide, frame) = (self.guide, self.frames[depth]);
        let kid = guide.kids[usize::from(kid)];
        let node = &guide.nodes[usize::from(kid.node)];
        if node.segment == SE || (kid.inner.is_some() && frame.confused) {
            return;
        }
        let mut tell = self.tell(out, node.segment, node.loop_id, frame.standing, here);
        tell.push(match kid.inner {
            None => Fault::new(&edits::SEGMENT_MISSING, &[&node.segment, &spoken(&node.name)]),
            Some(inner) => {
                let name = spoken(&guide.loop_of(inner).name);
                Fault::new(&edits::LOOP_MISSING, &[&node.loop_id, &name, &node.segment])
            }
        });
    }

    /// The level at `depth` has neither a claim nor a level below it.
    #[cold]
    pub(super) fn claim_missing(&mut self, depth: usize, here: Here, out: &mut Vec<Found>) {
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
    pub(super) fn out_of_order(
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
        let uses = self.counts[self.kid_local(depth, kid)].uses();
        if self.lost != Lost::UntilALoop || uses == 0 {
            let top = *self.top();
            let mut tell = self.tell(out, node.segment, node.loop_id, top.standing, here);
            if shape.max != 0 && uses >= shape.max {
                repeated(shape, guide, &mut tell);
            } else {
                tell.push(Fault::new(&edits::SEGMENT_OUT_OF_ORDER, &[&node.segment, &spoken(&node.name)]));
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
            let too_many = [&edits::SEGMENT_TOO_MANY, &edits::LOOP_TOO_MANY, &edits::LINES_TOO_MANY];
            let again = |found: &Found| too_many.iter().any(|edit| found.finding.edit == edit.id);
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

    /// Of a segment taken for another because of its qualifier, only the qualifier is sure to be wrong.
    #[cold]
    pub(super) fn keep_key_findings(&self, kid: u16, before: usize, out: &mut Vec<Found>) {
        let node = &self.guide.nodes[usize::from(self.guide.kids[usize::from(kid)].node)];
        let is_key = |place: &Place| {
            let at = |key: &Key| {
                place.element == Some(u16::from(key.element))
                    && place.component.is_none_or(|component| component == u16::from(key.component))
            };
            node.keys.iter().any(at)
        };
        let here = self.last.position;
        let mut n = 0;
        out.retain(|found| {
            n += 1;
            let place = &found.finding.place;
            let elsewhere = place.element.is_none() || place.segment.as_ref().is_none_or(|s| s.position != here);
            n <= before || elsewhere || is_key(place)
        });
    }

    /// A segment the guide has, but not here.
    #[cold]
    pub(super) fn misplaced(
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
                Misfit::Place => Fault::new(&edits::SEGMENT_UNEXPECTED, &[&tag, &place]),
                Misfit::Qualifier => {
                    Fault::new(&edits::SEGMENT_NOT_USED, &[&format_args!("{tag} with this qualifier"), &place])
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
    pub(super) fn unknown(&mut self, segment: &Segment<'_>, here: Here, out: &mut Vec<Found>) -> Step {
        let id = String::from_utf8_lossy(&segment.id()[..segment.id().len().min(8)]).into_owned();
        let (loop_id, standing) = self.around();
        let known = self.guide.base.known(&self.guide.st01, &id);
        let tag = Tag::of(segment.id()).unwrap_or(Tag::NONE);
        let mut tell = self.tell(out, tag, loop_id, standing, here);
        tell.push(match known {
            Known::InTransaction => Fault::new(&edits::SEGMENT_NOT_USED, &[&id, &"in this guide"]),
            Known::Elsewhere => Fault::new(&edits::SEGMENT_NOT_IN_TRANSACTION, &[&id]),
            Known::Nowhere => Fault::new(&edits::SEGMENT_UNKNOWN, &[]),
        });
        if known == Known::Nowhere {
            // It may have been meant to begin a loop.
            self.confuse();
            self.lost = Lost::UntilALoop;
        }
        self.nowhere(segment)
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
}

#[cold]
pub(super) fn repeated(kid: Kid, guide: &Guide, tell: &mut Tell<'_>) {
    let node = &guide.nodes[usize::from(kid.node)];
    let times = if kid.max == 1 { "once".to_string() } else { format!("{} times", kid.max) };
    tell.push(match kid.inner {
        None => Fault::new(&edits::SEGMENT_TOO_MANY, &[&node.segment, &spoken(&node.name), &times]),
        Some(inner) => {
            let inner = guide.loop_of(inner);
            let edit = if inner.lines == Lines::No { &edits::LOOP_TOO_MANY } else { &edits::LINES_TOO_MANY };
            Fault::new(edit, &[&inner.loop_id, &spoken(&inner.name), &times])
        }
    });
}
