//! Segments kept for a while: copies of a level's or a claim's segments in one buffer that is used again for
//! the next, so that a clean claim costs no allocation.

use std::ops::Range;

use crate::guide::Tag;
use crate::x12::{Delimiters, Segment};

/// The segments of one level or claim, in the order of the file.
#[derive(Debug, Default)]
pub struct Arena {
    bytes: Vec<u8>,
    starts: Vec<u32>,
    kept: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    loop_id: Tag,
    id: Tag,
    bytes: Range<u32>,
    starts: Range<u32>,
    offset: u64,
    position: u32,
    line: u32,
    delimiters: Delimiters,
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
    }

    pub fn push(&mut self, segment: &Segment<'_>, id: Tag, loop_id: Tag, position: u32) {
        let (first_byte, first_start) = (self.bytes.len() as u32, self.starts.len() as u32);
        self.bytes.extend_from_slice(segment.bytes);
        self.starts.extend_from_slice(segment.starts);
        self.kept.push(Kept {
            loop_id,
            id,
            bytes: first_byte..self.bytes.len() as u32,
            starts: first_start..self.starts.len() as u32,
            offset: segment.offset,
            position,
            line: segment.line,
            delimiters: segment.delimiters,
        });
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    #[inline]
    pub fn get(&self, at: usize) -> Placed<'_> {
        let kept = &self.kept[at];
        Placed {
            segment: Segment {
                bytes: &self.bytes[kept.bytes.start as usize..kept.bytes.end as usize],
                starts: &self.starts[kept.starts.start as usize..kept.starts.end as usize],
                offset: kept.offset,
                line: kept.line,
                delimiters: kept.delimiters,
            },
            loop_id: kept.loop_id,
            id: kept.id,
            position: kept.position,
        }
    }

    pub fn all(&self) -> Run<'_> {
        self.run(0..self.kept.len())
    }

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
    pub fn first(&self, loop_id: Tag, id: Tag) -> Option<Placed<'a>> {
        self.each(loop_id, id).next()
    }

    /// The first segment with this id and first element in this loop, as `DTP*472`.
    pub fn qualified(&self, loop_id: Tag, id: Tag, qualifier: &[u8]) -> Option<Placed<'a>> {
        self.each(loop_id, id).find(|placed| placed.element(1) == qualifier)
    }

    pub fn each(&self, loop_id: Tag, id: Tag) -> impl Iterator<Item = Placed<'a>> + use<'a> {
        let arena = self.arena;
        let matching =
            self.range.clone().filter(move |&at| arena.kept[at].id == id && arena.kept[at].loop_id == loop_id);
        matching.map(move |at| arena.get(at))
    }

    /// The segments with this id in whichever loop.
    pub fn with_id(&self, id: Tag) -> impl Iterator<Item = Placed<'a>> + use<'a> {
        let arena = self.arena;
        self.range.clone().filter(move |&at| arena.kept[at].id == id).map(move |at| arena.get(at))
    }

    pub fn has_loop(&self, loop_id: Tag) -> bool {
        self.range.clone().any(|at| self.arena.kept[at].loop_id == loop_id)
    }

    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
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
                starts: &[0, 4, 8, 11],
                offset: 100,
                line: 7,
                delimiters: Delimiters::USUAL,
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
