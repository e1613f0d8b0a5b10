//! Writes segments. The delimiters are those of the interchange that is answered: what is copied from it
//! holds none of them, so that it stands in the answer exactly as it was sent.

use std::io;

use super::spool::Spool;
use crate::x12::Delimiters;

/// Segments of one transaction, or of an envelope.
#[derive(Clone, Debug)]
pub struct Pen {
    delimiters: Delimiters,
    out: Vec<u8>,
    /// Empty elements that are only written when another follows.
    skipped: usize,
    pub segments: u32,
}

impl Pen {
    pub fn new(delimiters: Delimiters) -> Pen {
        Pen { delimiters, out: Vec::new(), skipped: 0, segments: 0 }
    }

    pub fn begin(&mut self, id: &str) -> &mut Pen {
        self.out.extend_from_slice(id.as_bytes());
        self.skipped = 0;
        self
    }

    /// Adds an element. A delimiter, control character or letter beyond ASCII in it becomes a blank; trailing
    /// blanks go.
    pub fn element(&mut self, value: impl AsRef<[u8]>) -> &mut Pen {
        self.composite(&[value.as_ref()])
    }

    /// Adds as many empty elements.
    pub fn skip(&mut self, count: usize) -> &mut Pen {
        self.skipped += count;
        self
    }

    pub fn composite(&mut self, parts: &[&[u8]]) -> &mut Pen {
        let delimiters = self.delimiters;
        let used = parts.iter().rposition(|part| delimiters.written(part) > 0).map_or(0, |last| last + 1);
        if used == 0 {
            return self.skip(1);
        }
        for _ in 0..=std::mem::take(&mut self.skipped) {
            self.out.push(delimiters.element);
        }
        for (nth, part) in parts[..used].iter().enumerate() {
            if nth > 0 {
                self.out.push(delimiters.component);
            }
            let bytes = part[..delimiters.written(part)].iter();
            self.out.extend(bytes.map(|&byte| if delimiters.blanks(byte) { b' ' } else { byte }));
        }
        self
    }

    pub fn end(&mut self) {
        let Delimiters { segment, .. } = self.delimiters;
        self.out.push(segment);
        if !matches!(segment, b'\n' | b'\r') {
            self.out.push(b'\n');
        }
        self.skipped = 0;
        self.segments += 1;
    }

    /// Writes the ISA, whose elements have fixed widths.
    pub fn isa(&mut self, elements: &IsaElements<'_>) {
        let repetition = [self.delimiters.repetition.unwrap_or(b'^')];
        let component = [self.delimiters.component];
        let control = format!("{:09}", elements.control % 1_000_000_000);
        self.out.extend_from_slice(b"ISA");
        for (value, width) in [
            ("00", 2),
            ("", 10),
            ("00", 2),
            ("", 10),
            (elements.sender.0, 2),
            (elements.sender.1, 15),
            (if known(elements.receiver.0) { elements.receiver.0 } else { "ZZ" }, 2),
            (or(elements.receiver.1, "UNKNOWN"), 15),
            (&elements.date, 6),
            (&elements.time, 4),
        ] {
            self.fixed(value, width);
        }
        self.raw(&repetition);
        for (value, width) in [("00501", 5), (control.as_str(), 9), ("0", 1), (elements.usage, 1)] {
            self.fixed(value, width);
        }
        self.raw(&component);
        self.end();
    }

    /// An element of exactly so many bytes.
    fn fixed(&mut self, value: &str, width: usize) {
        self.out.push(self.delimiters.element);
        let bytes = value.bytes().map(|byte| if self.delimiters.blanks(byte) { b' ' } else { byte });
        self.out.extend(bytes.chain(std::iter::repeat(b' ')).take(width));
    }

    /// An element that shows a delimiter.
    fn raw(&mut self, bytes: &[u8]) {
        self.out.push(self.delimiters.element);
        self.out.extend_from_slice(bytes);
    }

    /// Bytes written and not taken yet.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Hands the bytes written so far to the spool; the count of segments goes on.
    pub fn pour(&mut self, spool: &mut Spool) -> io::Result<()> {
        spool.append(&self.out)?;
        self.out.clear();
        Ok(())
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// The value, or `otherwise` when fewer than `min` bytes of it would be written.
    pub fn at_least<'v>(&self, min: usize, value: &'v [u8], otherwise: &'v [u8]) -> &'v [u8] {
        if self.delimiters.written(value) < min { otherwise } else { value }
    }

    /// True when exactly so many bytes of the value would be written, and all of them as they are.
    pub fn fills(&self, bytes: usize, value: &[u8]) -> bool {
        value.len() == bytes && !value.iter().any(|&byte| self.delimiters.blanks(byte))
    }

    /// An empty one with the same delimiters.
    pub fn another(&self) -> Pen {
        Pen::new(self.delimiters)
    }

    /// True when the value can stand in an answer as it is.
    pub fn can_hold(&self, value: &[u8]) -> bool {
        !value.iter().any(|&byte| self.delimiters.is_one(byte) || !(0x20..0x7F).contains(&byte))
    }
}

/// What becomes of values that are copied.
trait Copying {
    /// True for a byte that is written as a blank.
    fn blanks(&self, byte: u8) -> bool;

