//! Segments kept for a while: copies of a level's or a claim's segments in one buffer that is used again for
//! the next, so that a clean claim costs no allocation.

use std::ops::Range;

use crate::guide::Tag;
use crate::x12::{Delimiters, Looks, Segment};

/// The segments of one level or claim, in the order of the file.
#[derive(Debug, Default)]
pub struct Arena {
    bytes: Vec<u8>,
    starts: Vec<u32>,
    kept: Vec<Kept>,
    /// A short number of each segment's loop and id, and of its id alone: most questions are for what is not
    /// there, and these answer them.
    places: Vec<Short>,
    ids: Vec<Short>,
    /// A bit for each of the shorts that are there.
    places_there: u64,
    ids_there: u64,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    loop_id: Tag,
    id: Tag,
    first_byte: u32,
    end_byte: u32,
    first_start: u32,
    end_start: u32,
    offset: u64,
    position: u32,
    line: u32,
    delimiters: Delimiters,
    looks: Looks,
}

/// Sixteen bits of tags; different tags rarely share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Short(u16);

impl Short {
    #[inline]
    const fn of(loop_id: Tag, id: Tag) -> Short {
        Short(((loop_id.raw() ^ id.raw().rotate_right(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as u16)
    }

    #[inline]
    const fn bit(self) -> u64 {
        1 << (self.0 & 63)
    }
}

/// A kept segment and where it stood.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    pub segment: Segment<'a>,
    pub loop_id: Tag,
    pub id: Tag,
    /// In its transaction, ST being 1.
    pub position: u32,
}

impl Arena {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.starts.clear();
        self.kept.clear();
        self.places.clear();
        self.ids.clear();
        (self.places_there, self.ids_there) = (0, 0);
    }

    pub fn push(&mut self, segment: &Segment<'_>, id: Tag, loop_id: Tag, position: u32) {
        let (first_byte, first_start) = (self.bytes.len() as u32, self.starts.len() as u32);
        self.bytes.extend_from_slice(segment.bytes);
        self.starts.extend_from_slice(segment.starts);
        self.kept.push(Kept {
            loop_id,
            id,
            first_byte,
            end_byte: self.bytes.len() as u32,
            first_start,
            end_start: self.starts.len() as u32,
            offset: segment.offset,
            position,
            line: segment.line,
            delimiters: segment.delimiters,
            looks: segment.looks,
        });
        let (place, id) = (Short::of(loop_id, id), Short::of(Tag::NONE, id));
        self.places.push(place);
        self.ids.push(id);
        self.places_there |= place.bit();
        self.ids_there |= id.bit();
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Where in the arena's bytes a part of one of its segments begins.
    pub fn place_of(&self, part: &[u8]) -> u32 {
        (part.as_ptr() as usize).saturating_sub(self.bytes.as_ptr() as usize) as u32
    }

    #[inline]
    pub fn text(&self, begin: u32, end: u32) -> &[u8] {
        self.bytes.get(begin as usize..end as usize).unwrap_or(b"")
    }

    #[inline]
    pub fn get(&self, at: usize) -> Placed<'_> {
        let kept = &self.kept[at];
        Placed {
            segment: Segment {
                bytes: &self.bytes[kept.first_byte as usize..kept.end_byte as usize],
                starts: &self.starts[kept.first_start as usize..kept.end_start as usize],
                offset: kept.offset,
                line: kept.line,
                delimiters: kept.delimiters,
                looks: kept.looks,
            },
            loop_id: kept.loop_id,
            id: kept.id,
            position: kept.position,
        }
    }

    #[inline]
    pub fn all(&self) -> Run<'_> {
        self.run(0..self.kept.len())
    }

    #[inline]
    pub fn run(&self, range: Range<usize>) -> Run<'_> {
        Run { arena: self, range }
    }
}

/// Neighbouring segments of an [`Arena`]: a whole level, the head of a claim, one service line.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    arena: &'a Arena,
    range: Range<usize>,
}

