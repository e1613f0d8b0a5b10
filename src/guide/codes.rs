//! Lists of allowed values, made for looking up without allocation: values of up to eight bytes are numbers.

use super::Tag;

/// A set of codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CodeSet {
    short: Box<[Tag]>,
    long: Box<[Box<[u8]>]>,
}

/// Up to this many are compared one by one, which is faster than halving.
const LINEAR_MAX: usize = 12;

impl CodeSet {
    pub fn new<'c>(codes: impl IntoIterator<Item = &'c str>) -> CodeSet {
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for code in codes {
            match Tag::of(code.as_bytes()) {
                Some(tag) => short.push(tag),
                None => long.push(Box::from(code.as_bytes())),
            }
        }
        short.sort_unstable();
        short.dedup();
        long.sort_unstable();
        long.dedup();
        CodeSet { short: short.into(), long: long.into() }
    }

    #[inline]
    pub fn contains(&self, value: &[u8]) -> bool {
        match Tag::of(value) {
            Some(tag) if self.short.len() <= LINEAR_MAX => self.short.contains(&tag),
            Some(tag) => self.short.binary_search(&tag).is_ok(),
            None => self.long.binary_search_by(|code| code.as_ref().cmp(value)).is_ok(),
        }
    }

    pub fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The codes as tags, where all are short enough.
    pub(super) fn tags(&self) -> Option<&[Tag]> {
        self.long.is_empty().then_some(&*self.short)
    }

    /// Whether each code has at least `min` and at most `max` characters, and none ends with a blank.
    pub(super) fn lengths_within(&self, min: u16, max: u16) -> bool {
        self.iter().all(|code| (min..=max).contains(&(code.len() as u16)) && !code.ends_with(' '))
    }

    /// All codes as text, for people.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        let short = self.short.iter().map(Tag::to_string);
        short.chain(self.long.iter().map(|code| String::from_utf8_lossy(code).into_owned()))
    }

    pub(super) fn overlaps(&self, other: &CodeSet) -> bool {
        self.short.iter().any(|code| other.short.contains(code))
            || self.long.iter().any(|code| other.long.contains(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_codes_are_found_and_nothing_else() {
        let many: Vec<String> = (0..40).map(|n| format!("A{n}")).collect();
        let codes = CodeSet::new(many.iter().map(String::as_str).chain(["SITUATIONAL TRIGGER"]));
        assert!(codes.contains(b"A39") && codes.contains(b"SITUATIONAL TRIGGER"));
        assert!(!codes.contains(b"A40") && !codes.contains(b"") && !codes.contains(b"SITUATIONAL"));
        assert_eq!((codes.len(), codes.iter().count()), (41, 41));
    }
}
