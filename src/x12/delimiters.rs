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
}