    /// How many bytes of a value are written: up to the last that is no blank.
    fn written(&self, value: &[u8]) -> usize {
        value.iter().rposition(|&byte| !self.blanks(byte)).map_or(0, |last| last + 1)
    }
}

impl Copying for Delimiters {
    fn blanks(&self, byte: u8) -> bool {
        byte == b' ' || byte.is_ascii_control() || !byte.is_ascii() || self.is_one(byte)
    }
}

/// ISA05 and ISA07 that exist: who gave the sender or receiver its id.
fn known(qualifier: &str) -> bool {
    matches!(qualifier, "01" | "14" | "20" | "27" | "28" | "29" | "30" | "33" | "ZZ")
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.trim().is_empty() { otherwise } else { text }
}

/// What varies in an ISA that we write.
#[derive(Debug)]
pub struct IsaElements<'a> {
    /// Qualifier and id.
    pub sender: (&'a str, &'a str),
    pub receiver: (&'a str, &'a str),
    pub date: String,
    pub time: String,
    pub control: u64,
    pub usage: &'a str,
}

/// The first `max` bytes.
pub fn cut(value: &[u8], max: usize) -> &[u8] {
    &value[..value.len().min(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_empty_elements_and_components_are_not_written() {
        let mut pen = Pen::new(Delimiters::USUAL);
        pen.begin("STC").composite(&[b"A1", b"19", b"", b""]).element("").skip(2).element("5").element("").end();
        assert_eq!(pen.into_bytes(), b"STC*A1:19****5~\n");
    }

    #[test]
    fn a_delimiter_in_a_text_becomes_a_blank() {
        let mut pen = Pen::new(Delimiters::USUAL);
        pen.begin("NM1").element("A*B:C~D\nE\u{e9}F").end();
        assert_eq!(pen.into_bytes(), b"NM1*A B C D E  F~\n");
    }

    #[test]
    fn an_isa_keeps_its_form_whatever_was_received() {
        for (qualifier, id) in
            [("", ""), ("\u{e9}\u{e9}", "R\u{c9}GION"), ("*", "A*B:C~"), ("ZZZ", "A LONGER ONE THAN FITS")]
        {
            let mut pen = Pen::new(Delimiters::USUAL);
            let (date, time) = ("261101".to_string(), "1200".to_string());
            let (sender, receiver) = (("ZZ", "US"), (qualifier, id));
            pen.isa(&IsaElements { sender, receiver, date, time, control: 7, usage: "T" });
            let bytes = pen.into_bytes();
            assert_eq!((bytes.len(), &bytes[50..54], bytes[105]), (107, &b"*ZZ*"[..], b'~'), "{qualifier} {id}");
            assert_ne!(&bytes[54..69], &b"               "[..]);
        }
    }

    #[test]
    fn an_isa_is_106_bytes() {
        let mut pen = Pen::new(Delimiters::USUAL);
        let (date, time) = ("261101".to_string(), "1200".to_string());
        pen.isa(&IsaElements { sender: ("ZZ", "US"), receiver: ("ZZ", "THEM"), date, time, control: 7, usage: "T" });
        let bytes = pen.into_bytes();
        assert_eq!((bytes.len(), bytes[105]), (107, b'~'));
        assert_eq!(&bytes[70..104], b"261101*1200*^*00501*000000007*0*T*");
    }

    #[test]
    fn an_isa_keeps_its_width_whatever_an_id_holds() {
        let mut pen = Pen::new(Delimiters { element: b'|', ..Delimiters::USUAL });
        let (date, time) = ("261101".to_string(), "1200".to_string());
        let (sender, receiver) = (("Z", "A*B|\u{fffd}~C"), ("ZZZ", "LONGER THAN FIFTEEN"));
        pen.isa(&IsaElements { sender, receiver, date, time, control: 7, usage: "" });
        let bytes = pen.into_bytes();
        assert_eq!((bytes.len(), bytes[105]), (107, b'~'));
        assert_eq!(&bytes[31..70], b"|Z |A*B     C      |ZZ|LONGER THAN FIF|");
    }
}
