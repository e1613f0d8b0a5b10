//! A claim as it went out: its own segments and those of the levels above it, found in its batch's file.

use std::io::Read;

use crate::pipeline::StageError;
use crate::x12::segment::text_of;
use crate::x12::{Reader, Segment, Token};

/// Found by its trace number, which stands in this claim alone; `None` when it is not in the file. Reads the
/// file up to the claim.
pub fn claim_as_sent(file: impl Read, trace_number: &str) -> Result<Option<String>, StageError> {
    let mut reader = Reader::new(file);
    let mut open = Open::default();
    let trouble = |source| StageError::Io { step: "reading a batch's file", source };
    while let Some(token) = reader.next().map_err(trouble)? {
        match token {
            Token::Segment(segment) => {
                if let Some(found) = open.take(&segment, trace_number) {
                    return Ok(Some(found));
                }
            }
            Token::Isa(_) | Token::Damage(_) => {}
        }
    }
    Ok(None)
}

/// What stands above the segment that is read: the levels of provider, subscriber and patient, and the claim.
#[derive(Default)]
struct Open {
    parts: [Vec<u8>; 4],
    at: Option<usize>,
    is_wanted: bool,
}

const CLAIM: usize = 3;

impl Open {
    /// The whole claim, when this segment shows that it is over.
    fn take(&mut self, segment: &Segment<'_>, trace_number: &str) -> Option<String> {
        let begins = match (segment.id(), segment.element(3)) {
            (b"HL", b"20") => Some(0),
            (b"HL", b"22") => Some(1),
            (b"HL", _) => Some(2),
            (b"CLM", _) => Some(CLAIM),
            (b"ST" | b"SE", _) => Some(self.parts.len()),
            (_, _) => None,
        };
        if let Some(part) = begins {
            if self.is_wanted {
                return Some(text_of(&self.parts.concat()));
            }
            self.parts.iter_mut().skip(part).for_each(Vec::clear);
            self.at = (part <= CLAIM).then_some(part);
        }
        if let Some(part) = self.at {
            self.parts[part].extend_from_slice(segment.bytes);
            self.parts[part].push(segment.delimiters.segment);
        }
        let is_trace = segment.id() == b"REF" && segment.element(1) == b"D9";
        self.is_wanted |= is_trace && self.at == Some(CLAIM) && segment.element(2) == trace_number.as_bytes();
        None
    }
}
