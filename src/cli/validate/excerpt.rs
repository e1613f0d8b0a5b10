//! The segment a finding points at, as it stands in the file, with carets under what is meant. What could upset a
//! terminal is made visible; of a long segment the part around the carets is shown.

use super::source::Again;
use crate::cli::output::visible;
use crate::domain::finding::Place;
use crate::domain::limits::SEGMENT_BYTES_MAX;
use crate::x12::{Delimiters, Looks, Segment};

/// Read at first; nearly every segment is shorter.
const FIRST_BYTES: usize = 1024;
/// Columns of a segment that are shown: an ISA fits.
const WIDTH: usize = 108;
/// Of those, left of the carets in a segment that is cut.
const BEFORE: usize = 24;
const CUT: char = '…';

/// A segment read again.
#[derive(Debug)]
pub(super) struct Excerpt {
    bytes: Vec<u8>,
    /// Of each element, and of what follows the terminator.
    starts: Vec<u32>,
    delimiters: Delimiters,
    /// Its terminator was found.
    ended: bool,
}

/// An excerpt ready for print: one line, and how many columns are before the carets and under them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    pub line: String,
    pub before: usize,
    pub carets: usize,
}

impl Excerpt {
    /// `None` where the bytes are not at hand any more.
    pub fn read(again: &Again, offset: u64, delimiters: Delimiters) -> Option<Excerpt> {
        let terminator = |bytes: &[u8]| memchr::memchr(delimiters.segment, bytes);
        let mut bytes = again.read(offset, FIRST_BYTES);
        let mut end = terminator(&bytes);
        if end.is_none() && bytes.len() == FIRST_BYTES {
            bytes = again.read(offset, SEGMENT_BYTES_MAX);
            end = terminator(&bytes);
        }
        if bytes.is_empty() {
            return None;
        }
        bytes.truncate(end.unwrap_or(bytes.len()));
        let breaks = bytes.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        bytes.truncate(bytes.len() - breaks);
        let elements = memchr::memchr_iter(delimiters.element, &bytes).map(|at| at as u32 + 1);
        let after = bytes.len() as u32 + 1;
        let starts = std::iter::once(0).chain(elements).chain([after]).collect();
        Some(Excerpt { bytes, starts, delimiters, ended: end.is_some() })
    }

    pub fn segment(&self) -> Segment<'_> {
        let Excerpt { bytes, starts, delimiters, .. } = self;
        Segment { bytes, starts, offset: 0, line: 1, delimiters: *delimiters, looks: Looks::UNKNOWN }
    }

    pub fn draw(&self, place: &Place) -> Drawn {
        let (from, to) = self.meant(place);
        let text = String::from_utf8_lossy(&self.bytes);
        let latin = matches!(text, std::borrow::Cow::Owned(_));
        // Of a segment that is not UTF-8 every byte is a character.
        let mut columns: Vec<(usize, char)> = match latin {
            true => self.bytes.iter().map(|&byte| char::from(byte)).enumerate().collect(),
            false => text.char_indices().collect(),
        };
        if self.ended {
            columns.push((self.bytes.len(), char::from(self.delimiters.segment)));
        }
        let column_of = |byte: usize| columns.iter().take_while(|(at, _)| *at < byte).count();
        let (from, to) = (column_of(from), column_of(to));
        let characters: Vec<char> = columns.iter().map(|(_, character)| visible(*character)).collect();
        windowed(&characters, from, to.max(from + 1))
    }

    /// The bytes of the element, repetition or component meant; of a whole segment its id.
    fn meant(&self, place: &Place) -> (usize, usize) {
        let segment = self.segment();
        let Some(element) = place.element.map(usize::from).filter(|element| *element > 0) else {
            return (0, segment.id().len());
        };
        if element > segment.element_count() {
            return (self.bytes.len(), self.bytes.len());
        }
        let start = self.starts[element] as usize;
        let whole = (start, start + segment.element(element).len());
        let repetition = place.repetition.map(|repetition| (repetition, self.delimiters.repetition));
        let first = place.component.map(|_| (1, self.delimiters.repetition));
        let part = match repetition.or(first) {
            Some((number, Some(separator))) => self.part(whole, separator, number),
            Some((_, None)) | None => whole,
        };
        match place.component {
            Some(component) => self.part(part, self.delimiters.component, component),
            None => part,
        }
    }

    /// The `number`th part between separators; its end where there are fewer.
    fn part(&self, (from, to): (usize, usize), separator: u8, number: u16) -> (usize, usize) {
        let mut begin = from;
        for (n, part) in (1..).zip(self.bytes[from..to].split(|&byte| byte == separator)) {
            if n == number {
                return (begin, begin + part.len());
            }
            begin += part.len() + 1;
        }
        (to, to)
    }
}

