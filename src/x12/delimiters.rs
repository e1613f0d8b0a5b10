//! The four characters an interchange is written with, as its ISA shows them.

/// Taken from the ISA: element separator at byte 3, repetition separator at 82, component separator at
/// 104, segment terminator at 105.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters {
    pub element: u8,
    /// `None` when ISA11 holds a letter or digit, as 4010's `U`.
    pub repetition: Option<u8>,
    pub component: u8,
    pub segment: u8,
}

impl Delimiters {
    /// The usual ones: `*`, `^`, `:` and `~`. What the gateway writes unless the data holds one of them.
    pub const USUAL: Delimiters = Delimiters { element: b'*', repetition: Some(b'^'), component: b':', segment: b'~' };

    /// What makes these unfit for reading or writing.
    pub fn fault(self) -> Option<Fault> {
        // Blanks and line breaks around segments are passed over, so that they can separate nothing inside one.
        let fit = |b: u8| !b.is_ascii_alphanumeric() && !matches!(b, b' ' | b'\r' | b'\n');
        let (e, c, s) = (self.element, self.component, self.segment);
        let ends = fit(s) || matches!(s, b'\r' | b'\n');
        if !fit(e) || !ends || e == s {
            return Some(Fault::HidesSegments);
        }
        let doubled = self.repetition.is_some_and(|r| !fit(r) || r == e || r == c || r == s);
        (!fit(c) || c == e || c == s || doubled).then_some(Fault::HidesRepetitions)
    }

    /// Whether all are characters of ASCII. Others are taken where a header shows them in their places, and never written:
    /// a byte of them may be half a character to whoever reads.
    pub fn are_ascii(self) -> bool {
        [Some(self.element), self.repetition, Some(self.component), Some(self.segment)]
            .iter()
            .flatten()
            .all(u8::is_ascii)
    }

    /// Whether data with this byte would be read as something else.
    pub fn is_one(self, byte: u8) -> bool {
        byte == self.element || byte == self.component || byte == self.segment || Some(byte) == self.repetition
    }
}

/// Two delimiters are equal, or one is a letter, digit or blank; or one that is no terminator is a line break; or the header
/// is not as wide as it must be and one is no ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The element separator or segment terminator: no segment can be told from the next.
    HidesSegments,
    /// The component or repetition separator: segments and elements read well, what is inside them may not.
    HidesRepetitions,
}

impl Default for Delimiters {
    fn default() -> Delimiters {
        Delimiters::USUAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x12::{Envelopes, Event, Reader};

    const FILE: &str = "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *261102*1300*^*00501*000000007*0*T*:~\
                        GS*HN*BLUESTAR*CLAIMGATE*20261102*1300*7*X*005010X214~ST*277*0001*005010X214~STC*A1:19:PR**WQ^U*~\
                        NM1**2***~SE*4*0001~GE*1*7~IEA*1*000000007~";

    /// The file in these delimiters, perhaps with something between its segments; its segments in the usual ones.
    fn read(element: u8, repetition: u8, component: u8, segment: u8, between: &str) -> (Vec<String>, usize) {
        let file = FILE.replace('~', &format!("~{between}"));
        let written = file.bytes().map(|byte| match byte {
            b'*' => element,
            b'^' => repetition,
            b':' => component,
            b'~' => segment,
            byte => byte,
        });
        let file: Vec<u8> = written.collect();
        let (mut found, mut findings) = (Vec::new(), Vec::new());
        let mut envelopes = Envelopes::new(Reader::new(&file[..]));
        while let Some(event) = envelopes.next(&mut findings).unwrap() {
            if let Event::Segment(read, _) = event {
                let joined = |parts: Vec<&[u8]>, by: &str| {
                    let parts: Vec<_> = parts.into_iter().map(String::from_utf8_lossy).collect();
                    parts.join(by)
                };
                let of = |n: usize| match read.repetitions(n).count() {
                    1 => joined(read.components(n).collect(), ":"),
                    _ => joined(read.repetitions(n).collect(), "^"),
                };
                found.push((0..=read.element_count()).map(of).collect::<Vec<_>>().join("*"));
            }
        }
        (found, findings.len())
    }

    #[test]
    fn any_four_signs_separate_where_a_whole_header_shows_them() {
        let expected = (vec!["STC*A1:19:PR**WQ^U*".to_string(), "NM1**2***".to_string()], 0);
        for odd in [b'\t', 0x0B, 0x0C, 0x1C, 0x80, 0xA6, 0xFF] {
            for between in ["", "\n", "\r\n"] {
                for (place, [element, repetition, component, segment]) in
                    [[odd, b'^', b':', b'~'], [b'*', odd, b':', b'~'], [b'*', b'^', odd, b'~'], [b'*', b'^', b':', odd]]
                        .into_iter()
                        .enumerate()
                {
                    let got = read(element, repetition, component, segment, between);
                    assert_eq!(got, expected, "{odd:#x} at place {place}, {between:?} between");
                }
            }
        }
        assert_eq!(read(b'\t', 0x0C, 0x0B, 0xFF, ""), expected);
        assert_eq!(read(b'*', b'^', b':', b'\r', "\n"), expected);
    }

    #[test]
    fn letters_digits_blanks_and_line_breaks_inside_a_segment_separate_nothing() {
        let fault =
            |element, component, segment| Delimiters { element, repetition: Some(b'^'), component, segment }.fault();
        for unfit in [b'A', b'0', b' ', b'\n', b'\r'] {
            assert_eq!(fault(unfit, b':', b'~'), Some(Fault::HidesSegments), "{unfit:#x}");
            assert_eq!(fault(b'*', unfit, b'~'), Some(Fault::HidesRepetitions), "{unfit:#x}");
        }
        assert_eq!(fault(b'*', b':', b'*'), Some(Fault::HidesSegments));
        assert_eq!(fault(b'*', b':', b'\n'), None);
    }
}
