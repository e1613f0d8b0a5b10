//! Bytes to tokens, streaming: the window slides over the input and each token borrows from it. Never fails
//! on what is in the file; damage is a token too.

use std::io::{self, Read};

use memchr::memchr;

use super::delimiters::Fault;
use super::header::{self, Header, Width};
use super::starts::Starts;
use super::token::{Damage, DamageKind, Isa, Token};
use super::window::Window;
use super::{Delimiters, Segment};

/// Reads tokens one after another. `Err` is trouble of the input itself (disk, connection), never of the file.
pub struct Reader<R> {
    window: Window<R>,
    /// Of the next byte.
    line: u32,
    state: State,
    delimiters: Delimiters,
    starts: Starts,
    last: Option<Last>,
    /// Comes after the damage told first.
    queued: Option<Last>,
    indented_told: bool,
    any_isa: bool,
    /// A CR that ended a segment counted as the end of a line; an LF right after it does not.
    after_cr: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first interchange.
    Start,
    /// After an IEA, or after a header that cannot be used.
    Between,
    Inside,
    /// After a header whose delimiters hide the segments.
    Lost,
    End,
}

/// The token last read, by its place before the window's begin.
#[derive(Clone, Copy)]
enum Last {
    Isa { header: Header, back: usize, offset: u64, line: u32 },
    Segment { back: usize, length: usize, offset: u64, line: u32 },
    Damage(Damage),
}

impl<R: Read> Reader<R> {
    pub fn new(input: R) -> Reader<R> {
        Reader {
            window: Window::new(input),
            line: 1,
            state: State::Start,
            delimiters: Delimiters::USUAL,
            starts: Starts::default(),
            last: None,
            queued: None,
            indented_told: false,
            any_isa: false,
            after_cr: false,
        }
    }

