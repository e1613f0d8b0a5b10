//! Writes the envelope and the segments of an answer that goes on to a submitter. What a payer said is copied
//! segment by segment in the payer's own delimiters, so that nothing in it has to be rewritten; what we add to
//! it loses the few characters that would be read as delimiters.

use jiff::Zoned;

use crate::partner::InterchangeId;
use crate::partner::config::Usage;
use crate::x12::Delimiters;

/// Who writes to whom, and when.
#[derive(Clone, Debug)]
pub struct Letterhead<'a> {
    pub sender: &'a InterchangeId,
    pub receiver: &'a InterchangeId,
    pub usage: Usage,
    pub at: &'a Zoned,
}

/// One interchange with one group, being written.
pub struct Outgoing {
    delimiters: Delimiters,
    bytes: Vec<u8>,
    control: i64,
    transactions: u32,
    /// Of the open transaction, ST included.
    segments: u32,
    /// ST02 of the open transaction.
    transaction: String,
}

/// ISA13 has nine digits.
const CONTROL_NUMBERS: i64 = 1_000_000_000;

impl Outgoing {
    /// Writes ISA and GS. `control` is both ISA13 and GS06.
    pub fn begin(
        delimiters: Delimiters,
        head: &Letterhead<'_>,
        control: i64,
        group_code: &str,
        version: &str,
    ) -> Outgoing {
        let delimiters = fit(delimiters);
        let control = control.rem_euclid(CONTROL_NUMBERS);
        let mut out = Outgoing {
            delimiters,
            bytes: Vec::new(),
            control,
            transactions: 0,
            segments: 0,
            transaction: String::new(),
        };
        let (date, time) = (head.at.strftime("%Y%m%d").to_string(), head.at.strftime("%H%M").to_string());
        let usage = match head.usage {
            Usage::Test => "T",
            Usage::Production => "P",
        };
        let isa: [&str; 11] = [
            "ISA",
            "00",
            "          ",
            "00",
            "          ",
            &format!("{:<2}", head.sender.qualifier.as_str()),
            &head.sender.padded(),
            &format!("{:<2}", head.receiver.qualifier.as_str()),
            &head.receiver.padded(),
            &date[2..],
            &time,
        ];
        for element in isa {
            out.value(element);
            out.bytes.push(delimiters.element);
        }
        out.bytes.push(delimiters.repetition.unwrap_or(b'^'));
        for element in ["00501", &format!("{control:09}"), "0", usage] {
            out.bytes.push(delimiters.element);
            out.value(element);
        }
        out.bytes.extend_from_slice(&[delimiters.element, delimiters.component, delimiters.segment]);
        let control = control.to_string();
        out.segment(&[
            "GS",
            group_code,
            head.sender.id.as_str(),
            head.receiver.id.as_str(),
            &date,
            &time,
            &control,
            "X",
            version,
        ]);
        out
    }

    /// Opens the next transaction; an empty version is not written.
    pub fn begin_transaction(&mut self, code: &str, version: &str) {
        self.transactions += 1;
        self.segments = 0;
        self.transaction = format!("{:04}", self.transactions);
        let control = self.transaction.clone();
        self.segment(&["ST", code, &control, version]);
    }

    pub fn end_transaction(&mut self) {
        let (count, control) = ((self.segments + 1).to_string(), self.transaction.clone());
        self.segment(&["SE", &count, &control]);
    }

    pub fn is_empty(&self) -> bool {
        self.transactions == 0
    }

    /// Writes GE and IEA.
    pub fn finish(mut self) -> Vec<u8> {
        let (transactions, control) = (self.transactions.to_string(), self.control);
        self.segment(&["GE", &transactions, &control.to_string()]);
        self.segment(&["IEA", "1", &format!("{control:09}")]);
        self.bytes
    }

    /// A segment of ours. Empty elements at its end are left out; a delimiter inside a value becomes a blank.
    pub fn segment(&mut self, elements: &[&str]) {
        let used = elements.iter().rposition(|element| !element.is_empty()).map_or(0, |last| last + 1);
        for (n, element) in elements[..used].iter().enumerate() {
            if n > 0 {
                self.bytes.push(self.delimiters.element);
            }
            self.value(element);
        }
        self.end_segment();
    }

    /// The same with one composite, written `A1:19:PR`, as element `place`.
    pub fn segment_with_composite(&mut self, elements: &[&str], place: usize) {
        let used = elements.iter().rposition(|element| !element.is_empty()).map_or(0, |last| last + 1);
        for (n, element) in elements[..used].iter().enumerate() {
            if n > 0 {
                self.bytes.push(self.delimiters.element);
            }
            if n == place {
                for (c, component) in element.split(':').enumerate() {
                    if c > 0 {
                        self.bytes.push(self.delimiters.component);
                    }
                    self.value(component);
                }
            } else {
                self.value(element);
            }
        }
        self.end_segment();
    }

    /// A segment of the payer's, as it stands, without its terminator.
    pub fn copy(&mut self, segment: &[u8], from: Delimiters) {
        self.copy_bytes(segment, from);
        self.end_segment();
    }

    /// The same with another value for element `place` (the id is 0).
    pub fn copy_replacing(&mut self, segment: &[u8], from: Delimiters, place: usize, value: &str) {
        for (at, element) in elements(segment, from).enumerate() {
            if at > 0 {
                self.bytes.push(self.delimiters.element);
            }
            if at == place { self.value(value) } else { self.copy_bytes(element, from) }
        }
        self.end_segment();
    }

