//! Where rules say what they found: a hit becomes a [`Finding`] with its place, its value, its words and its
//! codes. Nothing here runs for a clean claim.

use std::borrow::Cow;
use std::fmt::Display;

use super::arena::Placed;
use super::catalogue::Edit;
use super::codesets::{CodeSets, List, ListSet, Listed};
use super::day::Day;
use super::payer_edits::PayersOwn;
use crate::domain::edit::fill;
use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{ClaimKind, Finding, Scope, Severity, limits};
use crate::x12::segment::text_of;

/// Collects the findings of one level or claim.
#[derive(Debug)]
pub struct Report<'a> {
    pub kind: ClaimKind,
    pub snip_max: u8,
    /// Envelope numbers, cloned into each finding.
    pub place: &'a Place,
    /// CLM01; empty above a claim.
    pub claim_name: &'a [u8],
    /// What an error rejects: the claim or claims below, or, in the header, the transaction.
    pub scope: Scope,
    /// What the walk found in the same level or claim. An edit that stumbles over the same element adds
    /// nothing: a cause is reported once.
    pub syntax: &'a [Finding],
    pub out: &'a mut Vec<Finding>,
    /// The code lists at hand, and those that were asked for, at hand or not.
    pub codes: &'a CodeSets,
    pub used: ListSet,
}

/// An edit that fired, before it is written down.
#[derive(Debug)]
pub struct Hit<'a> {
    edit: &'static Edit,
    placed: Placed<'a>,
    element: Option<u16>,
    component: Option<u16>,
    repetition: Option<u16>,
    entity: &'static str,
    facts: [String; 2],
}

impl<'a> Hit<'a> {
    /// A hit on a whole segment; where something is missing, the segment it should stand with.
    pub fn new(edit: &'static Edit, placed: Placed<'a>) -> Hit<'a> {
        Hit { edit, placed, element: None, component: None, repetition: None, entity: "", facts: Default::default() }
    }

    pub fn element(mut self, element: usize) -> Hit<'a> {
        self.element = Some(element as u16);
        self
    }

    pub fn component(mut self, component: usize) -> Hit<'a> {
        self.component = Some(component as u16);
        self
    }

    /// Whose it is: the entity code of a 277CA.
    pub fn who(mut self, entity: &'static str) -> Hit<'a> {
        self.entity = entity;
        self
    }

    /// Fills the next `{}` of the message. Never patient data.
    pub fn fact(mut self, fact: impl Display) -> Hit<'a> {
        let free = usize::from(!self.facts[0].is_empty());
        self.facts[free] = fact.to_string();
        self
    }

    /// Fills the next `{}` with a code of the file.
    pub fn code(self, code: &[u8]) -> Hit<'a> {
        let text = text_of(code);
        self.fact(format_args!("`{text}`"))
    }
}

impl Report<'_> {
    /// Asks a code list, see [`CodeSets::judge_when`].
    #[inline]
    pub fn judge(&mut self, list: List, code: &[u8], days: impl FnOnce() -> Option<(Day, Day)>) -> Listed {
        self.used.add(list);
        self.codes.judge_when(list, code, days)
    }

    /// Whether a list has the code, on whatever day; true where the list is not at hand.
    #[inline]
    pub fn holds(&mut self, list: List, code: &[u8]) -> bool {
        self.used.add(list);
        self.codes.holds(list, code)
    }

    pub fn add(&mut self, hit: Hit<'_>) {
        let edit = hit.edit;
        if edit.snip > self.snip_max || !edit.applies_to(self.kind) || !has_room(self.out, edit.severity) {
            return;
        }
        if self.syntax.iter().any(|finding| same_cause(finding, &hit)) {
            return;
        }
        self.out.push(Finding { scope: self.scope, ..finding(&hit, self.place()) });
    }

    /// Whether the walk found an error in, or the lack of, this segment in this loop.
    pub fn walk_blames(&self, segment: &str, loop_id: &str) -> bool {
        self.syntax.iter().any(|finding| {
            let place = &finding.place;
            finding.severity == Severity::Error
                && place.loop_id.as_deref() == Some(loop_id)
                && place.segment.as_ref().is_some_and(|place| place.id == segment)
        })
    }

    /// What a payer's own edit found about the claim whose CLM this is.
    pub fn add_payers(&mut self, edit: &PayersOwn, clm: &Placed<'_>) {
        if PayersOwn::SNIP > self.snip_max || !has_room(self.out, edit.severity) {
            return;
        }
        self.out.push(Finding {
            edit: Cow::Owned(edit.id.clone()),
            snip: PayersOwn::SNIP,
            severity: edit.severity,
            scope: self.scope,
            place: Place {
                segment: Some(segment_place(clm)),
                loop_id: Some(Cow::Owned(clm.loop_id.to_string())),
                ..self.place()
            },
            value: None,
            message: edit.message.clone(),
            fix: String::new(),
            ack: AckCodes::default(),
            statuses: edit.status.iter().cloned().collect(),
            trigger: None,
        });
    }

    fn place(&self) -> Place {
        let claim = (!self.claim_name.is_empty()).then(|| text_of(self.claim_name));
        Place { claim, ..self.place.clone() }
    }
}

