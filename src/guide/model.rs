//! A guide as the engine uses it: flat tables of loops, segments and elements, with the names a person reads.

use std::sync::Arc;

use super::base::Base;
use super::codes::CodeSet;
use super::pattern::Pattern;
use super::quick::{Hot, Quick};
use super::{LoopId, NodeId, Tag};

/// One implementation guide, compiled from a file of `schemas/`.
#[derive(Debug)]
pub struct Guide {
    /// Short name of the file, as `837P`.
    pub id: String,
    /// What kind of business document it is, as `837P`; several printings of one guide share it.
    pub kind: String,
    pub title: String,
    pub st01: String,
    pub gs01: String,
    /// The version to send, as `005010X222A1`.
    pub version: String,
    /// ST03 and GS08 values that are taken.
    pub accept: Vec<String>,
    /// Hierarchical levels, outermost first; empty where the transaction has no HL.
    pub levels: Vec<Level>,
    /// Loops that are one claim each (837 `2300`, 835 `2100`); empty in a 999.
    pub claims: Vec<ClaimLoop>,
    pub(super) loops: Vec<Loop>,
    pub(super) kids: Vec<Kid>,
    pub(super) nodes: Vec<Node>,
    /// The same in short for the walk, and the syntax notes of all.
    pub(super) hot: Vec<Hot>,
    pub(super) notes: Vec<SyntaxNote>,
    pub(super) elements: Vec<Element>,
    /// What the elements must be, in short: one for each.
    pub(super) quick: Vec<Quick>,
    /// Codes of short lists, for [`Quick`].
    pub(super) listed: Vec<Tag>,
    pub(super) texts: Vec<ElementText>,
    pub(super) codes: Vec<CodeSet>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) ids: Ids,
    /// `loops.len()` rows of `ids.len()` columns: where the kids of a loop that a segment id may start are listed.
    pub(super) dispatch: Vec<Run>,
    pub(super) candidates: Vec<u16>,
    /// The same, made for looking up: one for each of `dispatch`.
    pub(super) chosen_by: Vec<Choices>,
    pub(super) choices: Vec<Choice>,
    pub(super) required: Vec<u16>,
    pub(super) base: Arc<Base>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// HL03.
    pub code: String,
    pub loop_id: Tag,
    /// Index of the level its parent has.
    pub parent: Option<u8>,
    /// Each such level must have a claim of its own or a child level.
    pub claim_here_or_below: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimLoop {
    pub loop_id: Tag,
    /// The element that names the claim to people, as `CLM01`.
    pub name_segment: Tag,
    pub name_element: u16,
    pub lines: Option<LineLoop>,
}

/// The service lines of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineLoop {
    pub loop_id: Tag,
    /// Its first segment's element 01 counts from 1 in each claim.
    pub numbered: bool,
}

#[derive(Debug)]
pub struct Loop {
    pub loop_id: Tag,
    pub name: String,
    pub(super) first_kid: u16,
    pub(super) kid_count: u16,
    /// Its required kids, in [`Guide`]'s list of them: bit `n` of a mask is the one at `n` of this run.
    pub(super) required: Run,
    /// Index in [`Guide::levels`] and [`Guide::claims`].
    pub(super) level: Option<u8>,
    pub(super) claim: Option<u8>,
    pub(super) lines: Lines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    No,
    Plain,
    /// The first element of its first segment counts from 1 in each claim.
    Numbered,
}

/// A place in a loop: a segment, or a loop standing for its first segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kid {
    /// The segment, or the first one of the loop.
    pub node: u16,
    pub inner: Option<LoopId>,
    /// Grows along the loop; kids of one rank come in any order.
    pub rank: u16,
    pub max: u32,
    pub required: bool,
    /// Itself among the required kids of its loop, and those of an earlier rank.
    pub required_bit: u64,
    pub required_before: u64,
}

/// A candidate for a place, by the value of the one element that tells it from its namesakes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub value: Tag,
    pub kid: u16,
}

/// How the candidates of a loop and segment id are told apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choices {
    pub run: Run,
    pub by: By,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum By {
    /// No candidate.
    #[default]
    Nothing,
    /// One or more, without any qualifier.
    Any,
    /// By an element, or by one of its components.
    Element(u8),
    Component(u8, u8),
    /// In several ways: see [`Key`].
    Keys,
}

/// Where a run of candidates stands in [`Guide`]'s list of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    pub first: u16,
    pub count: u16,
}

