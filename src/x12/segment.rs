//! One segment, borrowed from the bytes it was read from.

use super::{Delimiters, Looks};

/// A segment with its place. `bytes` runs from the first letter of the id to before the terminator, line
/// breaks trimmed. `starts` holds where each element begins (the id is element 0) and, last, one past the
/// terminator, all counted from the same byte: `starts[0]` is where `bytes` begins.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    pub bytes: &'a [u8],
    pub starts: &'a [u32],
    /// Of `bytes[0]` in the file.
    pub offset: u64,
    /// As a text editor counts, from 1.
    pub line: u32,
    pub delimiters: Delimiters,
    pub looks: Looks,
}

impl<'a> Segment<'a> {
    #[inline]
    pub fn id(&self) -> &'a [u8] {
        self.element(0)
    }

    /// How many elements follow the id, empty ones included.
    #[inline]
    pub fn element_count(&self) -> usize {
        self.starts.len().saturating_sub(2)
    }

    /// Element `n` (1 is the first after the id), empty when absent.
    #[inline]
    pub fn element(&self, n: usize) -> &'a [u8] {
        let (Some(&start), Some(&next)) = (self.starts.get(n), self.starts.get(n + 1)) else { return b"" };
        let begin = self.starts[0];
        &self.bytes[(start - begin) as usize..(next - begin - 1) as usize]
    }

    /// Component `c` (from 1) of the first repetition of element `n`, empty when absent.
    pub fn component(&self, n: usize, c: usize) -> &'a [u8] {
        let element = self.element(n);
        if !self.looks.nested() {
            return if c == 1 { element } else { b"" };
        }
        let Delimiters { component, repetition, .. } = self.delimiters;
        let (mut at, mut begin) = (1, 0);
        for (place, &byte) in element.iter().enumerate() {
            if byte == component {
                if at == c {
                    return &element[begin..place];
                }
                (at, begin) = (at + 1, place + 1);
            } else if Some(byte) == repetition {
                return if at == c { &element[begin..place] } else { b"" };
            }
        }
        if at == c { &element[begin..] } else { b"" }
    }

    pub fn components(&self, n: usize) -> impl Iterator<Item = &'a [u8]> {
        let separator = self.delimiters.component;
        self.element(n).split(move |&b| b == separator)
    }

    pub fn repetitions(&self, n: usize) -> impl Iterator<Item = &'a [u8]> {
        let separator = self.delimiters.repetition;
        self.element(n).split(move |&b| Some(b) == separator)
    }

    /// An element as text; bytes that are not UTF-8 read as Latin-1.
    pub fn text(&self, n: usize) -> String {
        text_of(self.element(n))
    }
}

/// Bytes of a partner as text: UTF-8, or else Latin-1, so that nothing is lost.
pub fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}