fn windowed(characters: &[char], from: usize, to: usize) -> Drawn {
    if characters.len() <= WIDTH {
        return Drawn { line: characters.iter().collect(), before: from, carets: to - from };
    }
    let begin = from.saturating_sub(BEFORE).min(characters.len().saturating_sub(WIDTH));
    let end = (begin + WIDTH).min(characters.len());
    let cut = |cut: bool| if cut { Some(CUT) } else { None };
    let (left, right) = (cut(begin > 0), cut(end < characters.len()));
    let shown = characters[begin..end].iter().copied();
    let line = left.into_iter().chain(shown).chain(right).collect();
    let before = from - begin + usize::from(left.is_some());
    Drawn { line, before, carets: to.min(end).saturating_sub(from).max(1) }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::super::source::Source;
    use super::*;

    fn place(element: Option<u16>, repetition: Option<u16>, component: Option<u16>) -> Place {
        Place { element, repetition, component, ..Place::default() }
    }

    fn drawn(file: &[u8], offset: u64, place: &Place) -> Drawn {
        let mut source = Source::of_stream(Box::new(Cursor::new(file.to_vec())));
        source.read_to_end(&mut Vec::new()).unwrap();
        Excerpt::read(&source.again(), offset, Delimiters::USUAL).unwrap().draw(place)
    }

    /// What the carets stand under.
    fn under(file: &str, place: &Place) -> String {
        let Drawn { line, before, carets } = drawn(file.as_bytes(), 0, place);
        line.chars().skip(before).take(carets).collect()
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        let text = "HI*ABK:A01^ABF:B02*X~REF*";
        for (element, repetition, component, expected) in [
            (None, None, None, "HI"),
            (Some(1), None, None, "ABK:A01^ABF:B02"),
            (Some(1), Some(2), None, "ABF:B02"),
            (Some(1), Some(2), Some(2), "B02"),
            (Some(1), None, Some(2), "A01"),
            (Some(2), None, None, "X"),
            // What is missing is missed at the end.
            (Some(7), None, None, "~"),
            (Some(1), None, Some(9), "^"),
        ] {
            assert_eq!(under(text, &place(element, repetition, component)), expected, "{element:?} {component:?}");
        }
        assert_eq!(under("NM1*85**X~", &place(Some(2), None, None)), "*", "an empty element");
    }

    #[test]
    fn of_a_long_segment_the_part_in_question_is_shown() {
        let text = format!("NTE*ADD*{}*HERE*{}~", "A".repeat(300), "B".repeat(300));
        let place = place(Some(3), None, None);
        assert_eq!(under(&text, &place), "HERE");
        let Drawn { line, .. } = drawn(text.as_bytes(), 0, &place);
        assert!(line.starts_with("…AAA") && line.ends_with("B…"), "{line}");
        assert_eq!(line.chars().count(), WIDTH + 2);
        // An element longer than the window.
        assert_eq!(under(&text, &Place { element: Some(2), ..place }).chars().count(), WIDTH - "NTE*ADD*".len());
    }

    #[test]
    fn control_characters_and_foreign_letters_take_one_column_each() {
        let place = place(Some(2), None, None);
        let Drawn { line, before, carets } = drawn("NTE*\u{1b}[2J\r\n\u{202e}é*AB~".as_bytes(), 0, &place);
        assert_eq!(line, "NTE*␛[2J␍␊\u{FFFD}é*AB~");
        assert_eq!((before, carets), (13, 2));
        // Not UTF-8: read byte by byte.
        let Drawn { line, before, .. } = drawn(b"NTE*M\xfcller*AB~", 0, &place);
        assert_eq!((line.as_str(), before), ("NTE*Müller*AB~", 11));
    }

    #[test]
    fn the_last_segment_may_lack_its_terminator() {
        let Drawn { line, .. } = drawn(b"GE*1*1~IEA*1*00000\r\n", 7, &place(Some(2), None, None));
        assert_eq!(line, "IEA*1*00000");
    }
}