impl<'a> Run<'a> {
    /// The first segment with this id in this loop.
    #[inline]
    pub fn first(&self, loop_id: Tag, id: Tag) -> Option<Placed<'a>> {
        self.each(loop_id, id).next()
    }

    /// The first segment with this id and first element in this loop, as `DTP*472`.
    #[inline]
    pub fn qualified(&self, loop_id: Tag, id: Tag, qualifier: &[u8]) -> Option<Placed<'a>> {
        self.each(loop_id, id).find(|placed| placed.element(1) == qualifier)
    }

    /// The first segment with this id in this loop for which `wanted` holds, and its place in the arena.
    #[inline]
    pub fn find(&self, loop_id: Tag, id: Tag, wanted: impl Fn(&Placed<'a>) -> bool) -> Option<(u32, Placed<'a>)> {
        let (arena, short) = (self.arena, Short::of(loop_id, id));
        let there = arena.places_there & short.bit() != 0;
        matching(&arena.places, there, self.range.clone(), short)
            .map(|at| (at as u32, arena.get(at)))
            .find(|(_, placed)| placed.id == id && placed.loop_id == loop_id && wanted(placed))
    }

    #[inline]
    pub fn each(&self, loop_id: Tag, id: Tag) -> impl Iterator<Item = Placed<'a>> + use<'a> {
        let (arena, short) = (self.arena, Short::of(loop_id, id));
        let there = arena.places_there & short.bit() != 0;
        let found = matching(&arena.places, there, self.range.clone(), short);
        found.filter(move |&at| arena.kept[at].id == id && arena.kept[at].loop_id == loop_id).map(|at| arena.get(at))
    }

    /// The segments with this id in whichever loop.
    #[inline]
    pub fn with_id(&self, id: Tag) -> impl Iterator<Item = Placed<'a>> + use<'a> {
        let (arena, short) = (self.arena, Short::of(Tag::NONE, id));
        let there = arena.ids_there & short.bit() != 0;
        let found = matching(&arena.ids, there, self.range.clone(), short);
        found.filter(move |&at| arena.kept[at].id == id).map(|at| arena.get(at))
    }

    pub fn has_loop(&self, loop_id: Tag) -> bool {
        self.arena.kept[self.range.clone()].iter().any(|kept| kept.loop_id == loop_id)
    }

    #[inline]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

/// Where in `range` of `shorts` the one sought stands; nowhere when it is known not to be `there`.
#[inline]
fn matching(shorts: &[Short], there: bool, range: Range<usize>, sought: Short) -> impl Iterator<Item = usize> {
    let start = range.start;
    let looked_at = if there { &shorts[range] } else { &[] };
    looked_at.iter().enumerate().filter(move |&(_, &short)| short == sought).map(move |(at, _)| start + at)
}

impl<'a> Iterator for Run<'a> {
    type Item = Placed<'a>;

    #[inline]
    fn next(&mut self) -> Option<Placed<'a>> {
        self.range.next().map(|at| self.arena.get(at))
    }
}

impl<'a> Placed<'a> {
    #[inline]
    pub fn element(&self, n: usize) -> &'a [u8] {
        self.segment.element(n)
    }

    #[inline]
    pub fn component(&self, n: usize, c: usize) -> &'a [u8] {
        self.segment.component(n, c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_segments_read_as_they_came() {
        let mut arena = Arena::default();
        let (dtp, loop_id) = (Tag::new("DTP"), Tag::new("2400"));
        for (at, text) in ["DTP*472*D8*20260101", "DTP*471*D8*20260102"].into_iter().enumerate() {
            let segment = Segment {
                bytes: text.as_bytes(),
                starts: &[0, 4, 8, 11, 20],
                offset: 100,
                line: 7,
                delimiters: Delimiters::USUAL,
                looks: Looks::UNKNOWN,
            };
            arena.push(&segment, dtp, loop_id, at as u32 + 3);
        }
        let found = arena.all().qualified(loop_id, dtp, b"471").unwrap();
        assert_eq!((found.element(3), found.position), (&b"20260102"[..], 4));
        assert!(arena.all().qualified(Tag::new("2300"), dtp, b"471").is_none());
        arena.clear();
        assert!(arena.is_empty());
    }
}
