//! Changes a file the way partners get files wrong: whole segments and elements, counts set right again, so that most
//! inputs are X12 that is almost right and the fault is met deep in the check. Every fourth change is bytes, by
//! libFuzzer's own mutator.

use libfuzzer_sys::fuzzer_mutate;

use crate::seeds;
use crate::simulator::chance::Chance;

/// Below this an input holds no segment after its ISA.
const HEADER_BYTES: usize = 106;

/// Values that edits look at: dates, amounts, codes, qualifiers, numbers at the edge of what is held.
const VALUES: &[&str] = &[
    "", " ", "0", "1", "-1", "00", "000", "18", "20", "22", "23", "7", "8", "999", "Y", "N", "XX", "MI", "EI", "SY",
    "PI", "D8", "RD8", "DT", "TM", "CI", "MB", "MA", "WC", "11:A:1", "11:B:1", "21:B:1", "13:A:7", "20261001",
    "20261301", "20260229", "19000101", "99991231", "20261001-20261003", "20261003-20261001", "202610011530", "2500",
    "1234567893", "1234567890", "123456789", "207Q00000X", "300", "300.00", "300.005", ".5", "1.", "-0", "1E3",
    "99999999.99", "999999999999999999", "9223372036854775807", "-9223372036854775808", "92233720368547758.07",
    "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901", "ABK:E119",
    "ABK:E11.9", "ABF:I10", "ABJ:R509", "BBR:0FT44ZZ:D8:20261002", "BE:80:::2", "BH:11:D8:20261001", "HC:99213",
    "HC:99213:25:25", "HC:J3490", "AD:D0120", "0450", "1:2:3:4", "1:1", "5", "A7:562:85", "\u{e9}", "~", "*", ":", "^",
];

/// Segment ids, those of other transactions and none at all among them.
const IDS: &[&str] = &[
    "AAA", "AK1", "AK2", "AK9", "AMT", "BHT", "BPR", "CAS", "CL1", "CLM", "CLP", "CN1", "CR1", "CR2", "CR3", "CRC",
    "CTP", "CTX", "CUR", "DMG", "DN1", "DN2", "DTM", "DTP", "FRM", "GE", "GS", "HCP", "HI", "HL", "IEA", "IK3", "IK4",
    "IK5", "INS", "ISA", "K3", "LIN", "LQ", "LX", "MEA", "MIA", "MOA", "N1", "N2", "N3", "N4", "NM1", "NTE", "OI",
    "PAT", "PER", "PLB", "PRV", "PS1", "PWK", "QTY", "RDM", "REF", "SBR", "SE", "ST", "STC", "SV1", "SV2", "SV3", "SV5",
    "SVC", "SVD", "TA1", "TOO", "TRN", "TS2", "TS3", "ZZZ", "Z",
];

/// The other delimiters a file is rewritten with now and then: element, repetition, component, terminator.
const DELIMITERS: &[[u8; 4]] = &[*b"|^:~", *b"*!>\n", *b"+'<;", *b"\x1d\x1f\x1c\x1e", *b"\n^:~", *b"*^:\r", *b"~^:*"];

/// The mutator of libFuzzer's interface: changes `data[..size]` in place and returns the new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut dice = Chance::new(u64::from(seed));
    if size < HEADER_BYTES || dice.below(24) == 0 {
        let fresh = seeds::draw(&mut dice);
        return put(data, &fresh, max_size).unwrap_or_else(|| fuzzer_mutate(data, size, max_size));
    }
    if dice.below(4) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut file = Draft::read(&data[..size]);
    for _ in 0..=dice.below(3) {
        file.change(&mut dice);
    }
    if dice.below(8) != 0 {
        file.recount();
    }
    let written = file.write();
    put(data, &written, max_size).unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
}

