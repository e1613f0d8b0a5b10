//! What holds of the reader and the envelopes for any bytes at all: nothing panics, everything told stands where it
//! is said to stand, what opens closes, and the cuts between reads change nothing.

use std::io::Read;

use claimgate::domain::Finding;
use claimgate::x12::{DamageKind, Envelopes, Event, Reader, Room, Segment, Token};

use super::chopped::{Chopped, seed_of};
use super::sample::{Dear, Sample};

/// So little that its edges are met by small inputs.
pub const NARROW: Room = Room { first_bytes: 1024, segment_bytes_max: 2048 };

/// A token by its place.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    what: What,
    offset: u64,
    length: u64,
    line: u32,
    elements: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Isa,
    Segment,
    Damage,
}

/// Reads `data` whole and chopped, as tokens and as envelopes.
pub fn reader(data: &[u8], sample: Sample) {
    let seed = seed_of(data);
    let chopped = sample.takes(seed, Dear::Chopped);
    let whole = tokens(data, data);
    let cut = chopped.then(|| tokens(Chopped::new(data, seed), data));
    assert!(cut.is_none_or(|cut| cut == whole), "tokens depend on how the file was cut into reads");
    let whole = envelopes(data, data);
    let cut = chopped.then(|| envelopes(Chopped::new(data, seed), data));
    assert!(cut.is_none_or(|cut| cut == whole), "envelopes depend on how the file was cut into reads");
}

fn tokens(source: impl Read, data: &[u8]) -> Vec<Told> {
    let mut reader = Reader::with_room(source, NARROW);
    let mut all = Vec::new();
    let (mut end, mut lines) = (0, Lines::of(data));
    while let Some(token) = reader.next().expect("memory does not fail") {
        let told = match token {
            Token::Isa(isa) => {
                stands_at(data, isa.bytes, isa.offset);
                assert_eq!(isa.delimiters.element, isa.bytes[3]);
                let inside = (1..=16).map(|n| isa.element(n).len() + 1).sum::<usize>() + 3;
                assert_eq!(inside, isa.bytes.len(), "the sixteen elements of an ISA fill it");
                assert!(isa.offset >= end);
                end = isa.offset + isa.bytes.len() as u64;
                let length = isa.bytes.len() as u64;
                Told { what: What::Isa, offset: isa.offset, length, line: isa.line, elements: 16 }
            }
            Token::Segment(segment) => {
                is_whole(&segment, data);
                assert!(segment.offset >= end, "a segment begins inside the one before it");
                end = segment.offset + segment.bytes.len() as u64;
                let (length, elements) = (segment.bytes.len() as u64, segment.element_count());
                Told { what: What::Segment, offset: segment.offset, length, line: segment.line, elements }
            }
            Token::Damage(damage) => {
                assert!(damage.offset + damage.bytes <= data.len() as u64, "damage beyond the file: {damage:?}");
                Told { what: What::Damage, offset: damage.offset, length: damage.bytes, line: damage.line, elements: 0 }
            }
        };
        lines.is(told.line, told.offset);
        assert!(reader.bytes_read() <= data.len() as u64);
        all.push(told);
        assert!(all.len() <= 2 * data.len() + 2, "the reader goes round in circles");
    }
    assert_eq!(reader.bytes_read(), data.len() as u64, "bytes were left over");
    assert!(reader.next().expect("memory does not fail").is_none(), "the end of a file is its end");
    all
}

fn stands_at(data: &[u8], bytes: &[u8], offset: u64) {
    let at = usize::try_from(offset).expect("the file is in memory");
    assert_eq!(data.get(at..at + bytes.len()), Some(bytes), "the bytes stand elsewhere than told");
}

/// Its bytes are in the file at its offset, up to a terminator or the end, and its elements divide them without rest.
fn is_whole(segment: &Segment<'_>, data: &[u8]) {
    let Segment { bytes, offset, delimiters, .. } = *segment;
    assert!(!bytes.is_empty(), "an empty segment is damage");
    stands_at(data, bytes, offset);
    let after = data[offset as usize + bytes.len()..].iter().find(|byte| !matches!(byte, b'\r' | b'\n'));
    let ends = after.is_none_or(|&byte| byte == delimiters.segment) || matches!(delimiters.segment, b'\r' | b'\n');
    assert!(ends, "a segment ends before its terminator");
    let separators = bytes.iter().filter(|&&byte| byte == delimiters.element).count();
    assert_eq!(segment.element_count(), separators, "each separator begins an element");
    assert!(!bytes.contains(&delimiters.segment));
    let mut rest = bytes;
    for n in 0..=separators {
        let element = segment.element(n);
        assert!(rest.starts_with(element) && !element.contains(&delimiters.element), "elements in their order");
        let next = rest.get(element.len());
        assert!(next.is_none_or(|&byte| byte == delimiters.element), "an element ends at a separator");
        rest = rest.get(element.len() + 1..).unwrap_or_default();
    }
    assert!(rest.is_empty(), "elements divide a segment without rest");
    assert_eq!(segment.element(separators + 1), b"", "there is no element after the last");
}

