//! What a payer answers to the 837s it gets: TA1, 999, 277CA and 835, as pure functions from bytes to bytes.
//!
//! [`reader::read`] reads tolerantly, knows no guide and asks nothing of another room, so that a fault of
//! the gateway's own reader or writer is not hidden by the same fault here. What happens to a claim is its
//! [`verdict::Verdict`], drawn from a seed and the claim's number, so that the 277CA and the 835, written at
//! different times, tell one story.
//!
//! An answer is written with the delimiters of what it answers: values that are echoed cannot hold one.

pub mod acknowledgments;
pub mod adjudication;
pub mod claim_status;
pub mod reader;
pub mod received;
pub mod remittance;
pub mod verdict;

use jiff::civil::DateTime;

pub use self::reader::read;
pub use self::received::{Received, ReceivedClaim};
pub use self::verdict::{Mix, Verdict};
use super::chance::hash;
use super::pen::{Header, Party};

/// Who answers.
#[derive(Clone, Debug)]
pub struct Identity {
    pub name: String,
    /// NM109 of the payer in a 277CA.
    pub payer_id: String,
    /// ISA05/06 of its answers.
    pub party: Party,
    /// Nine digits; TRN03 and BPR10 are this with a 1 before.
    pub tax_id: String,
}

/// One interchange that goes back.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    pub from: &'a Identity,
    pub at: DateTime,
    /// ISA13; a payer counts its own up.
    pub control_number: u32,
}

impl<'a> Letter<'a> {
    fn header(&self, received: &'a Received) -> Header<'a> {
        Header {
            from: &self.from.party,
            to: &received.sender,
            at: self.at,
            control_number: self.control_number,
            usage: &received.usage,
        }
    }

    fn day(&self) -> String {
        self.at.strftime("%Y%m%d").to_string()
    }
}

/// How a payer decides.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub seed: u64,
    pub mix: Mix,
}

impl Terms {
    pub fn verdict(&self, claim: &ReceivedClaim) -> Verdict {
        self.mix.verdict(self.seed, &claim.number)
    }

    /// REF*1K of the 277CA and CLP07 of the 835. The claim that is sent again gets another.
    pub fn control_number(&self, claim: &ReceivedClaim) -> String {
        let whole = [&claim.number, &claim.payee.npi, &claim.trace].map(String::as_str).join("\n");
        format!("{:013}", hash(self.seed, whole.as_bytes()) % 10_000_000_000_000)
    }
}

#[cfg(test)]
mod tests;