fn put(data: &mut [u8], bytes: &[u8], max_size: usize) -> Option<usize> {
    let room = max_size.min(data.len());
    (bytes.len() <= room).then(|| {
        data[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    })
}

/// A segment's bytes without its terminator; taken apart only where it is changed.
type Segment = Vec<u8>;

/// A file cut into segments, whatever it holds.
struct Draft {
    /// The first 105 bytes, to which the terminator is added.
    header: Vec<u8>,
    element: u8,
    repetition: u8,
    component: u8,
    terminator: u8,
    segments: Vec<Segment>,
}

impl Draft {
    fn read(bytes: &[u8]) -> Draft {
        let (header, rest) = bytes.split_at(HEADER_BYTES - 1);
        let (element, repetition, component) = (header[3], header[82], header[104]);
        let (terminator, rest) = (rest[0], &rest[1..]);
        let segments = rest.split(|&byte| byte == terminator).filter(|segment| !segment.is_empty());
        let segments = segments.map(<[u8]>::to_vec).collect();
        Draft { header: header.to_vec(), element, repetition, component, terminator, segments }
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = self.header.clone();
        bytes.push(self.terminator);
        for segment in &self.segments {
            bytes.extend_from_slice(segment);
            bytes.push(self.terminator);
        }
        bytes
    }

    fn change(&mut self, dice: &mut Chance) {
        if self.segments.is_empty() {
            self.segments.push(b"GS".to_vec());
        }
        let at = dice.below(self.segments.len() as u64) as usize;
        match dice.below(16) {
            0 => {
                self.segments.remove(at);
            }
            1 => self.segments.insert(at, self.segments[at].clone()),
            2 => {
                let other = (at + 1 + dice.below(3) as usize) % self.segments.len();
                self.segments.swap(at, other);
            }
            3 => self.copy_run(at, dice),
            4 => self.borrow_segment(at, dice),
            5 => {
                let segment = &mut self.segments[at];
                let end = segment.iter().position(|&byte| byte == self.element).unwrap_or(segment.len());
                segment.splice(..end, dice.draw(IDS).bytes());
            }
            6 => self.rewrite(dice.draw(DELIMITERS)),
            7 => {
                self.segments[at].push(self.element);
                self.segments[at].extend_from_slice(dice.draw(VALUES).as_bytes());
            }
            _ => self.change_element(at, dice),
        }
    }

    /// Repeats a few segments somewhere else: a second line, claim or level.
    fn copy_run(&mut self, at: usize, dice: &mut Chance) {
        let length = (1 + dice.below(12) as usize).min(self.segments.len() - at);
        let run = self.segments[at..at + length].to_vec();
        let to = dice.below(self.segments.len() as u64 + 1) as usize;
        self.segments.splice(to..to, run);
    }

    /// A segment of another file, right as it stands there.
    fn borrow_segment(&mut self, at: usize, dice: &mut Chance) {
        let other = Draft::read(&seeds::draw(dice));
        if !other.segments.is_empty() {
            let segment = dice.pick(&other.segments).clone();
            self.segments.insert(at, segment);
        }
    }

    fn change_element(&mut self, at: usize, dice: &mut Chance) {
        let (component, repetition) = (self.component, self.repetition);
        let others = dice.below(self.segments.len() as u64) as usize;
        let separator = self.element;
        let borrowed = self.segments[others].rsplit(|&byte| byte == separator).next().unwrap_or_default().to_vec();
        let split = self.segments[at].split(|&byte| byte == separator);
        let mut segment: Vec<Vec<u8>> = split.map(<[u8]>::to_vec).collect();
        let place = dice.below(segment.len() as u64) as usize;
        let element = &mut segment[place];
        match dice.below(10) {
            0 => element.clear(),
            1 => {
                segment.truncate(place.max(1));
            }
            2 => segment.insert(place.max(1), Vec::new()),
            3 => *element = borrowed,
            4 => {
                element.push(component);
                element.extend_from_slice(dice.draw(VALUES).as_bytes());
            }
            5 => {
                let again = element.clone();
                element.push(repetition);
                element.extend_from_slice(&again);
            }
            6 if !element.is_empty() => {
                let byte = dice.below(element.len() as u64) as usize;
                element[byte] = b' ' + dice.below(95) as u8;
            }
            7 if !element.is_empty() => {
                let byte = dice.below(element.len() as u64) as usize;
                element.remove(byte);
            }
            8 => element.push(b'0' + dice.below(10) as u8),
            _ => *element = dice.draw(VALUES).into(),
        }
        self.segments[at] = segment.join(&separator);
    }

    /// The same file in other delimiters.
    fn rewrite(&mut self, to: [u8; 4]) {
        let from = [self.element, self.repetition, self.component, self.terminator];
        let swap = |byte: &mut u8| {
            if let Some(n) = from.iter().position(|old| old == byte) {
                *byte = to[n];
            }
        };
        self.header.iter_mut().for_each(swap);
        self.segments.iter_mut().flatten().for_each(swap);
        [self.element, self.repetition, self.component, self.terminator] = to;
    }

    /// SE01, GE01 and IEA01 as they should be.
    fn recount(&mut self) {
        let (mut segments, mut transactions, mut groups) = (0, 0, 0);
        for segment in &mut self.segments {
            segments += 1;
            let mut elements = segment.split(|&byte| byte == self.element);
            let count = match elements.next().unwrap_or_default().trim_ascii_start() {
                b"ST" => {
                    segments = 1;
                    transactions += 1;
                    continue;
                }
                b"GS" => {
                    (transactions, groups) = (0, groups + 1);
                    continue;
                }
                b"SE" => segments,
                b"GE" => transactions,
                b"IEA" => groups,
                _ => continue,
            };
            if let Some(stated) = elements.next().map(<[u8]>::len) {
                let begin = segment.iter().position(|&byte| byte == self.element).map_or(0, |at| at + 1);
                segment.splice(begin..begin + stated, count.to_string().into_bytes());
            }
        }
    }
}
