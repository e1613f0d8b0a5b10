//! The file being written: segments counted and separated our way, sealed as they come. Memory holds a piece
//! of it at a time.

use super::plan::Used;
use crate::store::{PayloadError, PayloadWriter, Sealed};
use crate::x12::Delimiters;

const PIECE_BYTES: usize = 256 * 1024;

pub(super) struct Sheet {
    writer: PayloadWriter,
    pub delimiters: Delimiters,
    piece: Vec<u8>,
    /// Since the count was last begun.
    segments: u32,
}

/// A value holds one of the delimiters that the file is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clash;

impl Sheet {
    pub fn new(writer: PayloadWriter, delimiters: Delimiters) -> Sheet {
        Sheet { writer, delimiters, piece: Vec::with_capacity(PIECE_BYTES * 2), segments: 0 }
    }

    /// A segment of our own; empty elements at its end are left out. The values hold no delimiter: names and
    /// ids are checked where they are read.
    pub fn segment(&mut self, elements: &[&str]) -> Result<(), PayloadError> {
        let kept = elements.iter().rposition(|element| !element.is_empty()).map_or(0, |last| last + 1);
        for (n, element) in elements[..kept].iter().enumerate() {
            if n > 0 {
                self.piece.push(self.delimiters.element);
            }
            self.piece.extend_from_slice(element.as_bytes());
        }
        self.end_segment()
    }

    /// A segment as it was received, its separators changed for ours.
    pub fn received(&mut self, segment: &[u8], from: Delimiters) -> Result<Result<(), Clash>, PayloadError> {
        if self.put(segment, from).is_err() {
            return Ok(Err(Clash));
        }
        self.end_segment().map(Ok)
    }

    /// A received segment with a value of our own in element `n`, put there when it was shorter.
    pub fn received_but(
        &mut self,
        segment: &[u8],
        from: Delimiters,
        n: usize,
        value: &str,
    ) -> Result<Result<(), Clash>, PayloadError> {
        let count = elements(segment, from).count().max(n + 1);
        let mut received = elements(segment, from);
        for place in 0..count {
            let element = received.next().unwrap_or(b"");
            if place > 0 {
                self.piece.push(self.delimiters.element);
            }
            if place == n {
                self.piece.extend_from_slice(value.as_bytes());
            } else if self.put(element, from).is_err() {
                return Ok(Err(Clash));
            }
        }
        self.end_segment().map(Ok)
    }

    /// Counts segments anew, for SE01.
    pub fn begin_count(&mut self) {
        self.segments = 0;
    }

    pub fn segments(&self) -> u32 {
        self.segments
    }

    pub fn finish(mut self) -> Result<Sealed, PayloadError> {
        self.writer.write(&self.piece)?;
        self.writer.finish()
    }

    fn put(&mut self, received: &[u8], from: Delimiters) -> Result<(), Clash> {
        if from == self.delimiters {
            self.piece.extend_from_slice(received);
            return Ok(());
        }
        for &byte in received {
            self.piece.push(changed(byte, from, self.delimiters).ok_or(Clash)?);
        }
        Ok(())
    }

    fn end_segment(&mut self) -> Result<(), PayloadError> {
        self.piece.push(self.delimiters.segment);
        self.segments += 1;
        if self.piece.len() >= PIECE_BYTES {
            self.writer.write(&self.piece)?;
            self.piece.clear();
        }
        Ok(())
    }
}

/// `None` where the byte is part of a value and would separate in the new form.
fn changed(byte: u8, from: Delimiters, to: Delimiters) -> Option<u8> {
    if byte == from.element {
        Some(to.element)
    } else if byte == from.component {
        Some(to.component)
    } else if Some(byte) == from.repetition {
        // Where the file is written with repetitions, as ours always is.
        to.repetition
    } else if to.is_one(byte) {
        None
    } else {
        Some(byte)
    }
}

/// The segments of a range, without terminators and the blanks and line breaks around them.
pub(super) fn segments(bytes: &[u8], delimiters: Delimiters) -> impl Iterator<Item = &[u8]> {
    bytes.split(move |&byte| byte == delimiters.segment).map(trimmed).filter(|segment| !segment.is_empty())
}

fn trimmed(segment: &[u8]) -> &[u8] {
    let begin = segment.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(segment.len());
    let end = segment.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(begin, |last| last + 1);
    &segment[begin..end.max(begin)]
}

/// Notes the bytes of values, separators aside.
pub(super) fn note_values(segment: &[u8], from: Delimiters, used: &mut Used) {
    segment.iter().filter(|&&byte| !from.is_one(byte)).for_each(|&byte| used.add(byte));
}

/// The elements of a segment, its id first.
pub(super) fn elements(segment: &[u8], delimiters: Delimiters) -> impl Iterator<Item = &[u8]> {
    segment.split(move |&byte| byte == delimiters.element)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: Delimiters = Delimiters { element: b'|', repetition: Some(b'!'), component: b'>', segment: b'\n' };

    #[test]
    fn values_stay_and_separators_change() {
        let change = |text: &str| -> Option<String> {
            text.bytes().map(|byte| changed(byte, OTHER, Delimiters::USUAL).map(char::from)).collect()
        };
        assert_eq!(change("HI|ABK>A1!B").as_deref(), Some("HI*ABK:A1^B"));
        assert_eq!(change("NTE|ADD|A:B"), None);
    }

    #[test]
    fn line_breaks_around_segments_are_no_part_of_them() {
        let found: Vec<_> = segments(b"CLM*1~\r\nHI*A~\n  REF*X ~\n", Delimiters::USUAL).collect();
        assert_eq!(found, [&b"CLM*1"[..], b"HI*A", b"REF*X "]);
    }
}
