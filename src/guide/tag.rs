//! Short names as numbers: a loop id or segment id of up to eight ASCII characters packed into a `u64`, so
//! that comparing and matching cost nothing.

use std::fmt::{self, Write};

/// A loop id (`2010AA`), segment id (`CLM`) or short code. Usable as a `const` pattern in `match`:
/// `const CLM: Tag = Tag::new("CLM");`
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u64);

impl Tag {
    /// The tag of the empty name: what stands in no loop.
    pub const NONE: Tag = Tag(0);

    /// Of a literal of at most eight bytes; a longer one does not compile where it is a `const`.
    pub const fn new(name: &str) -> Tag {
        let bytes = name.as_bytes();
        assert!(bytes.len() <= 8, "a tag has at most eight bytes");
        Tag(pack(bytes))
    }

    /// Of bytes of a file; `None` when there are more than eight, so that no two names share a tag.
    #[inline]
    pub fn of(bytes: &[u8]) -> Option<Tag> {
        Some(Tag(match *bytes {
            [a, b] => u64::from(u16::from_be_bytes([a, b])) << 48,
            [a, b, c] => u64::from(u32::from_be_bytes([a, b, c, 0])) << 32,
            [a] => u64::from(a) << 56,
            [] => 0,
            // The first four bytes and the last four, which meet or overlap.
            _ if bytes.len() <= 8 => {
                let (head, tail) = (bytes.first_chunk()?, bytes.last_chunk()?);
                let tail = u64::from(u32::from_be_bytes(*tail)) << (64 - 8 * bytes.len());
                u64::from(u32::from_be_bytes(*head)) << 32 | tail
            }
            _ => return None,
        }))
    }

    pub const fn raw(self) -> u64 {
        self.0
    }

    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Left-aligned, so that tags sort as their names do.
#[inline]
const fn pack(bytes: &[u8]) -> u64 {
    let mut packed = 0u64;
    let mut at = 0;
    while at < bytes.len() {
        packed |= (bytes[at] as u64) << (56 - 8 * at);
        at += 1;
    }
    packed
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.to_be_bytes();
        let name = &bytes[..bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len())];
        match std::str::from_utf8(name) {
            Ok(name) => f.write_str(name),
            // Of a damaged file.
            Err(_) => name.iter().try_for_each(|&byte| f.write_char(char::from(byte))),
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_prints_as_its_name_and_works_as_a_pattern() {
        const CLAIM: Tag = Tag::new("2300");
        assert_eq!(CLAIM.to_string(), "2300");
        assert!(matches!(Tag::of(b"2300"), Some(CLAIM)));
        assert!(Tag::new("2010AA") < Tag::new("2010BA"));
        assert_eq!(Tag::of(b"123456789"), None);
        for length in 0..=8 {
            let name = &"ABCDEFGH"[..length];
            assert_eq!(Tag::of(name.as_bytes()), Some(Tag::new(name)));
        }
        assert_eq!(Tag::NONE.to_string(), "");
    }
}