/// Counts line feeds along the file, where no carriage return leaves open what a line is.
struct Lines<'d> {
    data: &'d [u8],
    countable: bool,
    passed: usize,
    line: u32,
}

impl<'d> Lines<'d> {
    fn of(data: &'d [u8]) -> Lines<'d> {
        Lines { data, countable: !data.contains(&b'\r'), passed: 0, line: 1 }
    }

    fn is(&mut self, line: u32, offset: u64) {
        let offset = offset as usize;
        if !self.countable || offset < self.passed {
            return;
        }
        self.line += self.data[self.passed..offset].iter().filter(|&&byte| byte == b'\n').count() as u32;
        self.passed = offset;
        assert_eq!(line, self.line, "the line of offset {offset}");
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Depth {
    File,
    Interchange,
    Group,
    Transaction,
}

/// How many there were of each, and what was found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    interchanges: u32,
    groups: u32,
    transactions: u32,
    segments: u32,
    findings: Vec<Finding>,
}

fn envelopes(source: impl Read, data: &[u8]) -> Counted {
    let mut envelopes = Envelopes::new(Reader::with_room(source, NARROW));
    let mut counted = Counted::default();
    let (mut depth, mut position, mut events) = (Depth::File, 0, 0);
    while let Some(event) = envelopes.next(&mut counted.findings).expect("memory does not fail") {
        events += 1;
        assert!(events <= 4 * data.len() + 8, "the envelopes go round in circles");
        match event {
            Event::InterchangeStart(_) => {
                assert_eq!(depth, Depth::File);
                depth = Depth::Interchange;
                counted.interchanges += 1;
            }
            Event::GroupStart(_) => {
                assert_eq!(depth, Depth::Interchange);
                depth = Depth::Group;
                counted.groups += 1;
            }
            Event::TransactionStart(_, st) => {
                assert_eq!((depth, st.id()), (Depth::Group, &b"ST"[..]));
                (depth, position) = (Depth::Transaction, 1);
                counted.transactions += 1;
            }
            Event::Segment(segment, at) => {
                position += 1;
                assert_eq!((depth, at), (Depth::Transaction, position), "positions count up by one");
                stands_at(data, segment.bytes, segment.offset);
                counted.segments += 1;
            }
            Event::TransactionEnd(end, se) => {
                assert_eq!(depth, Depth::Transaction);
                assert_eq!(end.segments, position + u32::from(se.is_some()));
                assert!(end.transaction.offset < end.offset_end && end.offset_end <= data.len() as u64);
                depth = Depth::Group;
            }
            Event::GroupEnd(_) => {
                assert_eq!(depth, Depth::Group);
                depth = Depth::Interchange;
            }
            Event::InterchangeEnd(_) => {
                assert_eq!(depth, Depth::Interchange);
                depth = Depth::File;
            }
            Event::Ta1(segment) => {
                assert_eq!((depth, segment.id()), (Depth::Interchange, &b"TA1"[..]));
            }
            // It is not held, but was one.
            Event::Damage(damage) if damage.kind == DamageKind::SegmentTooLong && depth == Depth::Transaction => {
                position += 1;
            }
            Event::Stray(_) | Event::Damage(_) => {}
        }
    }
    assert_eq!(depth, Depth::File, "what opens closes");
    counted.findings.iter().for_each(|finding| is_inside(finding, data));
    counted
}

/// A finding's place is one that the file has, and its words are whole.
pub fn is_inside(finding: &Finding, data: &[u8]) {
    if let Some(segment) = &finding.place.segment {
        assert!(segment.offset <= data.len() as u64, "{}: beyond the file", finding.edit);
        assert!(segment.position as usize <= data.len() && segment.line as usize <= data.len() + 1, "{}", finding.edit);
        assert!(segment.line >= 1, "{}: lines count from 1", finding.edit);
    }
    let place = &finding.place;
    let counts = [place.element, place.component, place.repetition];
    assert!(counts.into_iter().flatten().all(|number| number > 0), "{}: places count from 1", finding.edit);
    assert!((1..=7).contains(&finding.snip), "{}", finding.edit);
    assert!(finding.message.len() > 10, "{}: says nothing", finding.edit);
    let holes = ["{}", "{who}", "{0}"];
    // A value that is quoted may hold anything; the words around it may not.
    let open = holes.iter().any(|hole| finding.message.contains(hole)) && !data.contains(&b'{');
    assert!(!open, "{}: {}", finding.edit, finding.message);
}
