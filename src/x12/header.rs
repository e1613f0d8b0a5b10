//! The interchange header, the one segment read by its widths: 106 bytes with the terminator.

use super::Delimiters;
use super::delimiters::Fault;

/// Bytes of a header with its terminator.
pub(super) const BYTES: usize = 106;
/// As far as a header that is not padded is looked for.
pub(super) const BYTES_MAX: usize = 200;
/// Where the element separator stands in it.
const SEPARATORS: [usize; 16] = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];

/// A header found: `bounds` of the elements 1 to 16, `length` up to the terminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub bounds: [(u8, u8); 16],
    pub length: usize,
    pub delimiters: Delimiters,
    pub width: Width,
}

impl Header {
    /// What makes its delimiters unfit. What is no ASCII is trusted only in its place: elsewhere it may be any text.
    pub fn fault(&self) -> Option<Fault> {
        match self.width {
            Width::Wrong if !self.delimiters.are_ascii() => Some(Fault::HidesSegments),
            Width::Wrong | Width::Right => self.delimiters.fault(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Right,
    Wrong,
}

/// Whether a header may begin here: `ISA` and something that can separate elements.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [b'I', b'S', b'A', separator, ..] if !separator.is_ascii_alphanumeric())
}

/// Reads a header at the begin of `bytes`: by its widths, or else by its sixteen separators.
pub(super) fn read(bytes: &[u8]) -> Option<Header> {
    if !begins(bytes) {
        return None;
    }
    let separator = bytes[3];
    if bytes.len() >= BYTES && SEPARATORS.iter().all(|&at| bytes[at] == separator) {
        return Some(header(bytes, SEPARATORS, Width::Right));
    }
    // No further, however much of the file is at hand: the same header reads the same wherever a read ended.
    let bytes = &bytes[..bytes.len().min(BYTES_MAX)];
    let mut found = [0; 16];
    let mut places = memchr::memchr_iter(separator, bytes);
    for place in &mut found {
        *place = places.next()?;
    }
    // The component separator and the terminator follow the last separator.
    (found[15] + 2 < bytes.len()).then(|| header(bytes, found, Width::Wrong))
}

fn header(bytes: &[u8], separators: [usize; 16], width: Width) -> Header {
    let last = separators[15] + 2;
    let mut bounds = [(0, 0); 16];
    for (n, bound) in bounds.iter_mut().enumerate() {
        let end = separators.get(n + 1).copied().unwrap_or(last);
        *bound = (separators[n] as u8 + 1, end as u8);
    }
    // Padding is passed over, where the header is not as wide as it must be.
    let written = &bytes[separators[10] + 1..separators[11]];
    let repetition = written.iter().copied().find(|byte| !matches!(byte, b' ' | b'\r' | b'\n'));
    let delimiters = Delimiters {
        element: bytes[3],
        repetition: repetition.filter(|b| !b.is_ascii_alphanumeric()),
        component: bytes[separators[15] + 1],
        segment: bytes[last],
    };
    Header { bounds, length: last, delimiters, width }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[u8] =
        b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~";

    #[test]
    fn a_header_is_read_by_its_widths() {
        let found = read(PLAIN).unwrap();
        assert_eq!(found.delimiters, Delimiters::USUAL);
        assert_eq!((found.width, found.length), (Width::Right, 105));
        assert_eq!(found.bounds[5], (35, 50));
        assert_eq!(found.bounds[15], (104, 105));
    }

    #[test]
    fn a_header_that_is_not_padded_is_read_by_its_separators() {
        let short = String::from_utf8(PLAIN.to_vec()).unwrap().replace("RECEIVER       ", "RECEIVER");
        let found = read(short.as_bytes()).unwrap();
        assert_eq!(found.delimiters, Delimiters::USUAL);
        assert_eq!(found.width, Width::Wrong);
    }

    #[test]
    fn a_version_4010_header_has_no_repetition_separator() {
        let old = String::from_utf8(PLAIN.to_vec()).unwrap().replace("*^*00501", "*U*00401");
        assert_eq!(read(old.as_bytes()).unwrap().delimiters.repetition, None);
    }
}
