//! One segment, borrowed from the bytes it was read from.

use super::Delimiters;

/// A segment with its place. `bytes` runs from the first letter of the id to before the terminator, line
/// breaks trimmed; `starts` holds where each element begins in `bytes` (the id, at 0, is element 0).
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    pub bytes: &'a [u8],
    pub starts: &'a [u32],
    /// Of `bytes[0]` in the file.
    pub offset: u64,
    /// As a text editor counts, from 1.
    pub line: u32,
    pub delimiters: Delimiters,
}

impl<'a> Segment<'a> {
    pub fn id(&self) -> &'a [u8] {
        self.element(0)
    }

    /// How many elements follow the id, empty ones included.
    pub fn element_count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Element `n` (1 is the first after the id), empty when absent.
    pub fn element(&self, n: usize) -> &'a [u8] {
        let Some(&start) = self.starts.get(n) else { return b"" };
        let end = self.starts.get(n + 1).map_or(self.bytes.len(), |&next| next as usize - 1);
        &self.bytes[start as usize..end]
    }

    /// Component `c` (from 1) of the first repetition of element `n`, empty when absent.
    pub fn component(&self, n: usize, c: usize) -> &'a [u8] {
        let element = self.repetitions(n).next().unwrap_or(b"");
        element.split(|&b| b == self.delimiters.component).nth(c - 1).unwrap_or(b"")
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
