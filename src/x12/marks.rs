//! Where segments end and their elements start, found ahead of the reader a stretch at a time: see [`super::bits`].

use super::Delimiters;
use super::bits::{self, BLOCK, Sought};

/// What was seen of a segment while looking for its end, so that nobody need look again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks(u8);

impl Looks {
    /// Holds a component or repetition separator.
    const NESTED: u8 = 1;
    /// Holds a byte that is no printable character of ASCII, not counting the line break before the segment.
    const ODD: u8 = 2;

    /// Of a segment of which nothing is known: everything must be expected.
    pub const UNKNOWN: Looks = Looks(Looks::NESTED | Looks::ODD);

    #[inline]
    pub fn nested(self) -> bool {
        self.0 & Looks::NESTED != 0
    }

    #[inline]
    pub fn odd(self) -> bool {
        self.0 & Looks::ODD != 0
    }

    pub(super) fn without_odd(self) -> Looks {
        Looks(self.0 & !Looks::ODD)
    }

    #[inline]
    fn of(nested: bool, odd: bool) -> Looks {
        Looks((u8::from(nested) * Looks::NESTED) | (u8::from(odd) * Looks::ODD))
    }

    fn join(self, other: Looks) -> Looks {
        Looks(self.0 | other.0)
    }
}

/// A segment found: its places are `first..=last` of [`Marks::places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub first: u32,
    pub last: u32,
    pub looks: Looks,
}

/// Bytes looked at in one go.
const STRETCH_BYTES: usize = 8 * 1024;

/// Places are counted from the begin of the reader's buffer.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// For each segment where it begins, where each of its elements starts, and one past its terminator. The first
    /// `count` hold.
    places: Vec<u32>,
    count: usize,
    segments: Vec<Mark>,
    next: usize,
    /// The begin of the segment whose end is not found yet, in `places`.
    open: usize,
    open_looks: Looks,
    scanned: usize,
    /// The byte before `scanned` ended a segment, or was the CR right after such a byte.
    after_end: bool,
    after_cr: bool,
}

impl Marks {
    /// Forgets all and begins with a segment at `at`.
    pub fn restart(&mut self, at: usize) {
        self.segments.clear();
        if self.places.is_empty() {
            self.places.resize(4 * STRETCH_BYTES, 0);
        }
        self.places[0] = at as u32;
        (self.count, self.next, self.open, self.open_looks) = (1, 0, 0, Looks::default());
        (self.scanned, self.after_end, self.after_cr) = (at, true, false);
    }

    /// The buffer's bytes moved `by` toward its begin.
    pub fn shift(&mut self, by: usize) {
        if by > 0 {
            self.scanned -= by;
            let places = &mut self.places[..self.count];
            // Those of segments that were taken already may lie before the buffer's begin now.
            places.iter_mut().for_each(|place| *place = place.saturating_sub(by as u32));
        }
    }

    #[inline]
    pub fn peek(&self) -> Option<Mark> {
        self.segments.get(self.next).copied()
    }

    /// Takes the one that [`Marks::peek`] showed, as one that begins at `place`; see [`Marks::begin_at`].
    #[inline]
    pub fn pass(&mut self, mark: Mark, place: usize) -> usize {
        self.next += 1;
        self.begin_at(mark, place)
    }

    #[inline]
    pub fn take(&mut self) -> Option<Mark> {
        let mark = *self.segments.get(self.next)?;
        self.next += 1;
        Some(mark)
    }

    #[inline]
    pub fn places(&self, mark: Mark) -> &[u32] {
        &self.places[mark.first as usize..=mark.last as usize]
    }

    /// The segment begins at `place`, perhaps later than where the one before it ended: line breaks stood between.
    /// Returns where its terminator stands.
    #[inline]
    pub fn begin_at(&mut self, mark: Mark, place: usize) -> usize {
        self.places[mark.first as usize] = place as u32;
        self.places[mark.last as usize] as usize - 1
    }

    /// The segment's text ends at `place`: line breaks stand before its terminator.
    pub fn end_at(&mut self, mark: Mark, place: usize) {
        self.places[mark.last as usize] = place as u32 + 1;
    }

    /// The last segment of a file that ends without a terminator.
    pub fn end_of_input(&mut self, end: usize) -> Mark {
        self.room();
        self.places[self.count] = end as u32 + 1;
        self.count += 1;
        Mark { first: self.open as u32, last: self.count as u32 - 1, looks: Looks::UNKNOWN }
    }

