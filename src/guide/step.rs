//! What the walk says of each segment: where it stands, which loops it closed and opened, and whose it is.

use super::Tag;
use crate::domain::Finding;

/// A segment of a guide; see [`super::Guide::segment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u16);

/// A loop of a guide; see [`super::Guide::loop_of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopId(pub u16);

/// Whose a segment or a finding is. Ordinals count within the transaction, from 1, in the order of the file:
/// `hl` the hierarchical levels (each HL that was placed), `claim` the claims (each claim loop opened).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Header and trailer: ST, BHT, submitter, receiver, SE; everything of a 999; the payment of an 835.
    Transaction,
    /// In a hierarchical level, above its claims. `level` is the index in [`super::Guide::levels`] (0 the
    /// outermost). Every claim under HL `hl`, those of its child levels included, shares the fate of it.
    Level { level: u8, hl: u32 },
    /// In a claim. `hl` is the level it hangs under, 0 in guides without levels.
    Claim { hl: u32, claim: u32 },
}

/// A finding of the walk and whose it is. `finding.place` has segment, loop, element, component and
/// repetition; the caller fills `interchange`, `group`, `transaction` and, where `standing` is a claim, `claim`.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub finding: Finding,
    pub standing: Standing,
}

/// A loop instance that this segment opened: it is the first segment of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    pub id: LoopId,
    /// Which instance of this loop inside its parent instance, from 1.
    pub repeat: u32,
}

/// The answer to one segment. Read it in this order: `closed` innermost loops ended before this segment,
/// then at most one loop opened, then the segment stands in `loop_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// `None` when the guide has no place for it: it changes nothing and belongs to nothing.
    pub node: Option<NodeId>,
    pub segment: Tag,
    /// The loop it stands in, as `2010AA`; [`Tag::NONE`] at the top of the transaction.
    pub loop_id: Tag,
    pub closed: u8,
    pub opened: Option<Opened>,
    /// Open loops after this segment.
    pub depth: u8,
    pub standing: Standing,
    /// Set when this segment opened a hierarchical level, and a claim.
    pub opens_level: bool,
    pub opens_claim: bool,
}
