//! The reader's window on its input: a bounded buffer that slides along, so that memory does not grow with
//! the file.

use std::io::{self, ErrorKind, Read};

use crate::domain::limits::SEGMENT_BYTES_MAX;

/// How much of its input a window holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// At first; it grows for a segment that is longer.
    pub first_bytes: usize,
    /// The longest segment, which is as far as it grows.
    pub segment_bytes_max: usize,
}

impl Room {
    pub const USUAL: Room = Room { first_bytes: 256 * 1024, segment_bytes_max: SEGMENT_BYTES_MAX };
}

pub(super) struct Window<R> {
    input: R,
    segment_bytes_max: usize,
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
    /// Of `buffer[begin]` in the file.
    offset: u64,
    at_end: bool,
}

impl<R: Read> Window<R> {
    pub fn new(input: R, room: Room) -> Window<R> {
        let Room { first_bytes, segment_bytes_max } = room;
        let buffer = vec![0; first_bytes.min(segment_bytes_max)];
        Window { input, segment_bytes_max, buffer, begin: 0, end: 0, offset: 0, at_end: false }
    }

    /// All that the buffer holds, what was consumed before [`Window::begin`] included.
    #[inline]
    pub fn filled(&self) -> &[u8] {
        &self.buffer[..self.end]
    }

    /// Where in [`Window::filled`] the first unconsumed byte stands.
    #[inline]
    pub fn begin(&self) -> usize {
        self.begin
    }

    /// What is read and not yet consumed.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.begin..self.end]
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Moves past `count` bytes. They stay readable through [`Window::before`] until the next fill.
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.begin += count;
        self.offset += count as u64;
    }

    /// The `length` bytes that begin `back` bytes before the first unconsumed one.
    #[inline]
    pub fn before(&self, back: usize, length: usize) -> &[u8] {
        &self.buffer[self.begin - back..self.begin - back + length]
    }

    /// Reads more; false when there is none. A segment may fill the whole buffer: see [`Window::is_full`].
    pub fn fill(&mut self) -> io::Result<bool> {
        if self.at_end || self.is_full() {
            return Ok(false);
        }
        if self.begin > 0 {
            self.buffer.copy_within(self.begin..self.end, 0);
            self.end -= self.begin;
            self.begin = 0;
        }
        if self.end == self.buffer.len() {
            let longer = (self.buffer.len() * 2).min(self.segment_bytes_max);
            self.buffer.resize(longer, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.at_end = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Unconsumed bytes take all the room there may ever be.
    pub fn is_full(&self) -> bool {
        self.end - self.begin >= self.segment_bytes_max
    }

    /// Fills until `count` bytes are there or the input ends.
    pub fn want(&mut self, count: usize) -> io::Result<bool> {
        while self.end - self.begin < count {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