    /// The next token, `None` at the end of the file.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "it lends from the window, which an Iterator cannot")]
    pub fn next(&mut self) -> io::Result<Option<Token<'_>>> {
        self.advance()?;
        Ok(self.current())
    }

    /// The token of the last [`Reader::next`] once more.
    #[inline]
    pub fn current(&self) -> Option<Token<'_>> {
        Some(match self.last? {
            Last::Segment { back, length, offset, line } => Token::Segment(Segment {
                bytes: self.window.before(back, length),
                starts: self.starts.all(),
                offset,
                line,
                delimiters: self.delimiters,
            }),
            Last::Isa { header, back, offset, line } => Token::Isa(Isa {
                bytes: self.window.before(back, header.length),
                bounds: header.bounds,
                offset,
                line,
                delimiters: header.delimiters,
            }),
            Last::Damage(damage) => Token::Damage(damage),
        })
    }

    /// Bytes of the file passed so far.
    pub fn bytes_read(&self) -> u64 {
        self.window.offset()
    }

    #[inline]
    pub(super) fn advance(&mut self) -> io::Result<()> {
        if let Some(queued) = self.queued.take() {
            self.last = Some(queued);
            return Ok(());
        }
        self.last = match self.state {
            State::Inside => self.segment()?,
            State::Start => self.first_interchange()?,
            State::Between => self.interchange()?,
            State::Lost => {
                self.skip_to_header()?;
                self.state = State::Between;
                self.interchange()?
            }
            State::End => None,
        };
        Ok(())
    }

    fn first_interchange(&mut self) -> io::Result<Option<Last>> {
        self.window.want(3)?;
        if self.window.bytes().starts_with(&[0xEF, 0xBB, 0xBF]) {
            self.window.consume(3);
        }
        self.interchange()
    }

    /// Looks for the next header; what stands before it is damage, but for blanks and the filler some systems
    /// end their files with.
    fn interchange(&mut self) -> io::Result<Option<Last>> {
        self.skip(|byte| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1A | 0x0B))?;
        if !self.window.want(1)? {
            return Ok(self.end());
        }
        self.window.want(header::BYTES_MAX)?;
        if header::begins(self.window.bytes()) {
            return self.header();
        }
        let (offset, line) = (self.window.offset(), self.line);
        let found = self.skip_to_header()?;
        let bytes = self.window.offset() - offset;
        let kind = match (found, self.any_isa) {
            (Found::Nothing, false) => DamageKind::NoIsa,
            (Found::Header, _) | (Found::Nothing, true) => DamageKind::OutsideInterchange,
        };
        // Told already, and the end of the file must not tell it twice.
        self.any_isa = true;
        Ok(Some(Last::Damage(Damage { kind, offset, line, bytes })))
    }

    fn end(&mut self) -> Option<Last> {
        self.state = State::End;
        let (offset, line) = (self.window.offset(), self.line);
        (!self.any_isa).then_some(Last::Damage(Damage { kind: DamageKind::NoIsa, offset, line, bytes: offset }))
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) -> io::Result<()> {
        loop {
            let bytes = self.window.bytes();
            let count = bytes.iter().position(|&b| !skipped(b)).unwrap_or(bytes.len());
            let all = count == bytes.len();
            self.pass(count);
            if !all || !self.window.fill()? {
                return Ok(());
            }
        }
    }

    /// Consumes bytes that belong to no segment, counting their lines.
    fn pass(&mut self, count: usize) {
        let lines = memchr::memchr_iter(b'\n', &self.window.bytes()[..count]).count();
        self.line += lines as u32;
        self.window.consume(count);
    }

    /// Stops before the next bytes that read as a header with proper delimiters.
    fn skip_to_header(&mut self) -> io::Result<Found> {
        loop {
            let bytes = self.window.bytes();
            let mut from = 1.min(bytes.len());
            let found = loop {
                let Some(at) = memchr::memmem::find(&bytes[from..], b"ISA").map(|at| at + from) else { break None };
                let apart = !bytes[at - 1].is_ascii_alphanumeric();
                let found = header::read(&bytes[at..]).filter(|h| apart || h.width == Width::Right);
                if found.is_some_and(|h| h.delimiters.fault().is_none()) {
                    break Some(at);
                }
                from = at + 3;
            };
            if let Some(at) = found {
                self.pass(at);
                return Ok(Found::Header);
            }
            // A header cut by the window's edge is kept for the next look.
            let keep = bytes.len().min(header::BYTES_MAX);
            let passed = bytes.len() - keep;
            self.pass(passed);
            if !self.window.fill()? {
                let rest = self.window.bytes().len();
                self.pass(rest);
                return Ok(Found::Nothing);
            }
        }
    }

    /// Reads the header that begins here; its damage, if any, comes first.
    fn header(&mut self) -> io::Result<Option<Last>> {
        self.window.want(header::BYTES_MAX)?;
        let (offset, line) = (self.window.offset(), self.line);
        self.any_isa = true;
        let Some(header) = header::read(self.window.bytes()) else {
            self.skip_to_header()?;
            self.state = State::Between;
            let bytes = self.window.offset() - offset;
            return Ok(Some(Last::Damage(Damage { kind: DamageKind::IsaUnreadable, offset, line, bytes })));
        };
        let (fault, ends_with) = (header.delimiters.fault(), header.delimiters.segment);
        let back = header.length + 1;
        self.window.consume(back);
        self.end_line(ends_with);
        self.delimiters = header.delimiters;
        self.state = match fault {
            Some(Fault::HidesSegments) => State::Lost,
            Some(Fault::HidesRepetitions) | None => State::Inside,
        };
        if fault.is_some() {
            self.delimiters.repetition = None;
        }
        let header = Header { delimiters: self.delimiters, ..header };
        let isa = Last::Isa { header, back, offset, line };
        let kind = match (fault, header.width) {
            (Some(_), _) => DamageKind::DelimitersUnusable,
            (None, Width::Wrong) => DamageKind::IsaWidth,
            (None, Width::Right) => return Ok(Some(isa)),
        };
        self.queued = Some(isa);
        Ok(Some(Last::Damage(Damage { kind, offset, line, bytes: back as u64 })))
    }

    /// A terminator that is itself the end of a line.
    #[inline]
    fn end_line(&mut self, terminator: u8) {
        self.after_cr = terminator == b'\r';
        if matches!(terminator, b'\r' | b'\n') {
            self.line += 1;
        }
    }

    fn segment(&mut self) -> io::Result<Option<Last>> {
        let blanks = self.skip_blanks()?;
        let (offset, line) = (self.window.offset(), self.line);
        if blanks > 0 && !self.indented_told && self.window.want(1)? {
            self.indented_told = true;
            let (offset, bytes) = (offset - blanks, blanks);
            return Ok(Some(Last::Damage(Damage { kind: DamageKind::Indented, offset, line, bytes })));
        }
        if self.window.bytes().first() == Some(&b'I') {
            self.window.want(4)?;
            if header::begins(self.window.bytes()) {
                return self.header();
            }
        }
        match self.scan()? {
            Scan::Terminated { length, lines } => Ok(Some(self.terminated(length, lines))),
            Scan::EndOfInput { length: 0, .. } => Ok(self.end()),
            Scan::EndOfInput { length, lines } => {
                self.state = State::End;
                self.window.consume(length);
                self.line += lines;
                self.queued = Some(self.last_segment(length, length, offset, line));
                let (kind, bytes) = (DamageKind::Unterminated, length as u64);
                Ok(Some(Last::Damage(Damage { kind, offset, line, bytes })))
            }
            Scan::TooLong => {
                self.skip_past_terminator()?;
                let bytes = self.window.offset() - offset;
                Ok(Some(Last::Damage(Damage { kind: DamageKind::SegmentTooLong, offset, line, bytes })))
            }
        }
    }

    #[inline]
    fn terminated(&mut self, length: usize, lines: u32) -> Last {
        let (offset, line) = (self.window.offset(), self.line);
        let ends_interchange =
            self.window.bytes().starts_with(b"IEA") && self.starts.all().get(1).is_none_or(|&at| at == 4);
        self.window.consume(length + 1);
        self.line += lines;
        self.end_line(self.delimiters.segment);
        if ends_interchange {
            self.state = State::Between;
        }
        if length == 0 {
            return Last::Damage(Damage { kind: DamageKind::EmptySegment, offset, line, bytes: 1 });
        }
        self.last_segment(length + 1, length, offset, line)
    }

    /// The segment without line breaks before its terminator.
    #[inline]
    fn last_segment(&self, back: usize, length: usize, offset: u64, line: u32) -> Last {
        let bytes = self.window.before(back, length);
        let breaks = bytes.iter().rev().take_while(|&&b| matches!(b, b'\r' | b'\n')).count();
        Last::Segment { back, length: length - breaks, offset, line }
    }

    /// Passes line breaks and blanks before a segment; how many blanks stood directly before it.
    #[inline]
    fn skip_blanks(&mut self) -> io::Result<u64> {
        let mut indent = 0;
        loop {
            let Some(&byte) = self.window.bytes().first() else {
                if self.window.fill()? {
                    continue;
                }
                return Ok(indent);
            };
            match byte {
                b'\n' => {
                    self.line += u32::from(!self.after_cr);
                    indent = 0;
                }
                b'\r' => indent = 0,
                b' ' | b'\t' => indent += 1,
                _ => return Ok(indent),
            }
            self.after_cr = false;
            self.window.consume(1);
        }
    }

    /// Finds the terminator and where each element starts; reads on at the window's edge.
    #[inline]
    fn scan(&mut self) -> io::Result<Scan> {
        let Delimiters { element, segment, .. } = self.delimiters;
        self.starts.begin();
        let (mut scanned, mut lines) = (0, 0);
        loop {
            let bytes = &self.window.bytes()[scanned..];
            let end = memchr(segment, bytes);
            let length = end.unwrap_or(bytes.len());
            lines += self.starts.divide(&bytes[..length], scanned, element);
            scanned += length;
            if end.is_some() {
                return Ok(Scan::Terminated { length: scanned, lines });
            }
            if self.window.is_full() {
                return Ok(Scan::TooLong);
            }
            if !self.window.fill()? {
                return Ok(Scan::EndOfInput { length: scanned, lines });
            }
        }
    }

    fn skip_past_terminator(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.window.bytes();
            if let Some(at) = memchr(self.delimiters.segment, bytes) {
                self.pass(at + 1);
                return Ok(());
            }
            let all = bytes.len();
            self.pass(all);
            if !self.window.fill()? {
                return Ok(());
            }
        }
    }
}

enum Found {
    Header,
    Nothing,
}

enum Scan {
    Terminated { length: usize, lines: u32 },
    EndOfInput { length: usize, lines: u32 },
    TooLong,
}
