//! An answer file while it is put together: a row of texts of its own, and of ranges of what was told of the
//! claims meanwhile. Heads hold totals that are known only after the claims, and a group's end can make all of
//! it void; so nothing is put in its final order before the end.

use std::io::{self, Write};
use std::ops::Range;

use super::spool::Spool;

/// A finished answer.
#[derive(Debug)]
pub struct AckFile {
    pub kind: AckKind,
    /// ISA13 of the interchange it answers.
    pub interchange: String,
    pub(super) body: Body,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AckKind {
    Ta1,
    N999,
    N277ca,
}

impl AckKind {
    pub fn as_str(self) -> &'static str {
        match self {
            AckKind::Ta1 => "ta1",
            AckKind::N999 => "999",
            AckKind::N277ca => "277ca",
        }
    }
}

impl AckFile {
    /// Writes the file, in one pass and without holding all of it.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        for part in &self.body.parts {
            match part {
                Part::Own(bytes) => out.write_all(bytes)?,
                Part::Spooled(range) => self.body.spool.copy(range.clone(), out)?,
            }
        }
        Ok(())
    }

    /// All of it in memory: for answers known to be small, and tests.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes)?;
        Ok(bytes)
    }
}

#[derive(Debug)]
pub(super) enum Part {
    Own(Vec<u8>),
    Spooled(Range<u64>),
}

#[derive(Debug, Default)]
pub(super) struct Body {
    parts: Vec<Part>,
    spool: Spool,
}

impl Body {
    pub fn of(bytes: Vec<u8>) -> Body {
        Body { parts: vec![Part::Own(bytes)], spool: Spool::default() }
    }
}

/// The transactions of one answer.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub spool: Spool,
    parts: Vec<Part>,
    pub transactions: u32,
}

/// Where a group begins in a draft.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    parts: usize,
    transactions: u32,
}

impl Draft {
    pub fn mark(&self) -> Mark {
        Mark { parts: self.parts.len(), transactions: self.transactions }
    }

    /// Takes back what was added since.
    pub fn back_to(&mut self, mark: Mark) {
        self.parts.truncate(mark.parts);
        self.transactions = mark.transactions;
    }

    /// One transaction.
    pub fn add(&mut self, parts: impl IntoIterator<Item = Part>) {
        self.parts.extend(parts);
        self.transactions += 1;
    }

    pub fn finish(self, head: Vec<u8>, tail: Vec<u8>) -> Body {
        let Draft { spool, mut parts, .. } = self;
        parts.insert(0, Part::Own(head));
        parts.push(Part::Own(tail));
        Body { parts, spool }
    }
}