/// A segment at its place in a guide.
#[derive(Debug)]
pub struct Node {
    pub segment: Tag,
    pub name: String,
    /// [`Tag::NONE`] at the top of the transaction.
    pub loop_id: Tag,
    pub loop_index: LoopId,
    pub required: bool,
    /// 0: without limit.
    pub max: u32,
    pub(super) first_element: u32,
    pub(super) element_count: u16,
    pub(super) keys: Vec<Key>,
    pub(super) notes: Vec<SyntaxNote>,
    pub(super) required_mask: u64,
    pub(super) not_used_mask: u64,
}

/// An element whose value tells a segment from its namesakes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub element: u8,
    /// 0: the element is not composite.
    pub component: u8,
    pub codes: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    Required,
    Situational,
    NotUsed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Code,
    Date,
    Time,
    /// `Nn`: digits with so many implied decimals.
    Number(u8),
    Decimal,
    Composite,
}

/// An element or component at its place in a guide; its names are [`Guide::text`].
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// From 1.
    pub position: u8,
    /// From 1 inside a composite; 0 for an element itself.
    pub component: u8,
    pub usage: Usage,
    pub kind: Type,
    pub min: u16,
    pub max: u16,
    /// The guide's own smaller limit, only warned about; 0: none.
    pub guide_max: u16,
    /// How often it may be repeated; 0: without limit.
    pub repeat_max: u16,
    /// Mandatory in the base standard, not only in the guide.
    pub base_required: bool,
    /// The element before it says which form its date has.
    pub(super) format_before: bool,
    pub(super) codes: Option<u16>,
    /// Index in [`Guide::patterns`].
    pub(super) pattern: Option<u16>,
    pub(super) first_component: u32,
    pub(super) component_count: u8,
    pub(super) text: u32,
}

#[derive(Debug)]
pub struct ElementText {
    /// As `CLM05-01`.
    pub reference: String,
    /// Data element number, as `1325` or `C023`.
    pub number: String,
    /// As `Claim Frequency Code`; empty where the guide does not use it.
    pub name: String,
    /// Name of the outside code list, see [`super::Guides::external`].
    pub external: Option<String>,
}

/// One of X12's conditions between elements, over bit masks (element 1 is bit 0).
#[derive(Clone, Copy, Debug)]
pub(super) struct SyntaxNote {
    pub rule: Rule,
    pub first: u64,
    pub all: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// P: all or none.
    Paired,
    /// R: at least one.
    Required,
    /// E: at most one.
    Exclusive,
    /// C: when the first, then all.
    Conditional,
    /// L: when the first, then at least one other.
    ListConditional,
}

/// Segment ids of the guide to small numbers, without collisions.
#[derive(Debug)]
pub(super) struct Ids {
    pub tags: Vec<Tag>,
    pub slots: Vec<u8>,
    pub factor: u64,
}

impl Loop {
    /// The mask of all required kids.
    #[inline]
    pub(super) fn required_all(&self) -> u64 {
        u64::MAX.checked_shr(64 - u32::from(self.required.count)).unwrap_or(0)
    }
}

impl Guide {
    pub fn segment(&self, id: NodeId) -> &Node {
        &self.nodes[usize::from(id.0)]
    }

    /// Every segment at every place.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        (0..self.nodes.len()).map(|at| NodeId(at as u16))
    }

    pub fn loop_of(&self, id: LoopId) -> &Loop {
        &self.loops[usize::from(id.0)]
    }

    /// The elements of a segment, in order: `elements(id)[0]` is element 01.
    pub fn elements(&self, id: NodeId) -> &[Element] {
        let node = self.segment(id);
        &self.elements[node.first_element as usize..][..usize::from(node.element_count)]
    }

    /// The components of a composite, in order; empty for a plain element.
    pub fn components(&self, element: &Element) -> &[Element] {
        &self.elements[element.first_component as usize..][..usize::from(element.component_count)]
    }

    pub fn text(&self, element: &Element) -> &ElementText {
        &self.texts[element.text as usize]
    }

    /// The values the guide allows; `None` where it lists none.
    pub fn codes(&self, element: &Element) -> Option<&CodeSet> {
        element.codes.map(|index| &self.codes[usize::from(index)])
    }

    /// The form the guide asks for, as `[0-9]{9}`.
    pub fn form(&self, element: &Element) -> Option<&str> {
        element.pattern.map(|index| self.patterns[usize::from(index)].text())
    }

    #[inline]
    pub(super) fn required_of(&self, of: &Loop) -> &[u16] {
        &self.required[usize::from(of.required.first)..][..usize::from(of.required.count)]
    }

    /// Whether both are the same sort of claim, remittance or answer.
    pub fn is_kind(&self, kind: &str) -> bool {
        self.kind == kind
    }
}
