//! Where a segment belongs: in the innermost open loop that has a place for it, preferring one with room.

use super::Tag;
use super::model::{By, Key, Node};
use super::walk::Walker;
use crate::x12::Segment;

/// The place found. `depth` is the open loop, `kid` its part in the guide's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    Room {
        depth: usize,
        kid: u16,
    },
    /// All its uses are used up.
    Full {
        depth: usize,
        kid: u16,
    },
    /// Its place in an open loop is past.
    Passed {
        depth: usize,
        kid: u16,
    },
    /// Its qualifier fits nothing, but such a segment is required and did not come yet.
    Guess {
        depth: usize,
        kid: u16,
    },
    /// There is such a segment from here on, but only with other qualifiers.
    OtherQualifier,
    None,
}

impl Walker<'_> {
    /// The place of a segment that stands where it should, which nearly all do; `None` leaves the question to
    /// [`Walker::place`], which would find the same.
    #[inline]
    pub(super) fn place_of_sound(&self, segment: &Segment<'_>, id: usize) -> Option<(usize, u16)> {
        let guide = self.guide;
        let columns = guide.ids.tags.len();
        for depth in (0..self.frames.len()).rev() {
            let frame = &self.frames[depth];
            let choices = guide.chosen_by[usize::from(frame.of.0) * columns + id];
            let value = match choices.by {
                By::Nothing => continue,
                By::Any => Tag::NONE,
                By::Element(element) => Tag::of(segment.element(usize::from(element)))?,
                By::Component(element, component) => {
                    Tag::of(segment.component(usize::from(element), usize::from(component)))?
                }
                By::Keys => return None,
            };
            let mut full = false;
            for choice in &guide.choices[usize::from(choices.run.first)..][..usize::from(choices.run.count)] {
                if choice.value == value {
                    let shape = &guide.kids[usize::from(choice.kid)];
                    let count = self.counts[self.kid_local(depth, choice.kid)];
                    let ahead = shape.rank >= frame.rank;
                    if ahead && (shape.max == 0 || count.uses() < shape.max) {
                        return Some((depth, choice.kid));
                    }
                    full |= ahead;
                }
            }
            if full {
                return None;
            }
        }
        None
    }

    /// Looks for the place of a segment, `id` being the number of its id in the guide.
    pub(super) fn place(&self, segment: &Segment<'_>, id: usize) -> Spot {
        let guide = self.guide;
        let columns = guide.ids.tags.len();
        let (mut passed, mut guess, mut other_qualifier) = (None, None, false);
        for depth in (0..self.frames.len()).rev() {
            let frame = &self.frames[depth];
            let run = guide.dispatch[usize::from(frame.of.0) * columns + id];
            let mut full = None;
            for &kid in &guide.candidates[usize::from(run.first)..][..usize::from(run.count)] {
                let shape = &guide.kids[usize::from(kid)];
                let ahead = shape.rank >= frame.rank;
                let count = self.counts[self.kid_local(depth, kid)];
                if !self.fits(&guide.nodes[usize::from(shape.node)], segment) {
                    other_qualifier |= ahead;
                    if ahead && shape.required && count.uses() == 0 {
                        guess.get_or_insert(Spot::Guess { depth, kid });
                    }
                } else if !ahead {
                    passed.get_or_insert(Spot::Passed { depth, kid });
                } else if shape.max == 0 || count.uses() < shape.max || count.guessed() {
                    return Spot::Room { depth, kid };
                } else {
                    full.get_or_insert(Spot::Full { depth, kid });
                }
            }
            if let Some(full) = full {
                return full;
            }
        }
        let without = if other_qualifier { Spot::OtherQualifier } else { Spot::None };
        passed.or(guess).unwrap_or(without)
    }

    #[inline]
    fn fits(&self, node: &Node, segment: &Segment<'_>) -> bool {
        node.keys.iter().all(|key| self.guide.codes[usize::from(key.codes)].contains(value_of(key, segment)))
    }
}

#[inline]
fn value_of<'s>(key: &Key, segment: &Segment<'s>) -> &'s [u8] {
    match key.component {
        0 => segment.element(usize::from(key.element)),
        component => segment.component(usize::from(key.element), usize::from(component)),
    }
}