    /// In the delimiters of this file. A byte that would be read as one here and was none there becomes a blank.
    fn copy_bytes(&mut self, bytes: &[u8], from: Delimiters) {
        let to = self.delimiters;
        if from == to {
            return self.bytes.extend_from_slice(bytes);
        }
        let written = |&byte: &u8| match byte {
            byte if byte == from.element => to.element,
            byte if byte == from.component => to.component,
            byte if Some(byte) == from.repetition => to.repetition.unwrap_or(b' '),
            byte if to.is_one(byte) => b' ',
            byte => byte,
        };
        self.bytes.extend(bytes.iter().map(written));
    }

    fn value(&mut self, value: &str) {
        let delimiters = self.delimiters;
        let shown = |byte: u8| if delimiters.is_one(byte) || byte.is_ascii_control() { b' ' } else { byte };
        self.bytes.extend(value.bytes().map(shown));
    }

    fn end_segment(&mut self) {
        self.segments += 1;
        self.bytes.push(self.delimiters.segment);
    }
}

/// The segments of a part of a file, without terminators and line breaks.
pub fn segments(part: &[u8], delimiters: Delimiters) -> impl Iterator<Item = &[u8]> {
    part.split(move |&byte| byte == delimiters.segment)
        .map(|segment| segment.trim_ascii_start().trim_suffix_breaks())
        .filter(|segment| !segment.is_empty())
}

/// The elements of one segment.
pub fn elements(segment: &[u8], delimiters: Delimiters) -> impl Iterator<Item = &[u8]> {
    segment.split(move |&byte| byte == delimiters.element)
}

trait TrimBreaks {
    fn trim_suffix_breaks(&self) -> &Self;
}

impl TrimBreaks for [u8] {
    fn trim_suffix_breaks(&self) -> &[u8] {
        let kept = self.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        &self[..kept]
    }
}

/// Delimiters that a 00501 header can say: a payer's that cannot be used, or are no ASCII, give way to the usual ones.
fn fit(delimiters: Delimiters) -> Delimiters {
    if delimiters.fault().is_some() || !delimiters.are_ascii() {
        return Delimiters::USUAL;
    }
    let free = [b'^', b'!', b'|', b'%'].into_iter().find(|&byte| !delimiters.is_one(byte));
    Delimiters { repetition: delimiters.repetition.or(free), ..delimiters }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x12::{Envelopes, Event, Reader};

    fn check(delimiters: Delimiters) {
        let (sender, receiver) =
            (InterchangeId::new("ZZ", "CLAIMGATE").unwrap(), InterchangeId::new("ZZ", "ACME").unwrap());
        let at: Zoned = "2026-11-22T07:05:00-05:00[America/New_York]".parse().unwrap();
        let head = Letterhead { sender: &sender, receiver: &receiver, usage: Usage::Test, at: &at };
        let mut out = Outgoing::begin(delimiters, &head, 42, "HN", "005010X214");
        out.begin_transaction("277", "005010X214");
        out.segment(&["NM1", "41", "2", "A*B|C", "", ""]);
        out.segment_with_composite(&["STC", "A1:19:PR", "20261122"], 1);
        out.end_transaction();
        let bytes = out.finish();
        let mut envelopes = Envelopes::new(Reader::new(&bytes[..]));
        let (mut findings, mut segments) = (Vec::new(), 0);
        while let Some(event) = envelopes.next(&mut findings).unwrap() {
            if let Event::Segment(segment, _) = event {
                segments += 1;
                if segment.id() == b"STC" {
                    assert_eq!(segment.component(1, 3), b"PR");
                }
            }
        }
        assert_eq!((segments, findings.len()), (2, 0), "{findings:?}");
    }

    #[test]
    fn what_is_written_reads_back_without_a_finding_in_any_delimiters() {
        check(Delimiters::USUAL);
        check(Delimiters { element: b'|', repetition: None, component: b'>', segment: b'\n' });
        check(Delimiters { element: 0x1D, repetition: Some(0x1F), component: 0x1E, segment: 0x1C });
    }

    #[test]
    fn what_is_copied_is_in_the_delimiters_of_the_letter() {
        let from = Delimiters { element: 0xA6, repetition: Some(0xFE), component: 0xFF, segment: b'\n' };
        check(from);
        let copied = |from: Delimiters, segment: &[u8]| {
            let at: Zoned = "2026-11-22T07:05:00-05:00[America/New_York]".parse().unwrap();
            let id = InterchangeId::new("ZZ", "CLAIMGATE").unwrap();
            let head = Letterhead { sender: &id, receiver: &id, usage: Usage::Test, at: &at };
            let mut out = Outgoing::begin(from, &head, 42, "HN", "005010X214");
            let begin = out.bytes.len();
            out.copy(segment, from);
            out.copy_replacing(segment, from, 1, "NEW");
            out.bytes.split_off(begin)
        };
        assert_eq!(copied(from, b"STC\xA6A1\xFF19\xFEA2*\xA6x~"), b"STC*A1:19^A2 *x ~STC*NEW*x ~");
        let tabs = Delimiters { element: b'\t', ..Delimiters::USUAL };
        assert_eq!(copied(tabs, b"STC\tA1:19\tx"), b"STC\tA1:19\tx~STC\tNEW\tx~");
    }

    #[test]
    fn a_part_of_a_file_splits_into_its_segments() {
        let part = b"TRN*2*1~\r\nSTC*A2:20~\nREF*1K*9~\n";
        let all: Vec<&[u8]> = segments(part, Delimiters::USUAL).collect();
        assert_eq!(all, [&b"TRN*2*1"[..], b"STC*A2:20", b"REF*1K*9"]);
    }
}
