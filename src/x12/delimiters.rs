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
        let fit = |b: u8| b.is_ascii() && !b.is_ascii_alphanumeric() && !b.is_ascii_whitespace();
        let (e, c, s) = (self.element, self.component, self.segment);
        let ends = fit(s) || matches!(s, b'\r' | b'\n');
        if !fit(e) || !ends || e == s {
            return Some(Fault::HidesSegments);
        }
        let doubled = self.repetition.is_some_and(|r| !fit(r) || r == e || r == c || r == s);
        (!fit(c) || c == e || c == s || doubled).then_some(Fault::HidesRepetitions)
    }

    /// Whether data with this byte would be read as something else.
    pub fn is_one(self, byte: u8) -> bool {
        byte == self.element || byte == self.component || byte == self.segment || Some(byte) == self.repetition
    }
}

/// Two delimiters are equal, or one is a letter, digit, blank or no ASCII; or one that is no terminator is a line
/// break.
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
