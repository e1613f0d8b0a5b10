//! The chain of HL segments, and the numbering of service lines: whether they say of one another what is true.

use super::Standing;
use super::Tag;
use super::edits;
use super::model::Element;
use super::tell::{Fault, Here, Tell};
use crate::x12::Segment;
use crate::x12::segment::text_of;

/// The open levels of a transaction.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    open: Vec<Level>,
    /// HL segments placed so far.
    placed: u32,
    numbers: Sequence,
}

#[derive(Debug)]
struct Level {
    ordinal: u32,
    /// HL01 as it stands, and as it should be.
    number: Number,
    expected: u64,
    /// HL04: whether a child follows; `None` when it is not sent.
    says_child: Option<bool>,
    child: bool,
    claim: bool,
    children_told: bool,
    here: Here,
    loop_id: Tag,
    standing: Standing,
}

/// A short value kept beyond its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number([u8; 12]);

impl Number {
    fn of(bytes: &[u8]) -> Number {
        let mut kept = [0; 12];
        let length = bytes.len().min(kept.len());
        kept[..length].copy_from_slice(&bytes[..length]);
        Number(kept)
    }
}

/// Counts 1, 2, 3, and after a wrong number goes on both from it and from what it should have been, so that one
/// gap is one finding.
#[derive(Debug, Default)]
struct Sequence {
    last: u64,
    counted: u64,
}

impl Sequence {
    /// What should come.
    fn expected(&self) -> u64 {
        self.counted + 1
    }

    /// Takes the next number; false when it is not the next.
    #[inline]
    fn take(&mut self, value: Option<u64>) -> bool {
        let fits = value.is_some_and(|value| value == self.last + 1 || value == self.counted + 1);
        self.counted = if fits { value.unwrap_or(0) } else { self.counted + 1 };
        self.last = value.unwrap_or(self.counted);
        fits
    }
}

#[inline]
fn number(bytes: &[u8]) -> Option<u64> {
    (!bytes.is_empty() && bytes.len() <= 12 && bytes.iter().all(u8::is_ascii_digit))
        .then(|| bytes.iter().fold(0, |value, &b| value * 10 + u64::from(b - b'0')))
}

impl Hierarchy {
    pub fn next_ordinal(&self) -> u32 {
        self.placed + 1
    }

    /// The innermost open level; 0 where there is none.
    pub fn open_ordinal(&self) -> u32 {
        self.open.last().map_or(0, |level| level.ordinal)
    }

    pub fn claim_seen(&mut self) {
        if let Some(level) = self.open.last_mut() {
            level.claim = true;
        }
    }

    /// An HL was placed: checks its number, its parent, and what its parent said of children.
    pub fn open(&mut self, segment: &Segment<'_>, tell: &mut Tell<'_>) {
        let element = |n: usize| segment.element(n);
        let expected = self.numbers.expected();
        if !self.numbers.take(number(element(1))) {
            hl_fault(Fault::new(&edits::HIERARCHY_NUMBER, &[&expected]), 1, element(1), tell);
        }
        self.placed = self.placed.saturating_add(1);
        if let Some(parent) = self.open.last_mut() {
            parent.child = true;
            let named = Number::of(element(2));
            if named != parent.number && number(element(2)) != Some(parent.expected) && !element(2).is_empty() {
                let level = tell.standing;
                tell.standing = Standing::Transaction;
                hl_fault(Fault::new(&edits::HIERARCHY_PARENT, &[]), 2, element(2), tell);
                tell.standing = level;
            }
            if parent.says_child == Some(false) && !parent.children_told {
                parent.children_told = true;
                children(parent, tell);
            }
        }
        self.open.push(Level {
            ordinal: self.placed,
            number: Number::of(element(1)),
            expected,
            says_child: match element(4) {
                b"1" => Some(true),
                b"0" => Some(false),
                _ => None,
            },
            child: false,
            claim: false,
            children_told: false,
            here: tell.here,
            loop_id: tell.loop_id,
            standing: tell.standing,
        });
    }

    /// Ends the innermost level; true when it has neither claim nor child and did not promise one. A promise that was
    /// not kept is known only here, after the level's claims: the chain of levels is broken for the transaction.
    pub fn close(&mut self, tell: &mut Tell<'_>) -> bool {
        let Some(mut level) = self.open.pop() else { return false };
        let promised = level.says_child == Some(true);
        if promised && !level.child {
            level.standing = Standing::Transaction;
            children(&level, tell);
        }
        !level.claim && !level.child && !promised
    }
}

/// HL04 told the wrong thing; the finding stands at that HL, not where it came out.
#[cold]
fn children(level: &Level, tell: &mut Tell<'_>) {
    let mut there = Tell {
        out: &mut *tell.out,
        guide: tell.guide,
        here: level.here,
        segment: Tag::new("HL"),
        loop_id: level.loop_id,
        standing: level.standing,
    };
    let (value, what): (&[u8], _) = if level.says_child == Some(true) { (b"1", "no") } else { (b"0", "a") };
    let fault = Fault::new(&edits::HIERARCHY_CHILDREN, &[&text_of(value), &what]);
    hl_fault(fault, 4, value, &mut there);
}

#[cold]
fn hl_fault<'f>(fault: Fault<'f>, position: u16, value: &'f [u8], tell: &mut Tell<'_>) {
    // Data elements 628, 734, 735 and 736 are HL01 to HL04.
    let data_element = ["628", "734", "735", "736"][usize::from(position - 1)];
    tell.push_at(Fault { value, ..fault }, position, Some(data_element));
}

/// The numbers of a claim's service lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    numbers: Sequence,
}

impl Lines {
    pub fn next(&mut self, element: &Element, segment: &Segment<'_>, tell: &mut Tell<'_>) {
        let (bytes, expected) = (segment.element(1), self.numbers.expected());
        // What is no number is told by the element's own check.
        let value = number(bytes);
        if !self.numbers.take(value) && value.is_some() {
            let fault = Fault::new(&edits::LINE_NUMBER, &[&tell.label(element), &expected]).of(element, None, bytes);
            tell.push(fault);
        }
    }
}
