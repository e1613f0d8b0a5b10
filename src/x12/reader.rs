//! Bytes to tokens, streaming: the window slides over the input and each token borrows from it. Never fails
//! on what is in the file; damage is a token too.

use std::io::{self, Read};

use memchr::memchr;

use super::delimiters::Fault;
use super::header::{self, Header, Width};
use super::marks::{Mark, Marks};
use super::token::{Damage, DamageKind, Isa, Token};
use super::window::{Room, Window};
use super::{Delimiters, Segment};

/// Reads tokens one after another. `Err` is trouble of the input itself (disk, connection), never of the file.
pub struct Reader<R> {
    window: Window<R>,
    /// Of the next byte.
    line: u32,
    state: State,
    delimiters: Delimiters,
    /// The interchange header read last.
    header: Option<Header>,
    marks: Marks,
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
    /// Its header is [`Reader::header`].
    Isa {
        offset: u64,
        line: u32,
    },
    Segment {
        mark: Mark,
        offset: u64,
        line: u32,
    },
    Damage(Damage),
}

impl<R: Read> Reader<R> {
    pub fn new(input: R) -> Reader<R> {
        Reader::with_room(input, Room::USUAL)
    }

    /// A reader that holds more or less of its input at once, and longer segments or only shorter ones.
    pub fn with_room(input: R, room: Room) -> Reader<R> {
        Reader {
            window: Window::new(input, room),
            line: 1,
            state: State::Start,
            delimiters: Delimiters::USUAL,
            header: None,
            marks: Marks::default(),
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
            Last::Segment { mark, offset, line } => {
                let starts = self.marks.places(mark);
                let (begin, end) = (starts[0] as usize, starts[starts.len() - 1] as usize - 1);
                let bytes = &self.window.filled()[begin..end];
                let (delimiters, looks) = (self.delimiters, mark.looks);
                Token::Segment(Segment { bytes, starts, offset, line, delimiters, looks })
            }
            Last::Isa { offset, line } => {
                let header = self.header?;
                let bytes = self.window.before(header.length + 1, header.length);
                Token::Isa(Isa { bytes, bounds: header.bounds, offset, line, delimiters: header.delimiters })
            }
            Last::Damage(damage) => Token::Damage(damage),
        })
    }

    /// The next segment, where it is at hand, begins plainly and is no envelope's; else nothing is read.
    #[inline]
    pub(super) fn next_plain(&mut self) -> Option<Segment<'_>> {
        let mark = self.marks.peek()?;
        let terminator = self.delimiters.segment;
        // Where a line break ends segments, lines are counted the long way.
        if mark.looks.odd() || self.queued.is_some() || self.state != State::Inside || terminator <= b'\r' {
            return None;
        }
        let at = self.window.begin();
        let (blank, rest) = match self.window.filled().get(at..)? {
            [b'\n', rest @ ..] => (1, rest),
            [b'\r', b'\n', rest @ ..] => (2, rest),
            rest => (0, rest),
        };
        match *rest {
            // ST, SE, GS, GE and whatever begins with I is left to the long way.
            [b'S' | b'G', second, third, ..] => {
                if matches!(second, b'T' | b'E' | b'S') && !third.is_ascii_alphanumeric() {
                    return None;
                }
            }
            [b'A'..=b'H' | b'J'..=b'Z', ..] => {}
            _ => return None,
        }
        self.line += u32::from(blank > 0);
        let (offset, line, begin) = (self.window.offset() + blank as u64, self.line, at + blank);
        let end = self.marks.pass(mark, begin);
        self.window.consume(end + 1 - at);
        let (delimiters, looks) = (self.delimiters, mark.looks);
        let bytes = &self.window.filled()[begin..end];
        Some(Segment { bytes, starts: self.marks.places(mark), offset, line, delimiters, looks })
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
        if self.state == State::Inside {
            return self.segment();
        }
        self.last = match self.state {
            State::Inside => None,
            State::Start => self.first_interchange()?,
            State::Between => self.interchange()?,
            State::Lost => {
                self.window.want(header::BYTES_MAX)?;
                if !header::begins(self.window.bytes()) {
                    self.skip_to_header()?;
                }
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
        let bytes = self.window.offset();
        (!self.any_isa).then_some(Last::Damage(Damage { kind: DamageKind::NoIsa, offset: 0, line: 1, bytes }))
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
        let mut ended = false;
        loop {
            let bytes = self.window.bytes();
            let mut from = 1.min(bytes.len());
            let (passed, found) = loop {
                let Some(at) = memchr::memmem::find(&bytes[from..], b"ISA").map(|at| at + from) else {
                    // The first letters may stand at the window's edge, and the byte before them counts.
                    break (bytes.len().saturating_sub(3), false);
                };
                // What the window's edge cuts is judged when all of it is there.
                if !ended && bytes.len() - at < header::BYTES_MAX {
                    break (at - 1, false);
                }
                let apart = !bytes[at - 1].is_ascii_alphanumeric();
                let found = header::read(&bytes[at..]).filter(|h| apart || h.width == Width::Right);
                if found.is_some_and(|h| h.fault().is_none()) {
                    break (at, true);
                }
                from = at + 3;
            };
            self.pass(passed);
            if found {
                return Ok(Found::Header);
            }
            if ended {
                let rest = self.window.bytes().len();
                self.pass(rest);
                return Ok(Found::Nothing);
            }
            ended = !self.window.fill()?;
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
        let (fault, ends_with) = (header.fault(), header.delimiters.segment);
        let back = header.length + 1;
        // A header that is not padded may have line breaks in it.
        self.pass(header.length);
        self.window.consume(1);
        self.end_line(ends_with);
        self.delimiters = header.delimiters;
        self.state = match fault {
            Some(Fault::HidesSegments) => State::Lost,
            Some(Fault::HidesRepetitions) | None => State::Inside,
        };
        if fault.is_some() {
            self.delimiters.repetition = None;
        }
        self.marks.restart(self.window.begin());
        self.header = Some(Header { delimiters: self.delimiters, ..header });
        let isa = Last::Isa { offset, line };
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

    #[inline]
    fn segment(&mut self) -> io::Result<()> {
        self.last = loop {
            match self.scan()? {
                Scan::Terminated(mark) if self.begins_plainly() => break Some(self.plain(mark)),
                Scan::Terminated(mark) => {
                    if let Some(last) = self.terminated(mark)? {
                        break Some(last);
                    }
                }
                Scan::EndOfInput => break self.unterminated()?,
                Scan::TooLong => break Some(self.too_long()?),
            }
        };
        Ok(())
    }

    /// Whether a segment that is no envelope's begins right here, or after the line break that most files have
    /// between segments, which is passed then.
    #[inline]
    fn begins_plainly(&mut self) -> bool {
        match self.window.bytes() {
            [b'A'..=b'H' | b'J'..=b'Z', ..] => true,
            [b'\n', b'A'..=b'H' | b'J'..=b'Z', ..] if !self.after_cr && self.delimiters.segment != b'\n' => {
                self.line += 1;
                self.window.consume(1);
                true
            }
            _ => false,
        }
    }

    /// Passes a segment that begins right here.
    #[inline]
    fn plain(&mut self, mut mark: Mark) -> Last {
        let (offset, line, begin) = (self.window.offset(), self.line, self.window.begin());
        let end = self.marks.begin_at(mark, begin);
        if mark.looks.odd() {
            self.trim(&mut mark, end);
        }
        self.window.consume(end - begin + 1);
        self.end_line(self.delimiters.segment);
        Last::Segment { mark, offset, line }
    }

    #[cold]
    fn too_long(&mut self) -> io::Result<Last> {
        let (offset, line) = (self.window.offset(), self.line);
        self.skip_past_terminator()?;
        self.marks.restart(self.window.begin());
        let bytes = self.window.offset() - offset;
        Ok(Last::Damage(Damage { kind: DamageKind::SegmentTooLong, offset, line, bytes }))
    }

    /// The next terminator; reads on at the window's edge.
    #[inline]
    fn scan(&mut self) -> io::Result<Scan> {
        loop {
            if let Some(mark) = self.marks.take() {
                return Ok(Scan::Terminated(mark));
            }
            if self.marks.scan(self.window.filled(), self.delimiters) {
                continue;
            }
            if self.window.is_full() {
                return Ok(Scan::TooLong);
            }
            let begin = self.window.begin();
            let more = self.window.fill()?;
            self.marks.shift(begin - self.window.begin());
            if !more {
                return Ok(Scan::EndOfInput);
            }
        }
    }

    /// A segment that begins in some other way; `None` when it turns out to be a line break and nothing else.
    #[inline(never)]
    fn terminated(&mut self, mut mark: Mark) -> io::Result<Option<Last>> {
        let end = self.end_of(mark);
        if let Some(indent) = self.skip_blanks(end) {
            self.marks.begin_at(mark, self.window.begin());
            let damage = Last::Damage(indent);
            if self.window.bytes().starts_with(b"I") && header::begins(self.window.bytes()) {
                self.marks.restart(self.window.begin());
                return Ok(Some(damage));
            }
            self.queued = Some(self.pass_segment(&mut mark, end));
            return Ok(Some(damage));
        }
        self.marks.begin_at(mark, self.window.begin());
        if self.window.bytes().first() == Some(&b'I') {
            let begin = self.window.begin();
            self.window.want(4)?;
            let moved = begin - self.window.begin();
            self.marks.shift(moved);
            if header::begins(self.window.bytes()) {
                return self.header();
            }
            return Ok(Some(self.pass_segment(&mut mark, end - moved)));
        }
        let line_break = matches!(self.delimiters.segment, b'\r' | b'\n');
        if line_break && self.window.begin() == end {
            self.window.consume(1);
            self.end_blank_line();
            return Ok(None);
        }
        Ok(Some(self.pass_segment(&mut mark, end)))
    }

    /// Where the terminator of a segment stands.
    fn end_of(&self, mark: Mark) -> usize {
        self.marks.places(mark).last().map_or(0, |&after| after as usize - 1)
    }

    /// A line break where the terminator is one too: an empty line.
    #[cold]
    fn end_blank_line(&mut self) {
        self.line += u32::from(self.delimiters.segment == b'\n');
        self.after_cr = false;
    }

    /// Passes a segment that ends before `end`, where its terminator stands.
    fn pass_segment(&mut self, mark: &mut Mark, end: usize) -> Last {
        let (offset, line) = (self.window.offset(), self.line);
        let length = end - self.window.begin();
        let starts = self.marks.places(*mark);
        // What comes after the id, or after the segment, begins one past three letters.
        let three_letters = starts[1] - starts[0] == 4;
        if three_letters && self.window.bytes().starts_with(b"IEA") {
            self.state = State::Between;
        }
        if length == 0 {
            self.window.consume(1);
            self.end_line(self.delimiters.segment);
            return Last::Damage(Damage { kind: DamageKind::EmptySegment, offset, line, bytes: 1 });
        }
        if mark.looks.odd() {
            self.trim(mark, end);
        }
        self.window.consume(length + 1);
        self.end_line(self.delimiters.segment);
        Last::Segment { mark: *mark, offset, line }
    }

    /// Leaves out line breaks before the terminator, and counts the lines of a segment that has some.
    #[cold]
    fn trim(&mut self, mark: &mut Mark, end: usize) {
        let begin = self.window.begin();
        let bytes = &self.window.filled()[begin..end];
        let breaks = bytes.iter().rev().take_while(|&&b| matches!(b, b'\r' | b'\n')).count();
        self.line += memchr::memchr_iter(b'\n', bytes).count() as u32;
        let kept = &bytes[..bytes.len() - breaks];
        if kept.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            mark.looks = mark.looks.without_odd();
        }
        if breaks > 0 {
            // A place beyond the text, after a separator that only line breaks follow, cannot be: separators are no
            // line breaks, so the last element starts at or before its end.
            self.marks.end_at(*mark, end - breaks);
        }
    }

    /// What stands after the last terminator when the file ends.
    fn unterminated(&mut self) -> io::Result<Option<Last>> {
        let end = self.window.filled().len();
        self.skip_blanks(end);
        let (offset, line) = (self.window.offset(), self.line);
        self.state = State::End;
        if self.window.bytes().is_empty() {
            return Ok(self.end());
        }
        if header::begins(self.window.bytes()) {
            return self.header();
        }
        let mut mark = self.marks.end_of_input(end);
        self.marks.begin_at(mark, self.window.begin());
        let bytes = (end - self.window.begin()) as u64;
        self.trim(&mut mark, end);
        self.window.consume(bytes as usize);
        self.queued = Some(Last::Segment { mark, offset, line });
        Ok(Some(Last::Damage(Damage { kind: DamageKind::Unterminated, offset, line, bytes })))
    }

    /// Passes line breaks and blanks before a segment, up to `end`. Blanks directly before the first segment that
    /// has some are a finding.
    #[inline]
    fn skip_blanks(&mut self, end: usize) -> Option<Damage> {
        let mut indent = 0;
        while self.window.begin() < end {
            match self.window.bytes()[0] {
                // An element or its part that is empty, at the begin of a segment without an id.
                byte if byte == b'\t' && self.delimiters.is_one(byte) => break,
                b'\n' => {
                    self.line += u32::from(!self.after_cr);
                    indent = 0;
                }
                b'\r' => indent = 0,
                b' ' | b'\t' => indent += 1,
                _ => break,
            }
            self.after_cr = false;
            self.window.consume(1);
        }
        if indent == 0 || self.indented_told || self.window.begin() == end {
            return None;
        }
        self.indented_told = true;
        let (offset, line) = (self.window.offset() - indent, self.line);
        Some(Damage { kind: DamageKind::Indented, offset, line, bytes: indent })
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
    Terminated(Mark),
    EndOfInput,
    TooLong,
}
