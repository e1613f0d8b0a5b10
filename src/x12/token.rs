//! What the reader finds in a file, one after another: an interchange header, a segment, or damage.

use super::{Delimiters, Segment};

/// Borrowed from the reader's window until the next call.
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    Isa(Isa<'a>),
    Segment(Segment<'a>),
    Damage(Damage),
}

/// An interchange header, its elements read by their fixed widths.
#[derive(Clone, Copy, Debug)]
pub struct Isa<'a> {
    /// From `ISA` up to the component separator; the terminator not included.
    pub bytes: &'a [u8],
    pub(super) bounds: [(u8, u8); 16],
    pub offset: u64,
    pub line: u32,
    pub delimiters: Delimiters,
}

impl<'a> Isa<'a> {
    /// Element `n`, 1 to 16, with its padding.
    pub fn element(&self, n: usize) -> &'a [u8] {
        let Some(&(start, end)) = n.checked_sub(1).and_then(|n| self.bounds.get(n)) else { return b"" };
        &self.bytes[usize::from(start)..usize::from(end)]
    }

    /// Element `n` without the blanks that pad it.
    pub fn trimmed(&self, n: usize) -> &'a [u8] {
        self.element(n).trim_ascii()
    }
}

/// Bytes that are no X12, or X12 that is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    pub kind: DamageKind,
    /// Of the first byte in question.
    pub offset: u64,
    pub line: u32,
    /// How many bytes are meant.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DamageKind {
    /// The file holds no interchange header that could be read.
    NoIsa,
    /// A header whose elements are not padded to their widths; it was read by its separators, and its token
    /// follows.
    IsaWidth,
    /// A header that could not be read at all; what follows it is skipped up to the next one.
    IsaUnreadable,
    /// Two of the four delimiters are equal, or one is a letter, a digit or a blank. The header's token
    /// follows; when its segments cannot be told apart they are skipped up to the next header.
    DelimitersUnusable,
    /// Longer than the reader's [`super::Room`] holds; skipped to the next terminator.
    SegmentTooLong,
    /// Two terminators with nothing between them.
    EmptySegment,
    /// The file ends inside a segment. What there is of it follows as a token.
    Unterminated,
    /// Bytes before the first or between interchanges; skipped.
    OutsideInterchange,
    /// Blanks before a segment id; skipped, and told once a file.
    Indented,
}