/// Whether one more finding of a claim or level is kept. Warnings, however many, hide no error.
pub fn has_room(kept: &[Finding], severity: Severity) -> bool {
    let errors = || kept.iter().filter(|finding| finding.severity == Severity::Error).count();
    kept.len() < limits::FINDINGS_PER_CLAIM_MAX
        || severity == Severity::Error && errors() < limits::FINDINGS_PER_CLAIM_MAX
}

/// True when the walk already blamed the same element, or the whole segment. A broken syntax note (IK403 2)
/// only says that of two elements one is missing; what that means is still worth saying.
fn same_cause(finding: &Finding, hit: &Hit<'_>) -> bool {
    let same_segment = finding.place.segment.as_ref().is_some_and(|segment| segment.position == hit.placed.position);
    same_segment
        && finding.severity == Severity::Error
        && finding.ack.ik4.as_deref() != Some("2")
        && finding.ack.ik3.as_deref().is_none_or(|code| code == "8")
        && (finding.place.element == hit.element || finding.place.element.is_none())
}

fn finding(hit: &Hit<'_>, place: Place) -> Finding {
    let edit = hit.edit;
    Finding {
        edit: Cow::Borrowed(edit.id),
        snip: edit.snip,
        severity: edit.severity,
        scope: Scope::Claim,
        place: Place {
            segment: Some(segment_place(&hit.placed)),
            loop_id: Some(Cow::Owned(hit.placed.loop_id.to_string())),
            element: hit.element,
            component: hit.component,
            repetition: hit.repetition,
            ..place
        },
        value: value(hit),
        message: words(edit.message, hit),
        fix: edit.fix.to_string(),
        ack: AckCodes::default(),
        statuses: edit.status_codes(hit.entity),
        trigger: None,
    }
}

/// Where a kept segment stood.
pub fn segment_place(placed: &Placed<'_>) -> SegmentPlace {
    SegmentPlace {
        id: Cow::Owned(placed.id.to_string()),
        position: placed.position,
        offset: placed.segment.offset,
        line: placed.segment.line,
    }
}

fn value(hit: &Hit<'_>) -> Option<String> {
    let element = usize::from(hit.element?);
    let bytes = match hit.component {
        Some(component) => hit.placed.component(element, usize::from(component)),
        None => hit.placed.element(element),
    };
    (!bytes.is_empty()).then(|| text_of(bytes))
}

fn words(message: &str, hit: &Hit<'_>) -> String {
    if !message.contains('{') {
        return message.to_string();
    }
    let [first, second] = &hit.facts;
    fill(&message.replace("{who}", party(hit.entity)), &[first, second])
}

/// The party that an entity code of a 277CA names, in the biller's words.
fn party(entity: &str) -> &'static str {
    match entity {
        "40" => "receiver",
        "41" => "submitter",
        "71" => "attending provider",
        "72" => "operating physician",
        "73" => "other operating physician",
        "77" => "service facility",
        "82" => "rendering provider",
        "85" => "billing provider",
        "87" => "pay-to provider",
        "DK" => "ordering provider",
        "DN" => "referring provider",
        "DQ" => "supervising provider",
        "GB" => "other subscriber",
        "IL" => "subscriber",
        "PR" => "payer",
        "QB" => "purchased service provider",
        "QC" => "patient",
        "PRP" | "SEP" | "TTP" => "other payer",
        _ => "party",
    }
}
