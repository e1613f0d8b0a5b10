//! Interchanges, functional groups and transactions: a state machine over the reader's tokens that says what
//! opens and closes, and judges every rule of the envelopes (SNIP 1).
//!
//! ```text
//! let mut envelopes = Envelopes::new(Reader::new(file));
//! let mut findings = Vec::new();
//! while let Some(event) = envelopes.next(&mut findings)? { match event { .. } }
//! ```
//! Each call adds the findings about what it returns; their `place` is complete. Every `*Start` is followed by its
//! `*End`, also when the trailer is missing or the file ends.

use std::io::{self, Read};

use super::machine::Machine;
use super::{Damage, Delimiters, Reader, Segment};
use crate::domain::Finding;

/// Facts of an ISA, blanks trimmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interchange {
    pub sender_qualifier: String,
    pub sender: String,
    pub receiver_qualifier: String,
    pub receiver: String,
    /// ISA09 and ISA10 as they stand, `YYMMDD` and `HHMM`.
    pub date: String,
    pub time: String,
    /// ISA12, as `00501`.
    pub version: String,
    /// ISA13 as it stands.
    pub control: String,
    /// ISA14 is `1`: a TA1 is asked for.
    pub ack_requested: bool,
    /// ISA15, `T` or `P`.
    pub usage: String,
    pub delimiters: Delimiters,
    pub offset: u64,
    pub line: u32,
}

/// Facts of a GS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// GS01, as `HC`.
    pub code: String,
    /// GS02 and GS03.
    pub sender: String,
    pub receiver: String,
    /// GS04 and GS05.
    pub date: String,
    pub time: String,
    /// GS06.
    pub control: String,
    /// GS07.
    pub agency: String,
    /// GS08, as `005010X222A1`.
    pub version: String,
    pub offset: u64,
    pub line: u32,
}

/// Facts of an ST.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// ST01, as `837`.
    pub code: String,
    /// ST02.
    pub control: String,
    /// ST03, empty where it is not sent.
    pub version: String,
    /// Which ST of its group, from 1.
    pub number: u32,
    pub offset: u64,
    pub line: u32,
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionEnd {
    pub transaction: Transaction,
    /// ST to SE, both counted; without an SE, up to the last segment.
    pub segments: u32,
    /// SE01 as it stands; `None` when there is no SE.
    pub stated_segments: Option<String>,
    /// One past its last byte in the file.
    pub offset_end: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEnd {
    pub group: Group,
    pub transactions: u32,
    /// GE01 as it stands; `None` when there is no GE.
    pub stated_transactions: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterchangeEnd {
    pub interchange: Interchange,
    pub groups: u32,
    pub ta1s: u32,
    /// IEA01 as it stands; `None` when there is no IEA.
    pub stated_groups: Option<String>,
}

/// What a file consists of, in order. Borrowed until the next call.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    InterchangeStart(&'a Interchange),
    /// A TA1 between ISA and the first GS.
    Ta1(Segment<'a>),
    GroupStart(&'a Group),
    /// The ST itself: position 1.
    TransactionStart(&'a Transaction, Segment<'a>),
    /// A segment between ST and SE, with its position (ST being 1).
    Segment(Segment<'a>, u32),
    /// The SE itself, at position `segments`; `None` when it is missing.
    TransactionEnd(&'a TransactionEnd, Option<Segment<'a>>),
    GroupEnd(&'a GroupEnd),
    InterchangeEnd(&'a InterchangeEnd),
    /// A segment that belongs to no transaction; a finding says so.
    Stray(Segment<'a>),
    /// Bytes that are no X12; a finding says so.
    Damage(Damage),
}

/// The state machine over a reader; see the top of this file.
pub struct Envelopes<R> {
    reader: Reader<R>,
    machine: Machine,
    /// The token last read waits until what it ends has been told.
    held: bool,
}

impl<R: Read> Envelopes<R> {
    pub fn new(reader: Reader<R>) -> Envelopes<R> {
        Envelopes { reader, machine: Machine::default(), held: false }
    }

    /// What comes next, `None` at the end of the file. `Err` is trouble of the input, never of the file.
    #[inline]
    pub fn next(&mut self, findings: &mut Vec<Finding>) -> io::Result<Option<Event<'_>>> {
        if !self.held {
            self.reader.advance()?;
        }
        let Envelopes { reader, machine, held } = self;
        let token = reader.current();
        let turn = machine.turn(token, reader.bytes_read(), findings);
        *held = turn.holds();
        Ok(machine.event(turn, token))
    }

    /// The next segment of the open transaction and its position, where it is certain that [`Envelopes::next`] would
    /// return just that and find nothing: the short way for nearly all segments. `None` leaves all as it was.
    #[inline]
    pub fn next_in_transaction(&mut self) -> Option<(Segment<'_>, u32)> {
        if self.held || !self.machine.is_in_transaction() {
            return None;
        }
        let segment = self.reader.next_plain()?;
        Some((segment, self.machine.count_segment()))
    }

    /// Bytes of the file passed so far.
    pub fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
