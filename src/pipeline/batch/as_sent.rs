//! A claim as it stands in the file that went to its payer.

use std::io::{self, Read};

use crate::x12::segment::text_of;
use crate::x12::{Reader, Token};

/// The claim's own segments (CLM up to the next claim, level or trailer) of the claim with this trace number
/// in REF*D9; `None` when the file holds no such claim.
pub fn claim_as_sent(file: impl Read, trace_number: &str) -> io::Result<Option<String>> {
    let mut reader = Reader::new(file);
    let (mut segments, mut found) = (Vec::new(), false);
    while let Some(token) = reader.next()? {
        let Token::Segment(segment) = token else { continue };
        if matches!(segment.id(), b"CLM" | b"HL" | b"SE") {
            if found {
                return Ok(Some(text_of(&segments)));
            }
            segments.clear();
            if segment.id() != b"CLM" {
                continue;
            }
        } else if segments.is_empty() {
            continue;
        }
        found |= segment.id() == b"REF" && segment.element(1) == b"D9" && segment.element(2) == trace_number.as_bytes();
        segments.extend_from_slice(segment.bytes);
        segments.push(segment.delimiters.segment);
    }
    Ok(found.then(|| text_of(&segments)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_found_by_its_trace_number_and_ends_where_the_next_begins() {
        let isa = "ISA*00*          *00*          *ZZ*CLAIMGATE      *ZZ*BLUESTAR       *260101*1200*^*00501*000000001*0*T*:~";
        let file = format!("{isa}HL*2*1*22*0~SBR*P~CLM*A*1~REF*D9*ONE~LX*1~CLM*B*2~REF*D9*TWO~SE*1*1~");
        let found = |trace| claim_as_sent(file.as_bytes(), trace).unwrap();
        assert_eq!(found("ONE").as_deref(), Some("CLM*A*1~REF*D9*ONE~LX*1~"));
        assert_eq!(found("TWO").as_deref(), Some("CLM*B*2~REF*D9*TWO~"));
        assert_eq!(found("THREE"), None);
    }
}
