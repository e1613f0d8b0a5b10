//! What a check needs to know: the day, how far to look, how strict to be, and, where the file came from a
//! known partner, who that is and what the gateway can look up.

use std::fmt;

use super::codesets::CodeSets;
use super::day::Day;
use super::payer_edits::PayerEdits;
use super::weights::Severities;
use crate::domain::ClaimKind;
use crate::domain::requirements::Requirements;
use crate::x12::Room;
use crate::x12::envelope::Interchange;

/// What a SNIP 1 or 2 error in a claim rejects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// The claim; all others go on.
    #[default]
    Claim,
    /// The whole transaction.
    Transaction,
}

/// How a file is read, which changes nothing of what is told of it but for segments that are too long to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub room: Room,
    /// A file shorter than this is judged before another core has begun.
    pub two_cores_bytes_min: usize,
}

impl Reading {
    pub const USUAL: Reading = Reading { room: Room::USUAL, two_cores_bytes_min: 256 * 1024 };
}

#[derive(Debug)]
pub struct Settings<'a> {
    /// The day the file was received, in the receiver's zone.
    pub as_of: Day,
    /// Levels 1 to this one are checked.
    pub snip_max: u8,
    pub syntax: Syntax,
    /// Edits whose severity a partner's file changes or switches off, by edit id.
    pub severities: Severities,
    pub codes: &'a CodeSets,
    /// `None`: the file is judged by itself.
    pub context: Option<Context<'a>>,
    pub reading: Reading,
}

impl<'a> Settings<'a> {
    /// All levels, each claim for itself, no partner.
    pub fn alone(as_of: Day, codes: &'a CodeSets) -> Settings<'a> {
        let (severities, context) = (Severities::new(), None);
        Settings { as_of, snip_max: 7, syntax: Syntax::Claim, severities, codes, context, reading: Reading::USUAL }
    }
}

/// The partner a file came from, and this gateway.
pub struct Context<'a> {
    /// ISA05 and ISA06 of the partner.
    pub sender: (&'a str, &'a str),
    /// ISA07 and ISA08 of this gateway.
    pub receiver: (&'a str, &'a str),
    /// ISA15 that this gateway takes.
    pub usage: &'a str,
    /// ST01 values the partner may send; empty: any.
    pub transactions: &'a [String],
    /// 1000A NM109 values the partner may send; empty: any.
    pub etins: &'a [String],
    /// Billing providers the partner may send for; empty: any.
    pub npis: &'a [String],
    pub lookups: &'a dyn Lookups,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("sender", &self.sender)
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}

/// What only the gateway's partners and store can tell. Asked once an interchange, once or twice a claim.
pub trait Lookups {
    /// True when this sender has used this ISA13 before, for other content.
    fn control_number_used(&self, interchange: &Interchange) -> bool;
    /// Whether claims of this kind reach the payer with this id.
    fn payer(&self, id: &[u8], kind: ClaimKind) -> Payer;
    /// True when an accepted claim of an earlier file has this fingerprint.
    fn claim_seen(&self, fingerprint: u128) -> bool;
    /// What the file of the payer with this id says of the severity of edits.
    fn payer_severities(&self, _id: &[u8]) -> Option<&Severities> {
        None
    }
    /// What the payer with this id asks of its claims, where it asks for something.
    fn requirements(&self, _id: &[u8]) -> Option<&Requirements> {
        None
    }
    /// The edits of the payer with this id, where it has any of its own.
    fn payer_edits(&self, _id: &[u8]) -> Option<&PayerEdits> {
        None
    }
}

/// What is known of a payer id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    Reached,
    /// Known, but not for this kind of claim.
    OtherKinds,
    Unknown,
}