    /// Looks at what follows, up to the end of `buffer`; false when there is nothing more to look at. Segments found
    /// before must have been taken.
    pub fn scan(&mut self, buffer: &[u8], delimiters: Delimiters) -> bool {
        if self.scanned >= buffer.len() {
            return false;
        }
        self.places.copy_within(self.open..self.count, 0);
        (self.count, self.open, self.next) = (self.count - self.open, 0, 0);
        self.segments.clear();
        let sought = Sought {
            element: delimiters.element,
            segment: delimiters.segment,
            component: delimiters.component,
            repetition: delimiters.repetition.unwrap_or(delimiters.component),
        };
        let end = buffer.len().min(self.scanned + STRETCH_BYTES);
        let (blocks, rest) = buffer[self.scanned..end].as_chunks::<BLOCK>();
        for block in blocks {
            self.block(block, BLOCK, sought);
        }
        if !rest.is_empty() {
            let mut block = [b' '; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            self.block(&block, rest.len(), sought);
        }
        true
    }

    /// Takes the first `length` bytes of a block.
    #[inline]
    fn block(&mut self, block: &[u8; BLOCK], length: usize, sought: Sought) {
        let masks = bits::masks(block, sought);
        let inside = u64::MAX >> (BLOCK - length);
        let ends = masks.segment & inside;
        // Line breaks right after a terminator belong to no segment.
        let after_end = ends << 1 | u64::from(self.after_end);
        let break_cr = masks.cr & after_end;
        let between = break_cr | masks.lf & (after_end | break_cr << 1 | u64::from(self.after_cr));
        // A line break makes a line also where the header calls it a separator, which it cannot be.
        let separators = masks.element | masks.inner & !(masks.lf | masks.cr);
        let odd = masks.odd & inside & !(between | ends | separators);
        let last = 1u64 << (length - 1);
        (self.after_end, self.after_cr) = (ends & last != 0, break_cr & last != 0);
        self.divide((masks.element | ends) & inside, ends, masks.inner & inside, odd);
        self.scanned += length;
    }

    /// Notes the places after the `hits`, of which those in `ends` end a segment.
    #[inline]
    fn divide(&mut self, hits: u64, mut ends: u64, inner: u64, odd: u64) {
        self.room();
        // Each hit takes a place, and each end one more for the begin of what follows.
        let room: &mut [u32; ROOM] = (&mut self.places[self.count..self.count + ROOM])
            .try_into()
            .expect("as many places as the array has were made room for");
        let mut used = 0;
        let base = self.scanned as u32 + 1;
        let mut rest = u64::MAX;
        while ends != 0 {
            let own = rest & (ends ^ (ends - 1));
            used = separators(room, used, base, hits & own);
            let looks = self.open_looks.join(Looks::of(inner & own & !ends != 0, odd & own != 0));
            let last = self.count + used - 1;
            self.segments.push(Mark { first: self.open as u32, last: last as u32, looks });
            room[used % ROOM] = base + ends.trailing_zeros();
            used += 1;
            self.open = last + 1;
            self.open_looks = Looks::default();
            rest &= !own;
            ends &= ends - 1;
        }
        used = separators(room, used, base, hits & rest);
        self.open_looks = self.open_looks.join(Looks::of(inner & rest != 0, odd & rest != 0));
        self.count += used;
    }

    #[inline]
    fn room(&mut self) {
        if self.places.len() < self.count + ROOM {
            let longer = 2 * self.places.len() + ROOM;
            self.places.resize(longer, 0);
        }
    }
}

/// Writes the place after each bit; returns how many are used then.
#[inline]
fn separators(room: &mut [u32; ROOM], mut used: usize, base: u32, mut bits: u64) -> usize {
    while bits != 0 {
        // The remainder changes nothing, as there is room for all, and spares the question.
        room[used % ROOM] = base + bits.trailing_zeros();
        used += 1;
        bits &= bits - 1;
    }
    used
}

/// The most places of one block.
const ROOM: usize = 2 * BLOCK;

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments of `text` when it comes in stretches of `step` bytes: bytes without the line break before, element
    /// count, and whether it is nested and odd.
    fn segments(text: &[u8], step: usize) -> Vec<(String, usize, bool, bool)> {
        let mut marks = Marks::default();
        marks.restart(0);
        let (mut found, mut end) = (Vec::new(), 0);
        while end < text.len() {
            end = text.len().min(end + step);
            while marks.scan(&text[..end], Delimiters::USUAL) {
                while let Some(mark) = marks.take() {
                    let places = marks.places(mark);
                    let (first, last) = (places[0] as usize, places[places.len() - 1] as usize - 1);
                    let bytes = String::from_utf8_lossy(&text[first..last]).into_owned();
                    found.push((bytes, places.len() - 2, mark.looks.nested(), mark.looks.odd()));
                }
            }
        }
        found
    }

    #[test]
    fn segments_are_found_however_the_bytes_come() {
        let text = b"ST*837~\nSV1*HC:99213*1~\r\nNM1*\xC3~~N3*a\nb~HI*A^B~X\t~\n\nSE*1~".repeat(7);
        let whole = segments(&text, text.len());
        let one: Vec<(&str, usize, bool, bool)> =
            whole[..8].iter().map(|(t, n, nested, odd)| (t.as_str(), *n, *nested, *odd)).collect();
        assert_eq!(
            one,
            [
                ("ST*837", 1, false, false),
                ("\nSV1*HC:99213*1", 2, true, false),
                ("\r\nNM1*\u{FFFD}", 1, false, true),
                ("", 0, false, false),
                ("N3*a\nb", 1, false, true),
                ("HI*A^B", 1, true, false),
                ("X\t", 0, false, true),
                ("\n\nSE*1", 1, false, true),
            ]
        );
        assert_eq!(whole.len(), 56);
        for step in [1, 3, 63, 64, 65, 100] {
            assert_eq!(segments(&text, step), whole, "{step}");
        }
    }
}
